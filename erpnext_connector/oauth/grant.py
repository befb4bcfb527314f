"""How an app gets, renews and gives back a user's grant: authorization code with PKCE."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri  # type: ignore[import-untyped]
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import (
    ClientRefused,
    CodeRefused,
    ConnectorError,
    ConsentRefused,
    GrantLost,
    NotFrappe,
    Retryable,
    SignInFailed,
)
from erpnext_connector.oauth.discovery import FIXED, Endpoints
from erpnext_connector.oauth.replies import json_of, oauth_error_of
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret

_STATE_BYTES: Final = 24
_NONCE_BYTES: Final = 24
_VERIFIER_BYTES: Final = 48
_LIFE_SECONDS: Final = 3600.0

RandomBytes = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A sign-in that was begun: send the browser to `url`; keep the rest until it comes back with `state`."""

    url: str
    state: str
    verifier: Secret
    nonce: Secret

    @classmethod
    def begin(
        cls, client: OAuthClient, site_url: str, *, random: RandomBytes, endpoints: Endpoints = FIXED
    ) -> AuthorizationRequest:
        """Make the address at which the user is asked for consent; `random` gives that many secret bytes.

        Every Frappe from 13 on honors S256, none requires it (frappe-protocol 1.4).
        """
        state, nonce, verifier = (_text(random(size)) for size in (_STATE_BYTES, _NONCE_BYTES, _VERIFIER_BYTES))
        url: str = prepare_grant_uri(
            site_url.rstrip("/") + endpoints.authorize,
            client_id=client.client_id,
            response_type="code",
            redirect_uri=client.redirect_uri,
            scope=" ".join(client.scopes),
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
        )
        # Frappe wants blanks as %20 (frappe-protocol 1.2); a plus of a value is %2B already.
        return cls(url.replace("+", "%20"), state, Secret(verifier), Secret(nonce))


def read_callback(query: Mapping[str, str]) -> Secret:
    """The authorization code that the browser brought back.

    Raises `ConsentRefused`, `ClientRefused` or `SignInFailed`. Frappe sends no state along with a refusal
    (frappe-quirks 1.4), so the caller checks the state only where there is a code.
    """
    error = query.get("error")
    if error == "access_denied":
        raise ConsentRefused
    if error in ("unauthorized_client", "invalid_scope", "invalid_request", "unsupported_response_type"):
        raise ClientRefused
    if error in ("server_error", "temporarily_unavailable"):
        raise Retryable
    if error or not query.get("code"):
        raise SignInFailed
    return Secret(query["code"])


def exchange_code(
    client: OAuthClient, code: Secret, verifier: Secret, now: Callable[[], float], *, endpoints: Endpoints = FIXED
) -> Call[TokenSet]:
    """Turn a code into tokens, once; raises `CodeRefused` or `ClientRefused`. `now` gives epoch seconds."""
    form = {
        "grant_type": "authorization_code",
        "code": code.reveal(),
        "redirect_uri": client.redirect_uri,
        "code_verifier": verifier.reveal(),
    }
    read = partial(_read_tokens, now=now, lost=CodeRefused, unknown=ClientRefused)
    return _posted(endpoints.token, {**form, **_named(client)}, read)


def refresh(
    client: OAuthClient, tokens: TokenSet, now: Callable[[], float], *, endpoints: Endpoints = FIXED
) -> Call[TokenSet]:
    """A new pair of tokens; raises `GrantLost` when the user's grant is gone, `Retryable` when the site is.

    An unknown or revoked refresh token is a 404, on Frappe 16 a 403, never invalid_grant (frappe-quirks 1.2, 7).
    """
    if tokens.refresh is None:
        raise GrantLost
    form = {"grant_type": "refresh_token", "refresh_token": tokens.refresh.reveal()}
    read = partial(_read_tokens, now=now, lost=GrantLost, unknown=GrantLost, before=tokens)
    return _posted(endpoints.token, {**form, **_named(client)}, read)


def revoke(client: OAuthClient, token: Secret, *, endpoints: Endpoints = FIXED) -> Call[None]:
    """Give an access token back; its refresh token dies with it. One that is gone already is no error.

    Frappe finds a refresh token only by hint and client id (frappe-quirks 1.5), so give the access token. Who asks
    matters since 2026 only.
    """
    form = {"token": token.reveal(), "token_type_hint": "access_token"}
    return _posted(endpoints.revoke, {**form, **_named(client)}, _read_revoked, repeatable=True)


def _posted(path: str, form: Mapping[str, str], read: Callable[[Reply], Any], *, repeatable: bool = False) -> Call[Any]:
    """Form-encoded and without credentials: an Authorization header, even a right one, makes it fail (quirks 1.3)."""
    return Call("POST", path, read, form=form, repeatable=repeatable, authenticated=False)


def _named(client: OAuthClient) -> dict[str, str]:
    """Who asks, in the body: Frappe takes HTTP Basic for an API key (frappe-quirks 1.3)."""
    named = {"client_id": client.client_id}
    return {**named, "client_secret": client.client_secret.reveal()} if client.client_secret else named


def _read_tokens(
    reply: Reply,
    *,
    now: Callable[[], float],
    lost: type[ConnectorError],
    unknown: type[ConnectorError],
    before: TokenSet | None = None,
) -> TokenSet:
    body = json_of(reply)
    if reply.status != 200 or body is None:
        raise oauth_error_of(reply, lost=lost, unknown=unknown)
    access = body.get("access_token")
    if not isinstance(access, str) or not access or str(body.get("token_type", "bearer")).lower() != "bearer":
        raise NotFrappe("The site's answer has no access token.", upstream_status=reply.status)
    return TokenSet(
        access=Secret(access),
        # A site may keep the refresh token it gave before (RFC 6749, 6).
        refresh=_secret(body, "refresh_token") or (before.refresh if before else None),
        expires_at=now() + _life_seconds(body.get("expires_in")),
        scope=str(body.get("scope") or (before.scope if before else "")),
        id_token=_secret(body, "id_token"),
    )


def _life_seconds(said: object) -> float:
    """How long the access token lives; Frappe always says 3600."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool) and 0 < said < 10**9
    return float(said) if is_number and isinstance(said, int | float) else _LIFE_SECONDS


def _read_revoked(reply: Reply) -> None:
    """An unknown token is 200, 403 or 404, as the version will have it (frappe-quirks 1.5, 7)."""
    if reply.status in (200, 403, 404) and json_of(reply) is not None:
        return
    raise oauth_error_of(reply)


def _secret(body: Mapping[str, Any], key: str) -> Secret | None:
    text = body.get(key)
    return Secret(text) if isinstance(text, str) and text else None


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
