"""What of a grant is sealed, and as which bytes."""

from __future__ import annotations

from typing import Final

import msgspec

from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.user_keys import Sealer

_TOKENS: Final = "tokens"
_PROFILE: Final = "profile"
_RETIRED: Final = "retired token"


class _Tokens(msgspec.Struct, frozen=True):
    access: str
    refresh: str | None
    expires_at: float
    scope: str


class _Profile(msgspec.Struct, frozen=True):
    user: str
    sub: str | None
    full_name: str
    email: str
    picture: str | None
    roles: tuple[str, ...]


_read_tokens: Final = msgspec.json.Decoder(_Tokens).decode
_read_profile: Final = msgspec.json.Decoder(_Profile).decode


class Envelopes:
    """Seals a user's tokens and profile, each for one site, one user and one kind.

    Opening raises `KeyErased` or `KeyUnusable` as the sealer does.
    """

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    def tokens(self, site_id: str, user: str, tokens: TokenSet) -> bytes:
        refresh = tokens.refresh.reveal() if tokens.refresh else None
        stored = _Tokens(tokens.access.reveal(), refresh, tokens.expires_at, tokens.scope)
        return self._sealer.seal(msgspec.json.encode(stored), site=site_id, user=user, kind=_TOKENS)

    def opened_tokens(self, site_id: str, user: str, envelope: bytes) -> TokenSet:
        stored = _read_tokens(self._sealer.open(envelope, site=site_id, user=user, kind=_TOKENS))
        refresh = Secret(stored.refresh) if stored.refresh else None
        return TokenSet(Secret(stored.access), refresh, stored.expires_at, stored.scope, None)

    def profile(self, site_id: str, profile: Profile) -> bytes:
        stored = _Profile(
            profile.user, profile.sub, profile.full_name, profile.email, profile.picture, tuple(profile.roles)
        )
        return self._sealer.seal(msgspec.json.encode(stored), site=site_id, user=profile.user, kind=_PROFILE)

    def opened_profile(self, site_id: str, user: str, envelope: bytes) -> Profile:
        stored = _read_profile(self._sealer.open(envelope, site=site_id, user=user, kind=_PROFILE))
        return Profile(
            user=stored.user,
            sub=stored.sub,
            full_name=stored.full_name,
            email=stored.email,
            picture=stored.picture,
            roles=stored.roles,
        )

    def retired(self, site_id: str, user: str, access: Secret) -> bytes:
        return self._sealer.seal(access.reveal().encode(), site=site_id, user=user, kind=_RETIRED)

    def opened_retired(self, site_id: str, user: str, envelope: bytes) -> Secret:
        return Secret(self._sealer.open(envelope, site=site_id, user=user, kind=_RETIRED).decode())
