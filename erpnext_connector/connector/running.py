"""What a started connector is made of."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.connector.reach import SiteReach
from erpnext_connector.grants.revocation import Revoker
from erpnext_connector.grants.sentinel import Sentinel
from erpnext_connector.grants.watch import Watch
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.settings import Settings
from erpnext_connector.store.database import Database
from erpnext_connector.store.grant_state import ERASED, EXPIRED, SIGNED_OUT, GrantEnd
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.pairings import Pairings
from erpnext_connector.store.pending import PendingSignIns
from erpnext_connector.store.receipts import Receipts
from erpnext_connector.store.revocations import Revocations
from erpnext_connector.store.seal import KeyRing, Ring
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.throttle import Throttle
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.grant_webhook import TOKEN

REVOKED: Final = "grant_revoked"
"""The kind of the receipts that revocations leave."""

# After these nobody has to ask for access on purpose: the person ended it, or it just ran out.
_INNOCENT: Final = frozenset({SIGNED_OUT, EXPIRED, ERASED})
_log = logging.getLogger(__name__)


class Running:
    """The parts of a started connector, wired."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        random: Callable[[int], bytes],
        *,
        ring: Ring | None,
        on_revoked: Callable[[GrantEnd], object],
    ) -> None:
        self.ring: Ring = ring or KeyRing.load(settings.key, settings.key_file)
        self.database = Database(settings.database_url)
        self.sites = Sites(self.database, self.ring)
        self.reach = SiteReach(self.sites, clock)
        self.user_keys = UserKeys(self.database, self.ring, clock, token_bytes=random)
        self.sessions = Sessions(
            self.database,
            clock,
            random,
            lifetime_seconds=settings.session_seconds,
            idle_seconds=settings.session_idle_seconds,
        )
        self.pending = PendingSignIns(self.database, self.ring, clock, random)
        self.pairings = Pairings(self.database, clock, random)
        self.throttle = Throttle(self.database, clock)
        self.receipts = Receipts(self.database, clock)
        self.revocations = Revocations(self.database, clock, self.user_keys)
        self.ledger = Ledger(self.database, clock, self.user_keys)
        self.vault = Vault(
            self.database,
            self.ring,
            clock,
            self.reach.refresh,
            token_bytes=random,
            keys=self.user_keys,
            on_lost=self._note_end,
        )
        self.revoker = Revoker(self.vault, self.reach)
        self.sentinel = Sentinel(self.vault, self.revoker, self.reach, clock, period_seconds=settings.sentinel_seconds)
        self._watch = Watch(self.sentinel, period_seconds=settings.sentinel_seconds)
        self._on_revoked = on_revoked
        self.inbox = Inbox(self.database, clock, self.reach.webhook_secrets)
        self.inbox.on(TOKEN, "on_trash")(self._look_at_once)

    def start(self) -> None:
        """Handle events and look after grants, on threads of this process, from now on."""
        self.inbox.start()
        self._watch.start()

    def close(self) -> None:
        """Let handlers finish, then close what is blocking."""
        self._watch.stop()
        self.inbox.stop()
        self.reach.close()
        self.database.close()

    async def aclose(self) -> None:
        """Close what belongs to the event loop."""
        await self.reach.aclose()

    def _note_end(self, end: GrantEnd) -> None:
        """A grant ended: leave a receipt, remember who has to ask for access on purpose, and tell the app."""
        if end.reason in _INNOCENT:
            return
        subject = self.user_keys.pseudonym(end.site_id, end.user)
        self.receipts.write(REVOKED, end.site_id, subject, {"reason": end.reason})
        self.revocations.remember(end.site_id, end.identity, end.user, end.reason)
        _log.info("A grant on the site %r has ended: %s.", end.site_id, end.reason)
        self._on_revoked(end)

    def _look_at_once(self, event: Event) -> None:
        """ERPNext deleted a token: see whether the user's grant has ended with it."""
        user = event.body.get("user")
        due = self.vault.held(event.site_id, user) if isinstance(user, str) else None
        if due:
            self.sentinel.check(due)
