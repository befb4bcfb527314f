"""Who signed in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import AccountRefused, GrantLost, NotFrappe, SignInFailed
from erpnext_connector.oauth.discovery import FIXED, Endpoints
from erpnext_connector.oauth.replies import json_of, oauth_error_of
from erpnext_connector.oauth.tokens import OAuthClient
from erpnext_connector.secret import Secret

_REFUSED: Final = frozenset({"guest", "administrator"})
_LEEWAY_SECONDS: Final = 60.0
# Under this length joserfc warns of each key. HMAC pads keys with zeros itself (RFC 2104), so longer is the same key.
_SHORTEST_KEY_BYTES: Final = 14


@dataclass(frozen=True, slots=True)
class Profile:
    """A person on a site: `user` is the name of the User document, `roles` the ERPNext roles."""

    user: str
    sub: str | None
    full_name: str
    email: str
    picture: str | None
    roles: tuple[str, ...]

    @property
    def identity(self) -> str:
        """What names this person for ever: `sub`, or the user name where the site gives no `sub`."""
        return self.sub or self.user


def userinfo(*, endpoints: Endpoints = FIXED) -> Call[Profile]:
    """Who the bearer of the token is; raises `AccountRefused` for Guest and Administrator.

    Asked over TLS with the fresh token, this is what a sign-in rests on (frappe-protocol 1.8).
    """
    return Call("GET", endpoints.userinfo, _read_profile, repeatable=True)


def _read_profile(reply: Reply) -> Profile:
    told = json_of(reply)
    if reply.status != 200 or told is None:
        raise oauth_error_of(reply, lost=GrantLost, unknown=GrantLost)
    email = told.get("email")
    if not isinstance(email, str) or not email.strip():
        raise NotFrappe("The site does not say who the user is.", upstream_status=reply.status)
    profile = Profile(
        user=email,
        sub=_text(told, "sub"),
        full_name=_text(told, "name") or email,
        email=email,
        picture=_text(told, "picture"),
        roles=_roles(told.get("roles")),
    )
    if _is_refused(profile):
        raise AccountRefused
    return profile


def _is_refused(profile: Profile) -> bool:
    """Guest and Administrator may carry any address; nobody else has the role Administrator, and Guest no other."""
    names = (
        {profile.user.casefold(), profile.full_name.casefold()} if profile.sub is None else {profile.user.casefold()}
    )
    return bool(names & _REFUSED) or "Administrator" in profile.roles or set(profile.roles) == {"Guest"}


def _roles(told: object) -> tuple[str, ...]:
    return tuple(role for role in told if isinstance(role, str)) if isinstance(told, list) else ()


def _text(told: Mapping[str, Any], key: str) -> str | None:
    text = told.get(key)
    return text if isinstance(text, str) and text else None


def check_id_token(
    id_token: Secret | None,
    client: OAuthClient,
    *,
    nonce: Secret,
    now: float,
    sub: str | None = None,
    leeway_seconds: float = _LEEWAY_SECONDS,
) -> tuple[str, ...]:
    """Compare an id_token with the sign-in it came with; the names of what was compared.

    A second lock only: Frappe signs with HS256 and a client secret of ten characters (frappe-quirks 1.5). Without an
    id_token or a secret there is nothing to compare and the answer is (). Raises `SignInFailed` where one differs.
    """
    if id_token is None or client.client_secret is None:
        return ()
    claims = _claims(id_token, client.client_secret)
    told = {
        "signature": True,
        "aud": _names(claims.get("aud"), client.client_id),
        "nonce": nonce.matches(str(claims.get("nonce", ""))),
        "exp": _is_later(claims.get("exp"), now - leeway_seconds),
        "sub": sub is None or claims.get("sub") == sub,
    }
    # Frappe 13 sends no exp (frappe-protocol 1.8), and no sub to users it has no social login row for.
    compared = {name: is_right for name, is_right in told.items() if name not in ("exp", "sub") or name in claims}
    if wrong := [name for name, is_right in compared.items() if not is_right]:
        raise SignInFailed(f"ERPNext's id_token does not belong to this sign-in ({', '.join(wrong)}).")
    return tuple(compared)


def _claims(id_token: Secret, key: Secret) -> Mapping[str, Any]:
    # Only a sign-in needs joserfc, which takes a tenth of a second to import.
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import OctKey

    secret = key.reveal().encode().ljust(_SHORTEST_KEY_BYTES, b"\0")
    try:
        return jwt.decode(id_token.reveal(), OctKey.import_key(secret), algorithms=["HS256"]).claims
    except (JoseError, ValueError):
        raise SignInFailed("ERPNext's id_token is not signed with this client's secret.") from None


def _names(audience: object, client_id: str) -> bool:
    return client_id in audience if isinstance(audience, list) else audience == client_id


def _is_later(moment: object, than: float) -> bool:
    return isinstance(moment, int | float) and not isinstance(moment, bool) and moment > than
