"""Receipts: what was erased or revoked, when, and proof that the list was not tampered with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, Row, insert, select, text

from erpnext_connector.clock import Clock
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import receipts

FIRST: Final = "0" * 64
"""What the first receipt has in the place of the hash before it."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was done: `at` in epoch seconds, `subject_hash` a keyed digest of whom it concerned.

    `details` are counts and plain words. `hash` covers all of it and `previous_hash`, the hash of the receipt before.
    """

    id: int
    at: float
    kind: str
    site_id: str
    hash: str
    subject_hash: str = ""
    details: Mapping[str, int | str] = field(default_factory=dict)
    previous_hash: str = FIRST


class Receipts:
    """The receipts of all sites in one chain; nothing in it is ever changed. No name and no address is stored."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def write(self, kind: str, site_id: str, subject_hash: str, details: Mapping[str, int | str]) -> Receipt:
        """Append one, durably. Pass `UserKeys.pseudonym(site, user)` as `subject_hash`."""
        with self._database.begin() as connection:
            return self.write_within(connection, kind, site_id, subject_hash, details)

    def write_within(
        self, connection: Connection, kind: str, site_id: str, subject_hash: str, details: Mapping[str, int | str]
    ) -> Receipt:
        """The same within the caller's transaction, which others that write receipts wait for."""
        if connection.dialect.name == "postgresql":
            connection.execute(text("LOCK TABLE connector_receipts IN SHARE ROW EXCLUSIVE MODE"))
        newest = select(receipts.c.hash).order_by(receipts.c.id.desc()).limit(1)
        row: dict[str, Any] = {
            "at": self._clock.now(),
            "kind": kind,
            "site_id": site_id,
            "subject_hash": subject_hash,
            "details": msgspec.json.encode(dict(details), order="sorted").decode(),
            "previous_hash": connection.execute(newest).scalar() or FIRST,
        }
        row["hash"] = _hash(**row)
        made = connection.execute(insert(receipts).values(row).returning(receipts)).one()
        return _receipt(made)

    def all(self, site_id: str | None = None) -> tuple[Receipt, ...]:
        """The receipts of a site, or of all, oldest first."""
        query = select(receipts).order_by(receipts.c.id)
        query = query if site_id is None else query.where(receipts.c.site_id == site_id)
        with self._database.read() as connection:
            return tuple(_receipt(row) for row in connection.execute(query))

    def first_broken(self) -> Receipt | None:
        """The first receipt that was changed, or whose predecessor is gone; None when the chain is whole.

        Whoever can write to the database could make a whole new chain: keep the newest hash elsewhere to notice that.
        """
        before = FIRST
        for receipt in self.all():
            if receipt.previous_hash != before or receipt.hash != _hash_of(receipt):
                return receipt
            before = receipt.hash
        return None


def _hash_of(receipt: Receipt) -> str:
    return _hash(
        at=receipt.at,
        kind=receipt.kind,
        site_id=receipt.site_id,
        subject_hash=receipt.subject_hash,
        details=msgspec.json.encode(dict(receipt.details), order="sorted").decode(),
        previous_hash=receipt.previous_hash,
    )


def _hash(*, at: float, kind: str, site_id: str, subject_hash: str, details: str, previous_hash: str) -> str:
    covered = [previous_hash, repr(at), kind, site_id, subject_hash, details]
    return hashlib.sha256(msgspec.json.encode(covered)).hexdigest()


def _receipt(row: Row[Any]) -> Receipt:
    details = msgspec.json.decode(row.details, type=dict[str, int | str])
    return Receipt(row.id, row.at, row.kind, row.site_id, row.hash, row.subject_hash, details, row.previous_hash)
