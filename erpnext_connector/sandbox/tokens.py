"""The sandbox's token endpoint, with revocation and introspection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Final, TypeAlias

from erpnext_connector.sandbox import records, token_rows
from erpnext_connector.sandbox.accounts import check_password
from erpnext_connector.sandbox.answers import answer, say_missing
from erpnext_connector.sandbox.client_proof import client_of
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.oauth_rules import (
    TOKEN_SECONDS,
    OAuthClient,
    Refusal,
    at_hash,
    id_token,
    scope_list,
    verifier_matches,
)
from erpnext_connector.sandbox.openid import user_claims
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT, TOKEN
from erpnext_connector.sandbox.versions import HARDENED

Grant: TypeAlias = Callable[[Site, Request, str], dict[str, object]]

CODE: Final = "OAuth Authorization Code"
REMOVED_GRANTS: Final = frozenset({"password"})


def get_token(site: Site, request: Request, user: str) -> Response:
    """Redeem a code, a refresh token or (until 2026) a password; only a form body is read."""
    check_is_post(site, request)
    if request.method != "POST":
        refusal = Refusal("invalid_request", f"Unsupported request method {request.method}")
        return answer(site, refusal.as_answer(), status=refusal.status)
    if request.query:
        refusal = Refusal("invalid_request", "URL query parameters are not allowed")
        return answer(site, refusal.as_answer(), status=refusal.status)
    try:
        return answer(site, _grant(site, request)(site, request, user))
    except Refusal as refusal:
        state = {"state": request.form["state"]} if "state" in request.form else {}
        return answer(site, refusal.as_token_answer() | state, status=400)


def check_is_post(site: Site, request: Request) -> None:
    """Raise, as Frappe does since 2026, where a function that changes something is not called by POST."""
    if site.frappe >= HARDENED and request.method != "POST":
        raise FrappeError("PermissionError", "Not permitted")


def _grant(site: Site, request: Request) -> Grant:
    name = request.form.get("grant_type", "")
    removed = site.frappe >= HARDENED and name in REMOVED_GRANTS
    return _unsupported if removed else GRANTS.get(name, _unsupported)


def _unsupported(_site: Site, _request: Request, _user: str) -> dict[str, object]:
    raise Refusal("unsupported_grant_type")


def _by_code(site: Site, request: Request, user: str) -> dict[str, object]:
    form = request.form
    if "code" not in form:
        raise Refusal("invalid_request", "Missing code parameter.")
    client = client_of(site, request, user)
    code = _usable_code(site, form["code"], client)
    _check_verifier(site, code, form.get("code_verifier"))
    if form.get("redirect_uri", client.default_redirect_uri) not in (
        client.redirect_uris or [client.default_redirect_uri]
    ):
        raise Refusal("invalid_request", "Mismatching redirect URI.")
    scopes = scope_list(code["scopes"])
    token = token_rows.issue(site, client.name, str(code["user"]), scopes)
    records.change(site, CODE, str(code["name"]), validity="Invalid")
    if "openid" in scopes:
        token["id_token"] = _id_token(site, request, client, code, str(token["access_token"]))
    return token


def _usable_code(site: Site, name: str, client: OAuthClient) -> records.Document:
    code = records.read(site, CODE, name)
    if code is None or code.get("client") != client.name or code.get("validity") != "Valid":
        raise Refusal("invalid_grant")
    return code


def _check_verifier(site: Site, code: records.Document, verifier: str | None) -> None:
    """A wrong verifier may be corrected; a missing one costs the code, but since 2026 it may be sent later."""
    challenge, method = code.get("code_challenge"), code.get("code_challenge_method")
    if challenge and not verifier and site.frappe >= HARDENED:
        raise Refusal("invalid_request", "Code verifier required.")
    if challenge and not verifier:
        records.remove(site, CODE, str(code["name"]))
        site.commit()
        raise Refusal("invalid_grant")
    if not verifier_matches(str(method) if method else None, str(challenge), verifier or ""):
        raise Refusal("invalid_grant")


def _by_refresh_token(site: Site, request: Request, user: str) -> dict[str, object]:
    """A new pair. Until 2026 the old one stays alive, and the refresh token need not be this client's."""
    given = request.form.get("refresh_token")
    if given is None:
        raise Refusal("invalid_request", "Missing refresh token parameter.")
    client = client_of(site, request, user)
    old = _active_token(site, given, client, user)
    scopes = scope_list(old["scopes"])
    narrower = scope_list(request.form.get("scope"))
    if not set(narrower) <= set(scopes):
        raise Refusal("invalid_scope")
    if site.frappe >= HARDENED:
        token_rows.revoke(site, old)
    return token_rows.issue(site, client.name, str(old["user"]), narrower or scopes)


