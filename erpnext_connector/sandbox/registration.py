"""Dynamic registration of OAuth clients (RFC 7591), as Frappe 16 has it, and as it was tightened in 2026."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.accounts import address_of
from erpnext_connector.sandbox.answers import answer
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.oauth_rules import BY_BASIC, BY_POST, PUBLIC
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import HARDENED, since

AUTHENTICATION: Final = {"none": PUBLIC, "client_secret_basic": BY_BASIC, "client_secret_post": BY_POST}
GRANTS: Final = frozenset({"authorization_code", "refresh_token"})
KEPT: Final = ("client_uri", "logo_uri", "tos_uri", "policy_uri", "software_id", "software_version")
USUAL_PORTS: Final = {"http": 80, "https": 443}
TOO_MANY: Final = "You hit the rate limit because of too many requests. Please try after sometime."


def register_client(site: Site, request: Request, _user: str) -> Response:
    """Make a client of the metadata (201); public clients get no secret, a missing scope becomes "all".

    Several redirect URIs are kept on lines of their own, where the check of a redirect URI does not find them.
    """
    if site.frappe >= HARDENED and not site.registrations.admit(address_of(request)):
        raise FrappeError("RateLimitExceededError", TOO_MANY, 429)
    metadata = request.json
    if not isinstance(metadata, dict):
        page = "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n"
        return Response.html(page, status=415)
    problem = _problem(site, metadata)
    if problem:
        body = {"error": "invalid_client_metadata", "error_description": problem}
        return answer(site, body, status=400)
    uris = [normalized(str(uri)) for uri in metadata["redirect_uris"]]
    method = str(metadata.get("token_endpoint_auth_method") or "client_secret_basic")
    client = records.add(
        site,
        {
            "doctype": "OAuth Client",
            "app_name": str(metadata.get("client_name") or "Dynamically registered client"),
            "scopes": str(metadata.get("scope") or "all"),
            "redirect_uris": "\n".join(uris),
            "default_redirect_uri": uris[0],
            "grant_type": "Authorization Code",
            "response_type": "Code",
            "token_endpoint_auth_method": AUTHENTICATION[method],
            "is_dynamic_client": 1,
            **{name: str(metadata[name]) for name in KEPT if metadata.get(name)},
        },
    )
    return answer(site, _described(site, client, metadata, uris), status=201)


def normalized(uri: str) -> str:
    """A URI as pydantic's HttpUrl writes it: host in small letters, no usual port, a path."""
    parts = urlsplit(uri)
    host = (parts.hostname or "").lower()
    host = f"[{host}]" if ":" in host else host
    usual = parts.port in (None, USUAL_PORTS.get(parts.scheme))
    where = parts._replace(netloc=host if usual else f"{host}:{parts.port}", path=parts.path or "/")
    return where.geturl()


def _described(
    site: Site, client: records.Document, metadata: Mapping[str, object], uris: list[str]
) -> dict[str, object]:
    """What was registered; how the client has to prove itself is not said."""
    public = client["token_endpoint_auth_method"] == PUBLIC
    return {
        "client_id": client["name"],
        **({} if public else {"client_secret": client["client_secret"]}),
        "client_id_issued_at": round(site.clock.now()),
        "client_secret_expires_at": 0,
        "client_name": client["app_name"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "scope": client["scopes"],
        "redirect_uris": uris,
        **{name: metadata[name] for name in (*KEPT, "contacts") if metadata.get(name)},
    }


def _problem(site: Site, metadata: Mapping[str, object]) -> str:
    """What is wrong with the metadata; empty where nothing is."""
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(_is_allowed(site, str(uri)) for uri in uris):
        return "redirect_uris: a list of at least one URL is required"
    if metadata.get("token_endpoint_auth_method", "none") not in AUTHENTICATION:
        return "token_endpoint_auth_method: not supported"
    grants = metadata.get("grant_types") or ["authorization_code"]
    if not isinstance(grants, list) or not set(map(str, grants)) <= GRANTS:
        return "grant_types: not supported"
    return ""


def _is_allowed(site: Site, uri: str) -> bool:
    """Whether a redirect URI is a web address; since 2026 it is https, or http on a loopback IP address."""
    try:
        parts = urlsplit(uri)
        parts.port  # noqa: B018  raises ValueError for a port that is no number
    except ValueError:
        return False
    if parts.scheme not in USUAL_PORTS or not parts.hostname:
        return False
    return site.frappe < HARDENED or parts.scheme == "https" or _is_loopback(parts)


def _is_loopback(parts: SplitResult) -> bool:
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False


METHODS: Final = {
    "frappe.integrations.oauth2.register_client": Method(
        register_client, guest=True, verbs=frozenset({"POST"}), versions=since(16)
    ),
}
