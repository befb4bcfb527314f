"""The vault: users' grants, sealed, and always with an access token that is good."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final
from weakref import WeakValueDictionary

from erpnext_connector.clock import Clock
from erpnext_connector.errors import GrantLost, OutcomeUnknown, Retryable
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.grants import Grant, Grants
from erpnext_connector.store.seal import KeyRing

# Longer than a refresh can take, so that a living refresher is never overtaken; a killed one costs this wait.
LEASE_SECONDS: Final = 60.0
_RETRY_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05


class Vault:
    """Grants by site and user; safe to share between threads, and between processes on one database."""

    def __init__(
        self,
        database: Database,
        keyring: KeyRing,
        clock: Clock,
        refresh: Callable[[str, TokenSet], TokenSet],
        *,
        lease_seconds: float = LEASE_SECONDS,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`refresh(site_id, tokens)` asks the site for a new pair; it raises `GrantLost` when there is none to be had
        and `Retryable` or `OutcomeUnknown` when nobody can tell."""
        self._grants = Grants(database, keyring, token_bytes)
        self._clock = clock
        self._refresh = refresh
        self._lease_seconds = lease_seconds
        self._lines: WeakValueDictionary[tuple[str, str], _Line] = WeakValueDictionary()
        self._locks_guard = threading.Lock()

    def keep(self, site_id: str, profile: Profile, tokens: TokenSet) -> None:
        """Store the grant of a person who just signed in; it replaces an older one.

        When the user name belonged to another person before, that person's sessions end.
        """
        self._grants.put(site_id, profile, tokens, now=self._clock.now())

    def fresh(self, site_id: str, user: str, refused: Secret | None = None) -> Secret:
        """An access token that is good, durable before you see it.

        It is refreshed at 80 % of its life, or at once when `refused` (the token the site just answered 401 to) is
        the one at hand; of all callers in all processes one refreshes while the others go on with the old token, or
        wait if that is dead. A site that can't answer costs nothing while the old token lives, else its `Retryable`
        is raised. Raises `GrantLost` when there is no grant (any more): its tokens and the user's sessions are gone
        then.
        """
        grant = self._held(site_id, user)
        if self._is_fresh(grant, refused):
            return grant.tokens.access
        with self._turn(site_id, user, wait=not self._is_usable(grant, refused)) as turn:
            return turn.take(lambda: self._renewed(site_id, user, refused)) if turn else grant.tokens.access

    def profile(self, site_id: str, user: str) -> Profile | None:
        """Who the user is, as ERPNext said at the last sign-in; None without a grant."""
        return self._grants.profile(site_id, user)

    def tokens(self, site_id: str, user: str) -> TokenSet | None:
        """The pair as it is stored, to revoke it; None without a grant."""
        grant = self._grants.get(site_id, user)
        return grant.tokens if grant else None

    def forget(self, site_id: str, user: str) -> None:
        """Delete the user's grant and end the user's sessions; what ERPNext knows of it stays."""
        self._grants.remove(site_id, user)

    def users(self, site_id: str) -> tuple[str, ...]:
        """Who has a grant on the site, in order of their names."""
        return self._grants.users(site_id)

    def _renewed(self, site_id: str, user: str, refused: Secret | None) -> Secret:
        """With the turn of this process: refresh, unless somebody else did, or does it right now."""
        while True:
            grant = self._held(site_id, user)
            if self._is_fresh(grant, refused):
                return grant.tokens.access
            now = self._clock.now()
            until = now + self._lease_seconds
            if self._grants.claim(grant, now=now, until=until):
                return self._refreshed(grant, refused, until)
            if self._is_usable(grant, refused):
                return grant.tokens.access
            self._clock.sleep(_POLL_SECONDS)

    def _refreshed(self, grant: Grant, refused: Secret | None, until: float) -> Secret:
        try:
            tokens = self._asked(grant)
        except GrantLost:
            return self._lost(grant)
        except (Retryable, OutcomeUnknown):
            self._grants.release(grant, until=until, refresh_at=self._clock.now() + _RETRY_SECONDS)
            if self._is_usable(grant, refused):
                return grant.tokens.access
            raise
        except BaseException:
            self._grants.release(grant, until=until, refresh_at=grant.refresh_at)
            raise
        if self._grants.replace(grant, tokens, now=self._clock.now()):
            return tokens.access
        return self._held(grant.site_id, grant.user).tokens.access

    def _asked(self, grant: Grant) -> TokenSet:
        """The new pair; a site that sends no new refresh token means the old one (RFC 6749, 6)."""
        if grant.tokens.refresh is None:
            raise GrantLost
        tokens = self._refresh(grant.site_id, grant.tokens)
        return tokens if tokens.refresh else dataclasses.replace(tokens, refresh=grant.tokens.refresh)

    def _lost(self, grant: Grant) -> Secret:
        """Purge what the site refused, unless a newer grant has taken its place."""
        if self._grants.purge(grant):
            raise GrantLost
        return self._held(grant.site_id, grant.user).tokens.access

    def _held(self, site_id: str, user: str) -> Grant:
        grant = self._grants.get(site_id, user)
        if grant is None:
            raise GrantLost
        return grant

    def _is_fresh(self, grant: Grant, refused: Secret | None) -> bool:
        return self._is_usable(grant, refused) and self._clock.now() < grant.refresh_at

    def _is_usable(self, grant: Grant, refused: Secret | None) -> bool:
        return grant.tokens.access != refused and self._clock.now() < grant.tokens.expires_at

    @contextmanager
    def _turn(self, site_id: str, user: str, *, wait: bool) -> Iterator[_Turn | None]:
        """This thread's turn to refresh; None, without `wait`, when it is another's."""
        with self._locks_guard:
            line = self._lines.setdefault((site_id, user), _Line())
        turn = _Turn(line, seen=line.failures)
        if not line.lock.acquire(blocking=wait):
            yield None
            return
        try:
            yield turn
        finally:
            line.lock.release()


class _Line:
    """Threads waiting to refresh one grant; forgotten when nobody does."""

    __slots__ = ("__weakref__", "failure", "failures", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.failure: Retryable | OutcomeUnknown | None = None
        self.failures = 0


class _Turn:
    """One thread's place in the line."""

    __slots__ = ("_line", "_seen")

    def __init__(self, line: _Line, *, seen: int) -> None:
        self._line = line
        self._seen = seen

    def take(self, act: Callable[[], Secret]) -> Secret:
        """Do it, unless it failed for somebody else while this thread waited: a site that is down is asked once."""
        if self._line.failure and self._line.failures != self._seen:
            raise self._line.failure
        try:
            return act()
        except (Retryable, OutcomeUnknown) as failure:
            self._line.failure = failure
            self._line.failures += 1
            raise
