"""The port behind which grants are kept: what the vault needs of rows, values only.

`SqlGrants` is the one that comes along. An app may bring its own; `erpnext_connector.testing.grant_store` holds the
suite that it has to pass. Everything sealed arrives sealed: a store never sees a token.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Pair:
    """A sealed pair of tokens; `generation` names it and never comes twice. Times in epoch seconds."""

    generation: str
    sealed_tokens: bytes
    refresh_at: float
    expires_at: float


@dataclass(frozen=True, slots=True)
class GrantRow:
    """A grant as it is stored.

    While `refreshing_until` lies ahead, somebody refreshes. After `failures` attempts in a row that the site could not
    answer nobody tries again before `degraded_until`.
    """

    site_id: str
    user: str
    subject: str | None
    sealed_profile: bytes
    pair: Pair
    refreshing_until: float = 0.0
    degraded_until: float = 0.0
    failures: int = 0
    last_refreshed_at: float = 0.0
    checked_at: float = 0.0
    password_mark: str | None = None


@dataclass(frozen=True, slots=True)
class RetiredRow:
    """An access token, sealed, that was replaced and is still to be revoked at the site."""

    id: int
    site_id: str
    user: str
    sealed_token: bytes
    retired_at: float


@dataclass(frozen=True, slots=True)
class EndedRow:
    """Why a grant is no longer there, and since when."""

    reason: str
    ended_at: float


class GrantStore(Protocol):
    """Grants by site and user. Each method is one transaction, durable when it returns; raise `StoreUnavailable` when
    it can't be done now.

    Methods that take a `generation` change the row only while it holds that pair, and answer whether they did.
    """

    def get(self, site_id: str, user: str) -> GrantRow | None:
        """The grant as it is now, never an older one."""
        ...

    def users(self, site_id: str) -> tuple[str, ...]:
        """Who has a grant on the site, in order of their names."""
        ...

    def put(self, row: GrantRow, *, retired: bytes | None, now: float) -> None:
        """Store a grant whatever was there before, add the sealed token to the retired ones, and forget that the grant
        had ended. When another subject was there, that person's sessions end."""
        ...

    def claim(self, site_id: str, user: str, generation: str, *, now: float, until: float) -> bool:
        """Take the right to refresh until then, unless `refreshing_until` lies ahead; of all who try one gets it."""
        ...

    def release(self, site_id: str, user: str, generation: str, *, until: float) -> bool:
        """Give the right back that was taken until then, and change nothing else."""
        ...

    def fail(
        self, site_id: str, user: str, generation: str, *, until: float, failures: int, degraded_until: float
    ) -> bool:
        """Give the right back that was taken until then, and note how often it failed."""
        ...

    def replace(
        self, site_id: str, user: str, generation: str, pair: Pair, *, retired: bytes | None, now: float
    ) -> bool:
        """Store the next pair, add the sealed token to the retired ones, note that nobody refreshes and all is well."""
        ...

    def purge(self, site_id: str, user: str, generation: str | None, *, reason: str, now: float) -> bool:
        """Delete the grant, of any generation where that is None, end the user's sessions, remember the reason.

        Without a grant of this generation nothing happens, except that None ends the sessions all the same.
        """
        ...

    def retire(self, site_id: str, user: str, sealed: bytes, *, now: float) -> None:
        """Add the sealed token to the retired ones."""
        ...

    def erase(self, site_id: str, user: str) -> int:
        """Delete the grant, its retired tokens, and why it ended; how many rows that were."""
        ...

    def ended(self, site_id: str, user: str) -> EndedRow | None:
        """Why the grant was purged, until the next `put`."""
        ...

    def due(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        """Grants whose `checked_at` is not later than `before`, longest unchecked first."""
        ...

    def check(self, site_id: str, user: str, *, seen: float, now: float) -> bool:
        """Set `checked_at` to now if it still is what was seen; of all who try one succeeds."""
        ...

    def mark(self, site_id: str, user: str, password_mark: str | None) -> None:
        """Note what the site said of the last password reset."""
        ...

    def idle(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        """Grants whose `last_refreshed_at` is not later than `before`, longest idle first."""
        ...

    def retired(self, *, before: float, limit: int) -> tuple[RetiredRow, ...]:
        """Tokens retired not later than `before`, oldest first."""
        ...

    def drop_retired(self, retired_id: int) -> None:
        """The token was revoked at the site, or can't be."""
        ...
