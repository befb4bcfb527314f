"""The vault: users' grants, sealed, and always with an access token that is good."""

from __future__ import annotations

import dataclasses
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal
from weakref import WeakValueDictionary

from erpnext_connector.clock import Clock
from erpnext_connector.errors import ConnectorError, GrantLost, KeyErased, KeyUnusable, Retryable, SiteUnavailable
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.erasure import Erasure
from erpnext_connector.store.grant_envelopes import Envelopes
from erpnext_connector.store.grant_store import GrantRow, GrantStore, Pair
from erpnext_connector.store.grants import SqlGrants
from erpnext_connector.store.receipts import Receipt
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.warm import WarmTokens

REFRESH_AT_SHARE_OF_LIFE: Final = 0.8
# Longer than a refresh can take, so that a living refresher is never overtaken; a killed one costs this wait.
LEASE_SECONDS: Final = 60.0
# How long a process may go on with a token without looking whether it was purged or replaced.
WARM_SECONDS: Final = 2.0
# How long after it was replaced a token may still be on its way in somebody's call.
RETIRED_SECONDS: Final = 60.0
_LONGEST_BACKOFF_SECONDS: Final = 300.0
_LONGEST_RETRY_AFTER_SECONDS: Final = 3600.0
_POLL_SECONDS: Final = 0.05
_GENERATION_BYTES: Final = 8

Kind = Literal["healthy", "degraded", "expired", "revoked", "none"]


@dataclass(frozen=True, slots=True)
class GrantState:
    """How a grant is.

    "healthy"; "degraded": the site can't renew it now, which is tried again at `retry_at` (epoch seconds); "expired"
    and "revoked": the user has to sign in again; "none": there never was one, or the user ended it.
    """

    kind: Kind
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """A grant that has just ended: `identity` as in `Profile.identity`, `reason` "expired", "revoked" or as given."""

    site_id: str
    user: str
    identity: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Due:
    """A grant whose turn it is to be looked after; `checked_at` is when it was before."""

    site_id: str
    user: str
    identity: str
    checked_at: float
    last_refreshed_at: float
    password_mark: str | None


@dataclass(frozen=True, slots=True)
class Retired:
    """An access token that was replaced, to be revoked at the site."""

    id: int
    site_id: str
    user: str
    access: Secret
    retired_at: float


@dataclass(frozen=True, slots=True)
class _Grant:
    """A grant as it was read, opened."""

    row: GrantRow
    tokens: TokenSet

    @property
    def key(self) -> tuple[str, str, str]:
        return self.row.site_id, self.row.user, self.row.pair.generation


