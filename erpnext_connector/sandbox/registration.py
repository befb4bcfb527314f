"""Dynamic registration of OAuth clients (RFC 7591), as Frappe 16 has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.answers import answer
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.oauth_rules import ABSOLUTE_URI
from erpnext_connector.sandbox.site import Site

AUTHENTICATION: Final = frozenset({"none", "client_secret_basic", "client_secret_post"})
GRANTS: Final = frozenset({"authorization_code", "refresh_token"})


def register_client(site: Site, request: Request, _user: str) -> Response:
    """Make a client of the metadata (201); public clients get no secret, a missing scope becomes "all"."""
    metadata = request.json
    if not isinstance(metadata, dict):
        page = "<!doctype html>\n<html lang=en>\n<title>415 Unsupported Media Type</title>\n"
        return Response.html(page, status=415)
    problem = _problem(metadata)
    if problem:
        body = {"error": "invalid_client_metadata", "error_description": problem}
        return answer(site, body, status=400)
    uris = [str(uri) for uri in metadata["redirect_uris"]]
    method = str(metadata.get("token_endpoint_auth_method") or "client_secret_basic")
    client = records.add(
        site,
        {
            "doctype": "OAuth Client",
            "app_name": str(metadata.get("client_name") or "Dynamically registered client"),
            "scopes": str(metadata.get("scope") or "all"),
            "redirect_uris": " ".join(uris),
            "default_redirect_uri": uris[0],
            "grant_type": "Authorization Code",
            "response_type": "Code",
        },
    )
    return answer(site, _described(site, client, metadata, uris, method), status=201)


def _described(
    site: Site, client: records.Document, metadata: Mapping[str, object], uris: list[str], method: str
) -> dict[str, object]:
    secret = {} if method == "none" else {"client_secret": client["client_secret"], "client_secret_expires_at": 0}
    return {
        "client_id": client["name"],
        "client_id_issued_at": round(site.clock.now()),
        **secret,
        "client_name": client["app_name"],
        "redirect_uris": uris,
        "scope": client["scopes"],
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        **{name: metadata[name] for name in ("client_uri", "logo_uri", "contacts", "software_id") if name in metadata},
    }


def _problem(metadata: Mapping[str, object]) -> str:
    """What is wrong with the metadata; empty where nothing is."""
    uris = metadata.get("redirect_uris")
    if not isinstance(uris, list) or not uris or not all(ABSOLUTE_URI.match(str(uri)) for uri in uris):
        return "redirect_uris: a list of at least one URL is required"
    if metadata.get("token_endpoint_auth_method", "none") not in AUTHENTICATION:
        return "token_endpoint_auth_method: not supported"
    grants = metadata.get("grant_types") or ["authorization_code"]
    if not isinstance(grants, list) or not set(map(str, grants)) <= GRANTS:
        return "grant_types: not supported"
    return ""


METHODS: Final = {
    "frappe.integrations.oauth2.register_client": Method(
        register_client, guest=True, verbs=frozenset({"POST"}), versions=frozenset({16})
    ),
}
