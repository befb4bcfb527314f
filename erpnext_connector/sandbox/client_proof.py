"""Which OAuth client a request at the token endpoint comes from."""

from __future__ import annotations

import base64
import binascii
import hmac
from typing import Final
from urllib.parse import unquote, unquote_plus

from erpnext_connector.sandbox import records, token_rows
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from erpnext_connector.sandbox.oauth_rules import BY_BASIC, BY_POST, PUBLIC, OAuthClient, Refusal
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT
from erpnext_connector.sandbox.versions import HARDENED

GUEST: Final = "Guest"


def client_of(site: Site, request: Request, user: str) -> OAuthClient:
    """The client; until 2026 without any proof, since then by the method it is registered with.

    Without proof only the cookie `user_id` has to name the session's user, so a stale cookie or a bearer token is
    refused.
    """
    if site.frappe >= HARDENED:
        return _proved(site, request)
    name = request.form.get("client_id") or _client_of_token(site, request)
    document = records.read(site, CLIENT, name) if name else None
    if document is None:
        raise records.missing(site, CLIENT, name, user)
    if unquote(request.cookies.get("user_id", GUEST)) != user:
        raise Refusal("invalid_client", status=401)
    return OAuthClient.of(document)


def _client_of_token(site: Site, request: Request) -> str | None:
    form = request.form
    if "refresh_token" in form:
        found = token_rows.by_refresh_token(site, form["refresh_token"])
        return str(found["client"]) if found else None
    words = request.headers.get("authorization", "").split(" ")
    if "token" not in form and len(words) == 1:
        raise FrappeError("AttributeError", "'NoneType' object has no attribute 'split'", 500)
    token = token_rows.by_access_token(site, form["token"] if "token" in form else words[1])
    return str(token["client"]) if token else None


def _proved(site: Site, request: Request) -> OAuthClient:
    """The client that proved itself by its registered method, by no other, by no two (frappe-protocol 1.5)."""
    header = request.headers.get("authorization", "")
    basic = header[:6].lower() == "basic "
    refusal = Refusal("invalid_client", status=401)
    named, secret = _basic(header[6:]) if basic else (request.form.get("client_id"), request.form.get("client_secret"))
    used = BY_BASIC if basic else BY_POST if secret else PUBLIC
    if basic and ("client_secret" in request.form or request.form.get("client_id", named) != named):
        raise refusal
    document = records.read(site, CLIENT, named) if named else None
    if document is None:
        raise refusal
    client = OAuthClient.of(document)
    if client.authentication != used:
        raise refusal
    if used != PUBLIC and not hmac.compare_digest(str(secret).encode(), client.secret.encode()):
        raise refusal
    return client


def _basic(credentials: str) -> tuple[str | None, str | None]:
    """Id and secret of a Basic header, each form-encoded (RFC 6749, 2.3.1)."""
    try:
        name, colon, secret = base64.b64decode(credentials, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, None
    return (unquote_plus(name), unquote_plus(secret)) if colon else (None, None)