class Vault:
    """Grants by site and user; safe to share between threads, and between processes on one database.

    What a crash leaves behind: before the request, and after the new pair was stored, a usable pair. Between the
    site's answer and our commit the new pair is lost; the old one goes on where the site leaves it alive (Frappe 14
    to 16, quirks 1.2). Where the site ends the old pair at a refresh (the 2026 line) nothing can help: the next
    refresh ends in `GrantLost`, once, and the user signs in again.

    Replicas compare their own clocks with what others stored: let NTP keep them within a few seconds of each other.
    """

    def __init__(
        self,
        database: Database,
        ring: Ring,
        clock: Clock,
        refresh: Callable[[str, TokenSet], TokenSet],
        *,
        lease_seconds: float = LEASE_SECONDS,
        warm_seconds: float = WARM_SECONDS,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        keys: UserKeys | None = None,
        grants: GrantStore | None = None,
        on_lost: Callable[[Lost], object] | None = None,
    ) -> None:
        """`refresh(site_id, tokens)` asks the site for a new pair; it raises `GrantLost` when there is none to be had,
        and another `ConnectorError` when nobody can tell.

        `keys` are shared with the ledger where there is one; `grants` is the app's own store; `on_lost` hears of each
        grant that ended, once, after the fact, on the thread that noticed.
        """
        keys = keys or UserKeys(database, ring, clock, token_bytes=token_bytes)
        self._grants: GrantStore = grants or SqlGrants(database)
        self._envelopes = Envelopes(keys)
        self._erasure = Erasure(database, clock, keys, self._grants)
        self._clock = clock
        self._refresh = refresh
        self._lease_seconds = lease_seconds
        self._token_bytes = token_bytes
        self._on_lost = on_lost
        self._warm = WarmTokens(clock, warm_seconds)
        self._lines: WeakValueDictionary[tuple[str, str], _Line] = WeakValueDictionary()
        self._lines_guard = threading.Lock()

    # --- what an app does with it

    def keep(self, site_id: str, profile: Profile, tokens: TokenSet) -> None:
        """Store the grant of a person who just signed in; it replaces an older one, which is retired.

        When the user name belonged to another person before, that person's sessions end.
        """
        user, now = profile.user, self._clock.now()
        row = GrantRow(
            site_id=site_id,
            user=user,
            subject=profile.sub,
            sealed_profile=self._envelopes.profile(site_id, profile),
            pair=self._pair(site_id, user, tokens, now=now),
            last_refreshed_at=now,
            checked_at=now,
        )
        retired = self._superseded(self._readable(site_id, user), tokens)
        self._grants.put(row, retired=retired, now=now)
        self._warm.drop(site_id, user)

    def fresh(self, site_id: str, user: str, refused: Secret | None = None) -> Secret:
        """An access token that is good, durable before you see it.

        It is refreshed at 80 % of its life, or at once when `refused` (the token the site just answered 401 to) is
        the one at hand; of all callers in all processes one refreshes while the others go on with the old token, or
        wait if that is dead. A site that can't answer costs nothing while the old token lives, else its `Retryable`
        is raised, with `retry_after_seconds`: until then nobody asks again, in any process. Raises `GrantLost` when
        there is no grant (any more): its tokens and the user's sessions are gone then.

        A token is taken from memory for two seconds; so long may another process go on with what was purged here.
        """
        if refused is not None:
            self._warm.drop(site_id, user)
        elif warm := self._warm.get(site_id, user):
            return warm
        ticket = self._warm.ticket()
        grant = self._held(site_id, user)
        if self._is_fresh(grant, refused):
            self._warm.keep(site_id, user, grant.tokens.access, ticket, good_until=self._rests_until(grant))
            return grant.tokens.access
        with self._turn(site_id, user, wait=not self._is_usable(grant, refused)) as mine:
            return self._renewed(site_id, user, refused) if mine else grant.tokens.access

    def state(self, site_id: str, user: str) -> GrantState:
        """How the user's grant is; nothing is asked of the site."""
        grant = self._readable(site_id, user)
        if grant is None:
            ended = self._grants.ended(site_id, user)
            return GrantState("none" if ended is None else _kind(ended.reason))
        if grant.row.failures:
            return GrantState("degraded", grant.row.degraded_until)
        if grant.tokens.refresh is None and self._clock.now() >= grant.tokens.expires_at:
            return GrantState("expired")
        return GrantState("healthy")

    def profile(self, site_id: str, user: str) -> Profile | None:
        """Who the user is, as ERPNext said at the last sign-in; None without a grant."""
        row = self._grants.get(site_id, user)
        if row is None:
            return None
        try:
            return self._envelopes.opened_profile(site_id, user, row.sealed_profile)
        except KeyErased:
            return None

    def tokens(self, site_id: str, user: str) -> TokenSet | None:
        """The pair as it is stored, to revoke it; None without a grant."""
        row = self._grants.get(site_id, user)
        grant = self._opened(row) if row else None
        return grant.tokens if grant else None

    def users(self, site_id: str) -> tuple[str, ...]:
        """Who has a grant on the site, in order of their names."""
        return self._grants.users(site_id)

    # --- how it ends

    def forget(self, site_id: str, user: str, *, reason: str = "signed_out") -> None:
        """Delete the user's grant and end the user's sessions; what ERPNext knows of it stays.

        The browsers are told the reason; "expired" and "revoked" also make `state` say so.
        """
        row = self._grants.get(site_id, user)
        purged = self._grants.purge(site_id, user, None, reason=reason, now=self._clock.now())
        self._warm.drop(site_id, user)
        if purged and row:
            self._tell(row, reason)

    def erase(self, site_id: str, user: str, reason: str) -> Receipt:
        """Erase all that the user left: tokens, profile, sessions, pairings, the ledger's details.

        The receipt's `subject_hash` is a digest that only this deployment can make of the user's name.
        """
        row = self._grants.get(site_id, user)
        receipt = self._erasure.erase(site_id, user, reason)
        self._warm.drop(site_id, user)
        if row:
            self._tell(row, reason)
        return receipt

    # --- what the sentinel asks

    def due(self, *, period_seconds: float, limit: int = 100) -> tuple[Due, ...]:
        """Grants that nobody looked after for so long; of all replicas this one has them now, for one period."""
        now = self._clock.now()
        found = self._grants.due(before=now - period_seconds, limit=limit)
        return tuple(
            _due(row) for row in found if self._grants.check(row.site_id, row.user, seen=row.checked_at, now=now)
        )

    def idle(self, *, seconds: float, limit: int = 100) -> tuple[Due, ...]:
        """Grants that were not refreshed for so long: `fresh` keeps them alive on servers that purge idle ones."""
        return tuple(_due(row) for row in self._grants.idle(before=self._clock.now() - seconds, limit=limit))

    def mark_password(self, site_id: str, user: str, mark: str | None) -> None:
        """Note what the site says of the last password reset; `Due.password_mark` tells it next time."""
        self._grants.mark(site_id, user, mark)

    def retired(self, *, older_than_seconds: float = RETIRED_SECONDS, limit: int = 100) -> tuple[Retired, ...]:
        """Access tokens that were replaced so long ago and are still to be revoked at the site, oldest first.

        Several processes may get the same one: revoking twice does no harm. Call `revoked` afterwards.
        """
        rows = self._grants.retired(before=self._clock.now() - older_than_seconds, limit=limit)
        found = []
        for row in rows:
            try:
                access = self._envelopes.opened_retired(row.site_id, row.user, row.sealed_token)
            except KeyErased:
                self._grants.drop_retired(row.id)
                continue
            found.append(Retired(row.id, row.site_id, row.user, access, row.retired_at))
        return tuple(found)

    def revoked(self, retired: Retired) -> None:
        """The token was revoked at the site; it is not told again."""
        self._grants.drop_retired(retired.id)

    # --- refreshing

    def _renewed(self, site_id: str, user: str, refused: Secret | None) -> Secret:
        """With the turn of this process: refresh, unless somebody else did, or does it right now."""
        while True:
            grant = self._held(site_id, user)
            if self._is_fresh(grant, refused):
                return grant.tokens.access
            now = self._clock.now()
            if now < grant.row.degraded_until:
                raise _later(grant.row.degraded_until - now)
            until = now + self._lease_seconds
            if self._grants.claim(*grant.key, now=now, until=until):
                return self._refreshed(grant, refused, until)
            if self._is_usable(grant, refused):
                return grant.tokens.access
            self._clock.sleep(_POLL_SECONDS)

    def _refreshed(self, grant: _Grant, refused: Secret | None, until: float) -> Secret:
        try:
            tokens = self._asked(grant)
        except GrantLost:
            return self._lost(grant)
        except ConnectorError as error:
            self._degrade(grant, until, error)
            if self._is_usable(grant, refused):
                return grant.tokens.access
            raise
        except BaseException:
            self._grants.release(*grant.key, until=until)
            raise
        return self._stored(grant, tokens)

    def _asked(self, grant: _Grant) -> TokenSet:
        """The new pair; a site that sends no new refresh token means the old one (RFC 6749, 6)."""
        if grant.tokens.refresh is None:
            raise GrantLost
        tokens = self._refresh(grant.row.site_id, grant.tokens)
        return tokens if tokens.refresh else dataclasses.replace(tokens, refresh=grant.tokens.refresh)

    def _stored(self, grant: _Grant, tokens: TokenSet) -> Secret:
        """Make the new pair durable; where a newer one is there already, or none any more, that counts."""
        site_id, user, now = grant.row.site_id, grant.row.user, self._clock.now()
        pair = self._pair(site_id, user, tokens, now=now)
        retired = self._superseded(grant, tokens)
        replaced = self._grants.replace(*grant.key, pair, retired=retired, now=now)
        self._warm.drop(site_id, user)
        return tokens.access if replaced else self._held(site_id, user).tokens.access

    def _degrade(self, grant: _Grant, until: float, error: ConnectorError) -> None:
        """Keep the tokens; nobody asks again for 1, 2, 4 ... 300 seconds, or as long as the site said."""
        failures = grant.row.failures + 1
        wait = min(2.0 ** min(failures - 1, 20), _LONGEST_BACKOFF_SECONDS)
        if isinstance(error, Retryable) and error.retry_after_seconds:
            wait = max(wait, min(error.retry_after_seconds, _LONGEST_RETRY_AFTER_SECONDS))
        degraded_until = self._clock.now() + wait
        self._grants.fail(*grant.key, until=until, failures=failures, degraded_until=degraded_until)

    def _lost(self, grant: _Grant) -> Secret:
        """Purge what the site refused, unless a newer grant has taken its place."""
        site_id, user = grant.row.site_id, grant.row.user
        reason = "revoked" if grant.tokens.refresh else "expired"
        purged = self._grants.purge(*grant.key, reason=reason, now=self._clock.now())
        self._warm.drop(site_id, user)
        if purged:
            self._tell(grant.row, reason)
            raise GrantLost
        return self._held(site_id, user).tokens.access

    def _tell(self, row: GrantRow, reason: str) -> None:
        if self._on_lost:
            self._on_lost(Lost(row.site_id, row.user, row.subject or row.user, reason, self._clock.now()))

    # --- what is stored

    def _held(self, site_id: str, user: str) -> _Grant:
        """The grant; one whose data key was erased is none."""
        row = self._grants.get(site_id, user)
        if row is None:
            raise GrantLost
        grant = self._opened(row)
        if grant is None:
            self._grants.purge(site_id, user, row.pair.generation, reason="erased", now=self._clock.now())
            raise GrantLost
        return grant

    def _opened(self, row: GrantRow) -> _Grant | None:
        try:
            return _Grant(row, self._envelopes.opened_tokens(row.site_id, row.user, row.pair.sealed_tokens))
        except KeyErased:
            return None

    def _readable(self, site_id: str, user: str) -> _Grant | None:
        """The grant, or None when there is none that opens."""
        row = self._grants.get(site_id, user)
        try:
            return self._opened(row) if row else None
        except KeyUnusable:
            return None

    def _pair(self, site_id: str, user: str, tokens: TokenSet, *, now: float) -> Pair:
        return Pair(
            generation=self._token_bytes(_GENERATION_BYTES).hex(),
            sealed_tokens=self._envelopes.tokens(site_id, user, tokens),
            refresh_at=_refresh_at(tokens, now=now),
            expires_at=tokens.expires_at,
        )

    def _superseded(self, before: _Grant | None, tokens: TokenSet) -> bytes | None:
        """The old access token, sealed, where it can be revoked.

        With it dies the refresh token it came with, so that must not be the one in use (quirks 1.5).
        """
        if before is None or before.tokens.refresh == tokens.refresh or before.tokens.access == tokens.access:
            return None
        return self._envelopes.retired(before.row.site_id, before.row.user, before.tokens.access)

    def _is_fresh(self, grant: _Grant, refused: Secret | None) -> bool:
        return self._is_usable(grant, refused) and self._clock.now() < self._rests_until(grant)

    def _is_usable(self, grant: _Grant, refused: Secret | None) -> bool:
        return grant.tokens.access != refused and self._clock.now() < grant.tokens.expires_at

    def _rests_until(self, grant: _Grant) -> float:
        """Until when nobody need try to refresh a pair that is good."""
        return min(max(grant.row.pair.refresh_at, grant.row.degraded_until), grant.tokens.expires_at)

    @contextmanager
    def _turn(self, site_id: str, user: str, *, wait: bool) -> Iterator[bool]:
        """This thread's turn to refresh; False, without `wait`, when it is another's."""
        with self._lines_guard:
            line = self._lines.setdefault((site_id, user), _Line())
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


def _kind(reason: str) -> Kind:
    """What a reason to end a grant means to its user."""
    if reason in {"signed_out", "erased"}:
        return "none"
    return "expired" if reason == "expired" else "revoked"


def _refresh_at(tokens: TokenSet, *, now: float) -> float:
    """A pair that can't be refreshed is good to its end."""
    share = REFRESH_AT_SHARE_OF_LIFE if tokens.refresh else 1.0
    return now + share * (tokens.expires_at - now)


def _due(row: GrantRow) -> Due:
    identity = row.subject or row.user
    return Due(row.site_id, row.user, identity, row.checked_at, row.last_refreshed_at, row.password_mark)
