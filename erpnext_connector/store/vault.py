"""The vault: users' grants, sealed, and always with an access token that is good."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.errors import KeyErased
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.erasure import Erasure
from erpnext_connector.store.grant_envelopes import Envelopes
from erpnext_connector.store.grant_state import ERASED, SIGNED_OUT, Due, GrantEnd, GrantState, Retired, due_of, kind_of
from erpnext_connector.store.grant_store import GrantRow, GrantStore
from erpnext_connector.store.grants import SqlGrants
from erpnext_connector.store.held_grants import HeldGrants
from erpnext_connector.store.receipts import Receipt
from erpnext_connector.store.renewal import LEASE_SECONDS, Renewal
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.warm import WarmTokens

# How long a process may go on with a token without looking whether it was purged or replaced.
WARM_SECONDS: Final = 2.0
# How long after it was replaced a token may still be on its way in somebody's call.
RETIRED_SECONDS: Final = 60.0


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
        on_lost: Callable[[GrantEnd], object] | None = None,
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
        self._on_lost = on_lost
        self._warm = WarmTokens(clock, warm_seconds)
        self._held = HeldGrants(self._grants, self._envelopes, clock, token_bytes)
        self._renewal = Renewal(
            self._grants,
            self._held,
            self._envelopes,
            clock,
            refresh,
            lease_seconds=lease_seconds,
            on_changed=self._warm.drop,
            on_lost=self._tell,
        )

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
            pair=self._held.pair(site_id, user, tokens),
            last_refreshed_at=now,
            checked_at=now,
        )
        retired = self._held.superseded(self._held.readable(site_id, user), tokens)
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
        grant = self._held.held(site_id, user)
        if not grant.is_fresh(refused, self._clock.now()):
            return self._renewal.renewed(grant, refused)
        self._warm.keep(site_id, user, grant.tokens.access, ticket, good_until=grant.rests_until)
        return grant.tokens.access

    def state(self, site_id: str, user: str) -> GrantState:
        """How the user's grant is; nothing is asked of the site."""
        grant = self._held.readable(site_id, user)
        if grant is None:
            ended = self._grants.ended(site_id, user)
            return GrantState("none" if ended is None else kind_of(ended.reason))
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
        """The pair as it is stored; None without a grant."""
        row = self._grants.get(site_id, user)
        grant = self._held.opened(row) if row else None
        return grant.tokens if grant else None

    def users(self, site_id: str) -> tuple[str, ...]:
        """Who has a grant on the site, in order of their names."""
        return self._grants.users(site_id)

    # --- how it ends

    def forget(self, site_id: str, user: str, *, reason: str = SIGNED_OUT, owes: bool = False) -> None:
        """Delete the user's grant and end the user's sessions.

        The browsers are told the reason; "expired" and "revoked" also make `state` say so. With `owes` the access
        token is still to be revoked at the site: `retired` tells it until that is done.
        """
        while owes and (grant := self._held.readable(site_id, user)):
            sealed, now = self._envelopes.retired(site_id, user, grant.tokens.access), self._clock.now()
            self._grants.retire(site_id, user, sealed, now=now)
            if self._purged(grant.row, grant.row.pair.generation, reason):
                return
        row = self._grants.get(site_id, user)
        if row is None or not self._purged(row, None, reason):
            self._grants.purge(site_id, user, None, reason=reason, now=self._clock.now())  # ends the sessions

    def erase(self, site_id: str, user: str, reason: str) -> Receipt:
        """Erase all that the user left: tokens, profile, sessions, pairings, the ledger's details.

        The receipt's `subject_hash` is a digest that only this deployment can make of the user's name.
        """
        row = self._grants.get(site_id, user)
        receipt = self._erasure.erase(site_id, user, reason)
        self._warm.drop(site_id, user)
        if row:
            self._tell(row, ERASED)
        return receipt

    # --- what the sentinel asks

    def held(self, site_id: str, user: str) -> Due | None:
        """The user's grant as something to look after; None without one."""
        row = self._grants.get(site_id, user)
        return due_of(row) if row else None

    def due(self, *, period_seconds: float, limit: int = 100) -> tuple[Due, ...]:
        """Grants that nobody looked after for so long; of all replicas this one has them now, for one period."""
        now = self._clock.now()
        found = self._grants.due(before=now - period_seconds, limit=limit)
        return tuple(
            due_of(row) for row in found if self._grants.check(row.site_id, row.user, seen=row.checked_at, now=now)
        )

    def idle(self, *, seconds: float, limit: int = 100) -> tuple[Due, ...]:
        """Grants that were not refreshed for so long: refresh them where the server purges idle ones."""
        return tuple(due_of(row) for row in self._grants.idle(before=self._clock.now() - seconds, limit=limit))

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

    def _purged(self, row: GrantRow, generation: str | None, reason: str) -> bool:
        purged = self._grants.purge(row.site_id, row.user, generation, reason=reason, now=self._clock.now())
        self._warm.drop(row.site_id, row.user)
        if purged:
            self._tell(row, reason)
        return purged

    def _tell(self, row: GrantRow, reason: str) -> None:
        if self._on_lost:
            self._on_lost(GrantEnd(row.site_id, row.user, row.subject or row.user, reason, self._clock.now()))
