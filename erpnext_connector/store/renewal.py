"""Refreshing a grant: once, whoever else wants it, and durably before anybody sees the new pair."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakValueDictionary

from erpnext_connector.clock import Clock
from erpnext_connector.errors import ConnectorError, GrantLost, Retryable, SiteUnavailable
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.grant_envelopes import Envelopes
from erpnext_connector.store.grant_state import EXPIRED, REVOKED
from erpnext_connector.store.grant_store import GrantRow, GrantStore
from erpnext_connector.store.held_grants import Grant, HeldGrants

# Longer than a refresh can take, so that a living refresher is never overtaken; a killed one costs this wait.
LEASE_SECONDS: Final = 60.0
_LONGEST_BACKOFF_SECONDS: Final = 300.0
_LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0
_POLL_SECONDS: Final = 0.05


class Renewal:
    """Of all threads, processes and replicas that want a new pair one asks the site for it, by a lease in its row."""

    def __init__(
        self,
        store: GrantStore,
        held: HeldGrants,
        envelopes: Envelopes,
        clock: Clock,
        refresh: Callable[[str, TokenSet], TokenSet],
        *,
        lease_seconds: float,
        on_changed: Callable[[str, str], object],
        on_lost: Callable[[GrantRow, str], object],
    ) -> None:
        """`on_changed(site_id, user)` is called when another pair counts from now on, or none; `on_lost(row, reason)`
        when the site gave the grant up and it was purged.
        """
        self._store = store
        self._held = held
        self._envelopes = envelopes
        self._clock = clock
        self._refresh = refresh
        self._lease_seconds = lease_seconds
        self._on_changed = on_changed
        self._on_lost = on_lost
        self._lines: WeakValueDictionary[tuple[str, str], _Line] = WeakValueDictionary()
        self._guard = threading.Lock()

    def renewed(self, grant: Grant, refused: Secret | None) -> Secret:
        """A good access token: the old one serves while another refreshes. Raises as `Vault.fresh` does."""
        is_usable = grant.is_usable(refused, self._clock.now())
        with self._turn(grant, wait=not is_usable) as mine:
            return self._in_turn(grant, refused) if mine else grant.tokens.access

    def _in_turn(self, grant: Grant, refused: Secret | None) -> Secret:
        """With the turn of this process: refresh, unless somebody else did, or does it right now."""
        while True:
            grant = self._held.held(grant.row.site_id, grant.row.user)
            now = self._clock.now()
            if grant.is_fresh(refused, now):
                return grant.tokens.access
            if now < grant.row.degraded_until:
                raise _later(grant.row.degraded_until - now)
            until = now + self._lease_seconds
            if self._store.claim(*grant.key, now=now, until=until):
                return self._refreshed(grant, refused, until)
            if grant.is_usable(refused, now):
                return grant.tokens.access
            self._clock.sleep(_POLL_SECONDS)

    def _refreshed(self, grant: Grant, refused: Secret | None, until: float) -> Secret:
        try:
            tokens = self._asked(grant)
        except GrantLost:
            return self._lost(grant)
        except ConnectorError as error:
            self._degrade(grant, until, error)
            if grant.is_usable(refused, self._clock.now()):
                return grant.tokens.access
            raise
        except BaseException:
            self._store.release(*grant.key, until=until)
            raise
        return self._stored(grant, tokens)

    def _asked(self, grant: Grant) -> TokenSet:
        """The new pair; a site that sends no new refresh token means the old one (RFC 6749, 6)."""
        if grant.tokens.refresh is None:
            raise GrantLost
        tokens = self._refresh(grant.row.site_id, grant.tokens)
        return tokens if tokens.refresh else dataclasses.replace(tokens, refresh=grant.tokens.refresh)

    def _stored(self, grant: Grant, tokens: TokenSet) -> Secret:
        """Make the new pair durable; where a newer one is there already, or none any more, that counts."""
        site_id, user = grant.row.site_id, grant.row.user
        pair, retired = self._held.pair(site_id, user, tokens), self._held.superseded(grant, tokens)
        replaced = self._store.replace(*grant.key, pair, retired=retired, now=self._clock.now())
        self._on_changed(site_id, user)
        if replaced:
            return tokens.access
        self._retire_unwanted(site_id, user, tokens)
        return self._held.held(site_id, user).tokens.access

    def _retire_unwanted(self, site_id: str, user: str, tokens: TokenSet) -> None:
        """Nobody will use this pair, so it is to be revoked; of a user who was erased nothing is kept even for that."""
        if self._store.get(site_id, user) or self._store.ended(site_id, user):
            sealed = self._envelopes.retired(site_id, user, tokens.access)
            self._store.retire(site_id, user, sealed, now=self._clock.now())

    def _degrade(self, grant: Grant, until: float, error: ConnectorError) -> None:
        """Keep the tokens; nobody asks again for 1, 2, 4 ... 300 seconds, or as long as the site said."""
        failures = grant.row.failures + 1
        wait = min(2.0 ** min(failures - 1, 20), _LONGEST_BACKOFF_SECONDS)
        if isinstance(error, Retryable) and error.retry_after_seconds:
            wait = max(wait, min(error.retry_after_seconds, _LONGEST_RETRY_AFTER_SECONDS))
        degraded_until = self._clock.now() + wait
        self._store.fail(*grant.key, until=until, failures=failures, degraded_until=degraded_until)

    def _lost(self, grant: Grant) -> Secret:
        """Purge what the site refused, unless a newer grant has taken its place."""
        site_id, user = grant.row.site_id, grant.row.user
        reason = REVOKED if grant.tokens.refresh else EXPIRED
        purged = self._store.purge(*grant.key, reason=reason, now=self._clock.now())
        self._on_changed(site_id, user)
        if purged:
            self._on_lost(grant.row, reason)
            raise GrantLost
        return self._held.held(site_id, user).tokens.access

    @contextmanager
    def _turn(self, grant: Grant, *, wait: bool) -> Iterator[bool]:
        """This thread's turn to refresh; False, without `wait`, when it is another's."""
        with self._guard:
            line = self._lines.setdefault((grant.row.site_id, grant.row.user), _Line())
        mine = line.lock.acquire(blocking=wait)
        try:
            yield mine
        finally:
            if mine:
                line.lock.release()


class _Line:
    """Threads waiting to refresh one grant; forgotten when nobody does."""

    __slots__ = ("__weakref__", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()


def _later(seconds: float) -> SiteUnavailable:
    return SiteUnavailable(
        f"ERPNext can't renew the sign-in right now; it is tried again in {max(1, round(seconds))} s.",
        retry_after_seconds=seconds,
    )
