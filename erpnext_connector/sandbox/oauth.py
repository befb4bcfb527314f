"""OAuth sign-in at the sandbox: from the app's authorization request to the code at its callback."""

from __future__ import annotations

import hmac
from typing import Final
from urllib.parse import unquote

from erpnext_connector.sandbox import pages, records
from erpnext_connector.sandbox.accounts import GUEST, session_of
from erpnext_connector.sandbox.answers import answer
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.oauth_rules import (
    OPENID_DETAILS,
    AuthorizationRequest,
    OAuthClient,
    Refusal,
    check_authorization,
    check_encoding,
    encode_parameters,
    readable_query,
    with_query,
)
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT, TOKEN, generate
from erpnext_connector.sandbox.tokens import CODE, check_is_post
from erpnext_connector.sandbox.versions import HARDENED

APPROVE_PATH: Final = "/api/method/frappe.integrations.oauth2.approve"


def authorize(site: Site, request: Request, user: str) -> Response:
    """Send guests to the login page, trusted clients on to `approve`, everybody else to the consent page.

    Since 2026 trusted clients get their code at once. Frappe up to 15 breaks where `redirect_uri` is missing. Errors
    are JSON on this host, never a redirect.
    """
    arguments = {name: value for name, value in request.arguments.items() if name not in ("data", "cmd")}
    if "redirect_uri" not in arguments and site.frappe < 16:
        raise FrappeError("KeyError", "'redirect_uri'", 500)
    success_url = f"{APPROVE_PATH}?{encode_parameters(arguments)}"
    if user == GUEST:
        return Response.redirect(f"/login?{encode_parameters({'redirect-to': _own_url(request)})}")
    try:
        asked = _check(site, request, user)
    except Refusal as refusal:
        return answer(site, refusal.as_answer(), status=refusal.status)
    if asked.client.skip_authorization or _skipped_by_settings(site, user, asked.client):
        if site.frappe >= HARDENED:
            return _with_code(site, asked, user)
        return Response.redirect(success_url)
    failure_url = f"{arguments.get('redirect_uri', '')}?error=access_denied"
    return pages.consent(
        site,
        request,
        user,
        app_name=asked.client.app_name,
        details=_details(site, asked),
        leads_to=(success_url, failure_url),
    )


def approve(site: Site, request: Request, user: str) -> Response:
    """Give out a code. Until 2026 by GET or POST, without a token that would prove the consent page was seen.

    The code belongs to the user that the cookie `user_id` names; since 2026 to the session's.
    """
    check_is_post(site, request)
    if site.frappe >= HARDENED:
        _check_consent(site, request)
    try:
        asked = _check(site, request, user)
    except Refusal as refusal:
        return answer(site, refusal.as_answer(), status=refusal.status)
    if _parameters(request).get("prompt") == "none":
        raise FrappeError("AttributeError", "'set' object has no attribute 'lower'", 500)
    if "id_token" in _parameters(request)["response_type"]:
        raise FrappeError("DoesNotExistError", "User None not found")
    if site.frappe >= HARDENED:
        return _with_code(site, asked, user)
    if "user_id" not in request.cookies:
        raise FrappeError("KeyError", "'user_id'", 500)
    return _with_code(site, asked, unquote(request.cookies["user_id"]))


def _check_consent(site: Site, request: Request) -> None:
    """Raise unless the session's CSRF token, which the consent page holds, came back in the form."""
    session = session_of(site, request)
    given = request.headers.get("x-frappe-csrf-token") or request.form.get("csrf_token", "")
    kept = session.csrf_token if session else None
    if kept is None or not hmac.compare_digest(given.encode(), kept.encode()):
        raise FrappeError("CSRFTokenError", "Invalid Request", 400)


def _with_code(site: Site, asked: AuthorizationRequest, user: str) -> Response:
    """Back to the app with a code for this user."""
    code = generate(site)
    records.add(
        site,
        {
            "doctype": CODE,
            "authorization_code": code,
            "client": asked.client.name,
            "user": user,
            "scopes": " ".join(asked.scopes),
            "redirect_uri_bound_to_authorization_code": asked.redirect_uri,
            "validity": "Valid",
            "nonce": asked.nonce,
            "code_challenge": asked.code_challenge,
            "code_challenge_method": asked.code_challenge_method,
        },
    )
    state = [("state", asked.state)] if asked.state else []
    return Response.redirect(with_query(asked.redirect_uri, [("code", code), *state]))


def delete_client(site: Site, request: Request, user: str) -> None:
    """What the third-party-apps page calls to revoke an app."""
    pages.revoke(site, user, str(request.arguments.get("client_id") or ""))


def _check(site: Site, request: Request, user: str) -> AuthorizationRequest:
    parameters = _parameters(request)
    try:
        check_encoding(readable_query(request.query_string))
    except ValueError as error:
        raise FrappeError("ValueError", str(error), 500) from error
    document = records.read(site, CLIENT, parameters.get("client_id", ""))
    client = OAuthClient.of(document) if document else None
    if client and site.frappe > 13 and not client.allowed_roles & set(site.roles(user)):
        client = None
    return check_authorization(parameters, client, hardened=site.frappe >= HARDENED)


def _parameters(request: Request) -> dict[str, str]:
    """What oauthlib reads: the query, then a form body."""
    return {**request.query, **request.form}


def _details(site: Site, asked: AuthorizationRequest) -> list[str]:
    """What the consent page lists: the scope `openid` is spelled out, but for Frappe 13."""
    if site.frappe == 13:
        return [scope.title() for scope in asked.scopes]
    listed = [scope for scope in asked.scopes if scope != "openid"]
    return [detail.title() for detail in (*listed, *(OPENID_DETAILS if "openid" in asked.scopes else ()))]


def _skipped_by_settings(site: Site, user: str, client: OAuthClient) -> bool:
    """The setting to skip consent holds once anybody has an active token for anything.

    At Frappe 16 it has to be this user's, since 2026 also this client's.
    """
    doctype = "OAuth Settings" if site.frappe >= 16 else "OAuth Provider Settings"
    setting = (records.read(site, doctype, doctype) or {}).get("skip_authorization")
    if str(setting) not in ("1", "Auto"):
        return False
    owned = {"user": user} if site.frappe >= 16 else {}
    owned |= {"client": client.name} if site.frappe >= HARDENED else {}
    return bool(records.find(site, TOKEN, status="Active", **owned))


def _own_url(request: Request) -> str:
    query = f"?{readable_query(request.query_string)}" if request.query_string else ""
    return f"{request.base_url}{request.path}{query}"


METHODS: Final = {
    "frappe.integrations.oauth2.authorize": Method(authorize, guest=True),
    "frappe.integrations.oauth2.approve": Method(approve),
    "frappe.www.third_party_apps.delete_client": Method(delete_client),
}
