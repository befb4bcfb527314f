"""Whose access was taken away at ERPNext, so that nobody is signed in again without asking for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, select

from erpnext_connector.clock import Clock
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import revocations
from erpnext_connector.store.upsert import upsert
from erpnext_connector.store.user_keys import UserKeys


@dataclass(frozen=True, slots=True)
class Remembered:
    """A revocation: `reason` as it was given, `at` in epoch seconds."""

    reason: str
    at: float


class Revocations:
    """Revocations by site and identity, kept until the person clicks "Sign in" on purpose.

    With `skip_authorization` a site grants a revoked app anew at the next redirect (zero-install 8), so the revocation
    has to be remembered here. The identity is stored as a digest that only the site's data key can make.
    """

    def __init__(self, database: Database, clock: Clock, keys: UserKeys) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys

    def remember(self, site_id: str, identity: str, user: str, reason: str) -> None:
        """From now on `of` tells it, for the identity and for the user name; a second time replaces the first."""
        for name in {identity, user}:
            row = {
                "site_id": site_id,
                "identity_digest": self._keys.pseudonym(site_id, name),
                "reason": reason,
                "revoked_at": self._clock.now(),
            }
            with self._database.begin() as connection:
                connection.execute(upsert(connection, revocations, row))

    def of(self, site_id: str, identity: str) -> Remembered | None:
        """The revocation of this identity (or user name), or None."""
        with self._database.read() as connection:
            row = connection.execute(select(revocations).where(self._wanted(site_id, identity))).one_or_none()
        return Remembered(row.reason, row.revoked_at) if row else None

    def clear(self, site_id: str, identity: str, user: str | None = None) -> None:
        """The person asked to sign in again."""
        for name in {identity, user or identity}:
            wanted = self._wanted(site_id, name)
            with self._database.begin() as connection:
                connection.execute(delete(revocations).where(wanted))

    def _wanted(self, site_id: str, identity: str) -> ColumnElement[bool]:
        digest = self._keys.pseudonym(site_id, identity)
        return (revocations.c.site_id == site_id) & (revocations.c.identity_digest == digest)
