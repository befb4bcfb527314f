"""The checks that Frappe's OAuth 2.0 provider makes, in its order, with its gaps.

What is not checked here is not checked there either: a code's age, a refresh token's age, until 2026 the client secret.
The order is that of oauthlib 3.2, which Frappe 14 to 16 use.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_to_bytes, urlencode, urlsplit

TOKEN_SECONDS: Final = 3600
OPENID_DETAILS: Final = ("Full Name", "Email", "User Image", "Roles")
OPENID_RESPONSE_TYPES: Final = frozenset({"id_token", "id_token token", "code id_token", "code token id_token"})
PUBLIC: Final = "None"
BY_POST: Final = "Client Secret Post"
BY_BASIC: Final = "Client Secret Basic"
ABSOLUTE_URI: Final = re.compile(r"^[A-Za-z][A-Za-z0-9+.\-]*:\S+$")
# What stays percent-encoded when a URL is shown: controls, the percent sign, what divides a query.
KEPT_ENCODED: Final = re.compile(r"((?:%(?:[01][0-9A-F]|2[0356B]|3D|7F))+)", re.IGNORECASE)
READABLE: Final = frozenset(ascii_letters + digits + "_.-=&;:%+~,*@!()/?'$")


class Refusal(Exception):
    """An OAuth error; its status counts only where Frappe sends it on."""

    def __init__(self, error: str, description: str = "", status: int = 400) -> None:
        super().__init__(error, description)
        self.error = error
        self.description = description
        self.status = status

    def as_token_answer(self) -> dict[str, object]:
        """The body at the token endpoint (always with HTTP 400)."""
        described = {"error_description": self.description} if self.description else {}
        return {"error": self.error, **described}

    def as_answer(self) -> dict[str, object]:
        """The body everywhere else, shown to the stranded user: it never goes back to the client."""
        return {"description": self.description, "status_code": self.status, "error": self.error}


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """An OAuth Client document, read."""

    name: str
    app_name: str
    secret: str
    redirect_uris: tuple[str, ...]
    default_redirect_uri: str
    scopes: tuple[str, ...]
    response_type: str
    skip_authorization: bool
    allowed_roles: frozenset[str]
    authentication: str = BY_BASIC

    @classmethod
    def of(cls, document: Mapping[str, object]) -> OAuthClient:
        """Read a document; only blanks divide redirect URIs, so that one with newlines never matches."""
        roles = document.get("allowed_roles")
        return cls(
            name=str(document["name"]),
            app_name=str(document.get("app_name") or ""),
            secret=str(document.get("client_secret") or ""),
            redirect_uris=tuple(str(document.get("redirect_uris") or "").strip().split(" ")),
            default_redirect_uri=str(document.get("default_redirect_uri") or ""),
            scopes=scope_list(document.get("scopes")),
            response_type=str(document.get("response_type") or "Code").lower(),
            skip_authorization=bool(document.get("skip_authorization")),
            allowed_roles=frozenset(str(row["role"]) for row in roles) if isinstance(roles, list) else frozenset(),
            authentication=str(document.get("token_endpoint_auth_method") or BY_BASIC),
        )


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request for a code."""

    client: OAuthClient
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str | None
    nonce: str | None
    code_challenge: str | None
    code_challenge_method: str | None


def check_authorization(
    parameters: Mapping[str, str], client: OAuthClient | None, *, hardened: bool = False
) -> AuthorizationRequest:
    """Validate a request for a code; `client` is None where `client_id` names none that the user may use.

    `hardened` is Frappe since 2026: public clients have to send a PKCE challenge, and only S256 will do.
    """
    if not parameters.get("client_id"):
        raise Refusal("invalid_request", "Missing client_id parameter.")
    if client is None:
        raise Refusal("invalid_request", "Invalid client_id parameter value.")
    redirect_uri = _redirect_uri(parameters, client)
    _check_response_type(parameters.get("response_type"), client)
    challenge = parameters.get("code_challenge")
    method = parameters.get("code_challenge_method") or "plain"
    if hardened and challenge is None and client.authentication == PUBLIC:
        raise Refusal("invalid_request", "Code challenge required.")
    if challenge is not None and method not in (("S256",) if hardened else ("plain", "S256")):
        raise Refusal("invalid_request", "Transform algorithm not supported.")
    asked = scope_list(parameters.get("scope")) or client.scopes
    if not set(asked) <= set(client.scopes):
        raise Refusal("invalid_scope")
    if "openid" in asked and "id_token" in str(parameters["response_type"]) and not parameters.get("nonce"):
        raise Refusal("invalid_request", "Request is missing mandatory nonce parameter.")
    return AuthorizationRequest(
        client=client,
        redirect_uri=redirect_uri,
        scopes=asked,
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        code_challenge=challenge,
        code_challenge_method=method.lower() if challenge is not None else None,
    )


