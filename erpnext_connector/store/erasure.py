"""Erasing a user: with the data key goes all that it sealed."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, select

from erpnext_connector.clock import Clock
from erpnext_connector.store.database import Database
from erpnext_connector.store.ended import end_sessions_of
from erpnext_connector.store.grant_state import ERASED
from erpnext_connector.store.grant_store import GrantStore
from erpnext_connector.store.receipts import Receipt, Receipts
from erpnext_connector.store.tables import ended_grants, ledger, pairings, user_keys
from erpnext_connector.store.user_keys import UserKeys


class Erasure:
    """Leaves nothing of a user but pseudonyms, and a receipt."""

    def __init__(self, database: Database, clock: Clock, keys: UserKeys, grants: GrantStore) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys
        self._grants = grants
        self._receipts = Receipts(database, clock)

    def erase(self, site_id: str, user: str, reason: str) -> Receipt:
        """Erase tokens, profile, sessions, pairings and the ledger's details, in this order; the receipt comes last.

        When it breaks off in the middle, do it again. Copies made before, such as backups, hold sealed rows alone: they
        open no more once the backup of the data key's row is gone, too.
        """
        subject = self._keys.pseudonym(site_id, user)
        rows = self._grants.erase(site_id, user)
        with self._database.begin() as connection:
            counted = {"grant_rows": rows, **self._erased(connection, site_id, user)}
            receipt = self._receipts.write_within(connection, ERASED, site_id, subject, {"reason": reason, **counted})
        self._keys.forget(site_id, user)
        self._database.scrub()
        return receipt

    def _erased(self, connection: Connection, site_id: str, user: str) -> dict[str, int]:
        """How many of each; the ledger's rows stay, and nobody can tell whose they were."""
        key_id = select(user_keys.c.key_id).where(user_keys.c.site_id == site_id, user_keys.c.user_id == user)
        told = select(func.count()).select_from(ledger).where(ledger.c.user_id == key_id.scalar_subquery())
        entries = connection.execute(told).scalar_one()
        shown = delete(pairings).where(pairings.c.site_id == site_id, pairings.c.user_id == user)
        remembered = delete(ended_grants).where(ended_grants.c.site_id == site_id, ended_grants.c.user_id == user)
        connection.execute(remembered)
        return {
            "pairings": connection.execute(shown).rowcount,
            "sessions": end_sessions_of(connection, site_id, user, reason=ERASED, now=self._clock.now()),
            "ledger_entries": entries,
            "data_keys": int(self._keys.erase(connection, site_id, user)),
        }
