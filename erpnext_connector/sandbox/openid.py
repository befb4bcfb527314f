"""OpenID Connect at the sandbox: who the token's user is, where the endpoints are."""

from __future__ import annotations

from typing import Final
from urllib.parse import urljoin

from erpnext_connector.sandbox import records, token_rows
from erpnext_connector.sandbox.accounts import full_name
from erpnext_connector.sandbox.answers import answer
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.oauth_rules import scope_list
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import HARDENED, until

METHOD: Final = "/api/method/frappe.integrations.oauth2."
RESPONSE_TYPES: Final = ["code", "token", "code id_token", "code token id_token", "id_token", "id_token token"]
DOCUMENTATION: Final = (
    "https://docs.frappe.io/framework/user/en/guides/integration/how_to_set_up_oauth#add-a-client-app"
)


def user_claims(site: Site, request: Request, user: str) -> dict[str, object]:
    """What Frappe says of a user; `sub` is None for a user without a "frappe" row among the social logins."""
    document = records.read(site, "User", user) or {}
    image = document.get("user_image")
    issuer = issuer_of(site, request)
    return {
        "sub": subject_of(document),
        "name": full_name(document),
        "given_name": document.get("first_name"),
        "family_name": document.get("last_name"),
        "email": document.get("email"),
        "picture": urljoin(issuer, str(image)) if image else None,
        "roles": site.roles(user),
        "iss": issuer,
    }


def subject_of(user: records.Document) -> str | None:
    """The id that Frappe made up for the user."""
    rows = user.get("social_logins")
    for row in rows if isinstance(rows, list) else []:
        if row.get("provider") == "frappe":
            return str(row["userid"])
    return None


def issuer_of(site: Site, request: Request) -> str:
    """The Social Login Key's base URL where there is one, else the address the request came to."""
    key = records.read(site, "Social Login Key", "frappe") or {}
    return str(key.get("base_url") or request.base_url)


def openid_profile(site: Site, request: Request, user: str) -> Response:
    """The claims of the request's user, who has to show a token, not only a cookie.

    Since 2026 they are those of the token's owner, and the token may come in the form.
    """
    name = _token_of(request)
    if site.frappe >= HARDENED:
        return _profile_by_token(site, request, name)
    token = token_rows.by_access_token(site, name) if name else None
    if token is None:
        raise records.missing(site, "OAuth Bearer Token", name, user)
    client = records.read(site, "OAuth Client", str(token["client"])) or {}
    if "openid" not in scope_list(client.get("scopes")):
        return _invalid_token(site)
    return answer(site, user_claims(site, request, user))


def _profile_by_token(site: Site, request: Request, name: str | None) -> Response:
    token = token_rows.by_access_token(site, name) if name else None
    owner = records.read(site, "User", str(token["user"])) if token and token_rows.is_good(site, token) else None
    client = records.read(site, "OAuth Client", str(token["client"])) if token else None
    if owner is None or not owner.get("enabled") or "openid" not in scope_list((client or {}).get("scopes")):
        return _invalid_token(site)
    return answer(site, user_claims(site, request, str(owner["name"])))


def _invalid_token(site: Site) -> Response:
    text = "The access token provided is expired, revoked, malformed, or invalid for other reasons."
    body = {"description": text, "status_code": 401, "error": "invalid_token"}
    return answer(site, body, status=401)


def _token_of(request: Request) -> str | None:
    """The token in the header, else among the parameters."""
    words = request.headers.get("authorization", "").split()
    if len(words) == 2 and words[0].lower() == "bearer":
        return words[1]
    return request.form.get("access_token") or request.query.get("access_token")


def openid_configuration(site: Site, request: Request, _user: str) -> Response:
    """OpenID Connect's discovery document; it lists response types that are refused."""
    issuer = issuer_of(site, request)
    return Response.json(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}{METHOD}authorize",
            "token_endpoint": f"{issuer}{METHOD}get_token",
            "userinfo_endpoint": f"{issuer}{METHOD}openid_profile",
            "revocation_endpoint": f"{issuer}{METHOD}revoke_token",
            "introspection_endpoint": f"{issuer}{METHOD}introspect_token",
            "response_types_supported": RESPONSE_TYPES,
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["HS256"],
        }
    )


def server_metadata(site: Site, request: Request, _user: str) -> Response:
    """RFC 8414 metadata (Frappe 16): always the request's own address; Basic is advertised, but works from 2026 on."""
    issuer = request.base_url
    by_post = ["client_secret_post"] if site.frappe >= HARDENED else []
    return Response.json(
        {
            "issuer": issuer,
            "authorization_endpoint": f"{issuer}{METHOD}authorize",
            "token_endpoint": f"{issuer}{METHOD}get_token",
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_methods_supported": ["none", "client_secret_basic", *by_post],
            "service_documentation": DOCUMENTATION,
            "revocation_endpoint": f"{issuer}{METHOD}revoke_token",
            "revocation_endpoint_auth_methods_supported": ["client_secret_basic"],
            "introspection_endpoint": f"{issuer}{METHOD}introspect_token",
            "userinfo_endpoint": f"{issuer}{METHOD}openid_profile",
            "code_challenge_methods_supported": ["S256"],
            "registration_endpoint": f"{issuer}{METHOD}register_client",
        }
    )


def resource_metadata(_site: Site, request: Request, _user: str) -> Response:
    """RFC 9728 metadata (Frappe 16)."""
    return Response.json(
        {
            "resource": request.base_url,
            "authorization_servers": [request.base_url],
            "bearer_methods_supported": ["header"],
            "resource_name": "Framework",
            "resource_documentation": "https://docs.frappe.io/framework",
        }
    )


METHODS: Final = {
    "frappe.integrations.oauth2.openid_profile": Method(openid_profile, guest_since=HARDENED),
    "frappe.integrations.oauth2.openid_configuration": Method(openid_configuration, guest=True, versions=until(15)),
}