def _active_token(site: Site, refresh_token: str, client: OAuthClient, user: str) -> records.Document:
    """The pair to renew; where there is none, the version's own way to say so."""
    found = token_rows.by_refresh_token(site, refresh_token, status="Active")
    if site.frappe >= HARDENED and (found is None or found["client"] != client.name):
        raise Refusal("invalid_grant")
    if found is None:
        raise records.missing(site, TOKEN, {"refresh_token": refresh_token, "status": "Active"}, user)
    return found


def _by_password(site: Site, request: Request, user: str) -> dict[str, object]:
    for parameter in ("username", "password"):
        if not request.form.get(parameter):
            raise Refusal("invalid_request", f"Request is missing {parameter} parameter.")
    client = client_of(site, request, user)
    scopes = scope_list(request.form.get("scope")) or client.scopes
    owner = check_password(site, request, request.form["username"], request.form["password"])
    if not set(scopes) <= set(client.scopes):
        raise Refusal("invalid_scope")
    return token_rows.issue(site, client.name, owner, scopes)


def _by_other_name(site: Site, request: Request, user: str) -> dict[str, object]:
    """The code grant by the name that OpenID Connect's library knows, which no client is allowed."""
    if "code" not in request.form:
        raise Refusal("invalid_request", "Missing code parameter.")
    return _by_client(site, request, user)


def _by_client(site: Site, request: Request, user: str) -> dict[str, object]:
    client_of(site, request, user)
    raise Refusal("unauthorized_client")


GRANTS: Final[Mapping[str, Grant]] = {
    "authorization_code": _by_code,
    "refresh_token": _by_refresh_token,
    "password": _by_password,
    "client_credentials": _by_client,
    "openid": _by_other_name,
}


def _id_token(site: Site, request: Request, client: OAuthClient, code: records.Document, access_token: str) -> str:
    now = round(site.clock.now())
    nonce = {"nonce": code["nonce"]} if code.get("nonce") else {}
    expiry = {"exp": now + TOKEN_SECONDS} if site.frappe >= 14 else {}
    claims = {"aud": client.name, "iat": now, **nonce, "at_hash": at_hash(access_token), **expiry}
    return id_token(claims | user_claims(site, request, str(code["user"])), client.secret)


def revoke_token(site: Site, request: Request, user: str) -> Response:
    """Revoke a pair by its access token, or by its refresh token when the hint says so; {} whatever happens."""
    form = request.form
    check_is_post(site, request)
    if request.method != "POST" or request.query or "token" not in form:
        return answer(site, {}, status=400)
    try:
        client_of(site, request, user)
    except Refusal as refusal:
        return answer(site, {}, status=refusal.status)
    field = "refresh_token" if form.get("token_type_hint") == "refresh_token" else "access_token"
    for token in records.find(site, TOKEN, **{field: token_rows.as_kept(site, form["token"])}):
        token_rows.revoke(site, token)
    return answer(site, {})


def introspect_token(site: Site, request: Request, _user: str) -> Response:
    """Tell anybody about a token: `active` only says that it was not revoked, an expired one is active too.

    `exp` reads the site's local time as if it were UTC, so it is off by the site's time zone.
    """
    check_is_post(site, request)
    token, hint = request.arguments.get("token"), request.arguments.get("token_type_hint")
    field = "refresh_token" if hint == "refresh_token" else "access_token"
    found = records.find(site, TOKEN, **{field: token_rows.as_kept(site, str(token))})
    if not found:
        message = f"{TOKEN} { ({field: token}) } not found"
        say_missing(site, message)
        return answer(site, {"active": False})
    kept = found[0]
    client = records.read(site, CLIENT, str(kept["client"])) or {}
    expires = datetime.fromisoformat(str(kept["expiration_time"])).replace(tzinfo=UTC)
    body = {
        "client_id": kept["client"],
        "trusted_client": client.get("skip_authorization") or 0,
        "active": kept["status"] == "Active",
        "exp": round(expires.timestamp()),
        "scope": kept["scopes"],
    }
    claims = user_claims(site, request, str(kept["user"])) if "openid" in str(kept["scopes"]) else {}
    return answer(site, body | (claims if claims.get("sub") else {}))


METHODS: Final = {
    "frappe.integrations.oauth2.get_token": Method(get_token, guest=True),
    "frappe.integrations.oauth2.revoke_token": Method(revoke_token, guest=True),
    "frappe.integrations.oauth2.introspect_token": Method(introspect_token, guest=True),
}
