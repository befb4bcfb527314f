"""What this app did at its sites, on whose behalf: an append-only record."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import insert, select

from erpnext_connector.clock import Clock
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import ledger


@dataclass(frozen=True, slots=True)
class Entry:
    """One upstream call: `at` in epoch seconds, `outcome` "ok" or an error's code."""

    at: float
    site_id: str
    user: str
    verb: str
    doctype: str | None
    name: str | None
    outcome: str
    duration_ms: float


class Ledger:
    """The record of upstream calls; nothing in it is ever changed."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def record(
        self,
        site_id: str,
        user: str,
        verb: str,
        doctype: str | None = None,
        name: str | None = None,
        *,
        outcome: str,
        duration_ms: float,
    ) -> None:
        """Append one call, durably."""
        row = {
            "at": self._clock.now(),
            "site_id": site_id,
            "user_id": user,
            "verb": verb,
            "doctype": _storable(doctype),
            "name": _storable(name),
            "outcome": outcome,
            "duration_ms": duration_ms,
        }
        with self._database.begin() as connection:
            connection.execute(insert(ledger).values(row))

    def recent(self, limit: int = 100, *, site_id: str | None = None, user: str | None = None) -> tuple[Entry, ...]:
        """The last `limit` calls, newest first, of one site or one user where named."""
        query = select(ledger).order_by(ledger.c.id.desc()).limit(limit)
        if site_id is not None:
            query = query.where(ledger.c.site_id == site_id)
        if user is not None:
            query = query.where(ledger.c.user_id == user)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Entry(row.at, row.site_id, row.user_id, row.verb, row.doctype, row.name, row.outcome, row.duration_ms)
            for row in rows
        )


def _storable(text: str | None) -> str | None:
    """What a user asked for may hold anything; PostgreSQL stores no NUL."""
    return text and text.replace("\0", "\N{REPLACEMENT CHARACTER}")
