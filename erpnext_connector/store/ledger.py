"""What this app did at its sites, on whose behalf: an append-only record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select

from erpnext_connector.clock import Clock
from erpnext_connector.errors import KeyErased
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import ledger
from erpnext_connector.store.user_keys import UserKeys

_KIND: Final = "ledger details"


@dataclass(frozen=True, slots=True)
class Entry:
    """One upstream call: `at` in epoch seconds, `outcome` "ok" or an error's code.

    Of a user whose data was erased, `user` is a pseudonym, `doctype` and `name` are None, and `erased` says so.
    """

    at: float
    site_id: str
    user: str
    verb: str
    doctype: str | None
    name: str | None
    outcome: str
    duration_ms: float
    erased: bool = False


class _Details(msgspec.Struct, frozen=True):
    user: str
    doctype: str | None
    name: str | None


class Ledger:
    """The record of upstream calls; nothing in it is ever changed.

    Who did what to which document is sealed with the user's data key: erasing that erases it here, and leaves the
    verb, the outcome and the time under a pseudonym.
    """

    def __init__(self, database: Database, clock: Clock, keys: UserKeys) -> None:
        self._database = database
        self._clock = clock
        self._keys = keys

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
        details = msgspec.json.encode(_Details(user, doctype, name))
        row = {
            "at": self._clock.now(),
            "site_id": site_id,
            "user_id": self._keys.id_of(site_id, user),
            "verb": verb,
            "sealed_details": self._keys.seal(details, site=site_id, user=user, kind=_KIND),
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
            query = query.where(ledger.c.user_id.in_([user, *self._keys.ids_of(user, site_id)]))
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        users = self._keys.users_of({row.user_id for row in rows if row.sealed_details})
        return tuple(self._entry(row, users.get(row.user_id)) for row in rows)

    def _entry(self, row: Row[Any], user: str | None) -> Entry:
        if row.sealed_details is None:  # recorded before there were data keys
            details = _Details(row.user_id, row.doctype, row.name)
        else:
            details = self._opened(row, user)
        told = (details.user, row.verb, details.doctype, details.name, row.outcome, row.duration_ms)
        return Entry(row.at, row.site_id, *told, erased=row.sealed_details is not None and details.user == row.user_id)

    def _opened(self, row: Row[Any], user: str | None) -> _Details:
        erased = _Details(row.user_id, None, None)
        if user is None:
            return erased
        try:
            plain = self._keys.open(row.sealed_details, site=row.site_id, user=user, kind=_KIND)
        except KeyErased:
            return erased
        return msgspec.json.decode(plain, type=_Details)
