"""Grants as they are read and written: opened from their envelopes, and sealed into them."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.errors import GrantLost, KeyErased, KeyUnusable
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.grant_envelopes import Envelopes
from erpnext_connector.store.grant_state import ERASED
from erpnext_connector.store.grant_store import GrantRow, GrantStore, Pair

REFRESH_AT_SHARE_OF_LIFE: Final = 0.8
_GENERATION_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant as it was read, opened."""

    row: GrantRow
    tokens: TokenSet

    @property
    def key(self) -> tuple[str, str, str]:
        """Which pair of whom this is, as the `GrantStore` names it."""
        return self.row.site_id, self.row.user, self.row.pair.generation

    def is_fresh(self, refused: Secret | None, now: float) -> bool:
        """Whether nobody need try to refresh it."""
        return self.is_usable(refused, now) and now < self.rests_until

    def is_usable(self, refused: Secret | None, now: float) -> bool:
        """Whether its access token is alive, as far as is known here."""
        return self.tokens.access != refused and now < self.tokens.expires_at

    @property
    def rests_until(self) -> float:
        """Until when nobody need try to refresh a pair that is good."""
        return min(max(self.row.pair.refresh_at, self.row.degraded_until), self.tokens.expires_at)


class HeldGrants:
    """What is in a `GrantStore`, opened; nothing here asks a site or changes a grant."""

    def __init__(
        self,
        store: GrantStore,
        envelopes: Envelopes,
        clock: Clock,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._store = store
        self._envelopes = envelopes
        self._clock = clock
        self._token_bytes = token_bytes

    def held(self, site_id: str, user: str) -> Grant:
        """The grant; raises `GrantLost` when there is none. One whose data key was erased is none, and is purged."""
        row = self._store.get(site_id, user)
        if row is None:
            raise GrantLost
        grant = self.opened(row)
        if grant is None:
            self._store.purge(site_id, user, row.pair.generation, reason=ERASED, now=self._clock.now())
            raise GrantLost
        return grant

    def opened(self, row: GrantRow) -> Grant | None:
        """The grant of this row; None when its data key was erased. Raises `KeyUnusable`."""
        try:
            return Grant(row, self._envelopes.opened_tokens(row.site_id, row.user, row.pair.sealed_tokens))
        except KeyErased:
            return None

    def readable(self, site_id: str, user: str) -> Grant | None:
        """The grant, or None when there is none that opens."""
        row = self._store.get(site_id, user)
        try:
            return self.opened(row) if row else None
        except KeyUnusable:
            return None

    def pair(self, site_id: str, user: str, tokens: TokenSet) -> Pair:
        """The tokens sealed, under a name of their own; to be refreshed at 80 % of their life."""
        return Pair(
            generation=self._token_bytes(_GENERATION_BYTES).hex(),
            sealed_tokens=self._envelopes.tokens(site_id, user, tokens),
            refresh_at=_refresh_at(tokens, now=self._clock.now()),
            expires_at=tokens.expires_at,
        )

    def superseded(self, before: Grant | None, tokens: TokenSet) -> bytes | None:
        """The old access token, sealed, where it can be revoked.

        With it dies the refresh token it came with, so that must not be the one in use (quirks 1.5).
        """
        if before is None or before.tokens.refresh == tokens.refresh or before.tokens.access == tokens.access:
            return None
        return self._envelopes.retired(before.row.site_id, before.row.user, before.tokens.access)


def _refresh_at(tokens: TokenSet, *, now: float) -> float:
    """A pair that can't be refreshed is good to its end."""
    share = REFRESH_AT_SHARE_OF_LIFE if tokens.refresh else 1.0
    return now + share * (tokens.expires_at - now)