def _redirect_uri(parameters: Mapping[str, str], client: OAuthClient) -> str:
    given = parameters.get("redirect_uri")
    if given is None:
        if not client.default_redirect_uri:
            raise Refusal("invalid_request", "Missing redirect URI.")
        return client.default_redirect_uri
    if not ABSOLUTE_URI.match(given):
        raise Refusal("invalid_request", "Invalid redirect URI.")
    if given not in client.redirect_uris:
        raise Refusal("invalid_request", "Mismatching redirect URI.")
    return given


def _check_response_type(response_type: str | None, client: OAuthClient) -> None:
    if response_type is None:
        raise Refusal("invalid_request", "Missing response_type parameter.")
    if (
        "code" not in response_type
        and response_type != "none"
        and response_type not in ("token", *OPENID_RESPONSE_TYPES)
    ):
        raise Refusal("unsupported_response_type")
    if response_type != client.response_type and response_type not in OPENID_RESPONSE_TYPES:
        raise Refusal("unauthorized_client")


def verifier_matches(method: str | None, challenge: str | None, verifier: str) -> bool:
    """Check a PKCE verifier against a code's stored challenge; a code without one is not checked."""
    if method == "s256":
        return challenge == base64url(hashlib.sha256(verifier.encode()).digest())
    return challenge == verifier if method == "plain" else True


def scope_list(text: object) -> tuple[str, ...]:
    """The scopes of a blank-separated text."""
    return tuple(str(text or "").split())


def id_token(claims: Mapping[str, object], client_secret: str) -> str:
    """A JWT signed with HS256 and the client's (short) secret."""
    header = {"alg": "HS256", "typ": "jwt"}
    signed = ".".join(base64url(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = hmac.new(client_secret.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64url(signature)}"


def at_hash(access_token: str) -> str:
    """The left half of the token's SHA-256, as OpenID Connect Core 3.1.3.6 says."""
    return base64url(hashlib.sha256(access_token.encode()).digest()[:16])


def base64url(data: bytes) -> str:
    """URL-safe base64 without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def check_encoding(query: str) -> None:
    """Raise ValueError, as oauthlib does, where a query (as `readable_query` gives it) has characters it won't read."""
    found = set(query) - READABLE
    if found:
        text = "Error trying to decode a non urlencoded string. Found invalid characters: {} in the string: '{}'. "
        hint = "Please ensure the request/response body is x-www-form-urlencoded."
        raise ValueError(text.format(found, query) + hint)


def with_query(uri: str, parameters: list[tuple[str, str]]) -> str:
    """Add parameters to a URI that may have a query already; blanks become `+`."""
    parts = urlsplit(uri)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *parameters])
    return parts._replace(query=query).geturl()


def encode_parameters(parameters: Mapping[str, object]) -> str:
    """A query string whose blanks are `%20`, as Frappe builds the approve and login URLs."""
    return urlencode({name: str(value) for name, value in parameters.items()}, quote_via=quote)


def readable_query(raw: str) -> str:
    """A raw query string with what needs no percent-encoding decoded, as the request's own URL shows it."""
    return re.sub(r"(?:%[0-9A-Fa-f]{2})+", lambda run: _decode_run(run[0]), raw)


def _decode_run(run: str) -> str:
    pieces = KEPT_ENCODED.split(run)
    return "".join(piece if position % 2 else _decode_text(piece) for position, piece in enumerate(pieces))


def _decode_text(piece: str) -> str:
    try:
        return unquote_to_bytes(piece).decode()
    except UnicodeDecodeError:
        return piece
