"""The deliveries, in Dispatch's own database: people, customers and items are kept by their ERPNext names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS person (identity TEXT PRIMARY KEY, full_name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS delivery (
    id INTEGER PRIMARY KEY, customer TEXT NOT NULL, day TEXT NOT NULL, planned_by TEXT NOT NULL REFERENCES person
);
CREATE TABLE IF NOT EXISTS delivery_row (
    delivery INTEGER NOT NULL REFERENCES delivery, position INTEGER NOT NULL,
    item TEXT NOT NULL, quantity TEXT NOT NULL, PRIMARY KEY (delivery, position)
);
"""
READ = """
SELECT delivery.id, customer, day, full_name FROM delivery JOIN person ON identity = planned_by
WHERE :id IS NULL OR delivery.id = :id ORDER BY day, delivery.id
"""


@dataclass(frozen=True, slots=True)
class Row:
    item: str
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Delivery:
    id: int
    customer: str
    day: date
    planned_by: str
    rows: tuple[Row, ...]

    @property
    def items(self) -> list[str]:
        return [row.item for row in self.rows]


class Deliveries:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        with self._open() as database:
            database.executescript(SCHEMA)

    def meet(self, identity: str, full_name: str) -> None:
        """Remembers who signed in, under the name ERPNext has for them today."""
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO person VALUES (?, ?)", (identity, full_name))

    def plan(self, customer: str, day: date, rows: list[Row], planned_by: str) -> int:
        """The new delivery's id."""
        with self._open() as database:
            new = database.execute(
                "INSERT INTO delivery (customer, day, planned_by) VALUES (?, ?, ?)",
                (customer, day.isoformat(), planned_by),
            )
            database.executemany(
                "INSERT INTO delivery_row VALUES (?, ?, ?, ?)",
                [(new.lastrowid, position, row.item, str(row.quantity)) for position, row in enumerate(rows)],
            )
        return int(new.lastrowid or 0)

    def all(self) -> list[Delivery]:
        """The next to go first."""
        return self._read(None)

    def get(self, delivery_id: int) -> Delivery | None:
        return next(iter(self._read(delivery_id)), None)

    def _read(self, delivery_id: int | None) -> list[Delivery]:
        with self._open() as database:
            return [
                Delivery(key, customer, date.fromisoformat(day), person, self._rows(database, key))
                for key, customer, day, person in database.execute(READ, {"id": delivery_id}).fetchall()
            ]

    def _rows(self, database: sqlite3.Connection, delivery_id: int) -> tuple[Row, ...]:
        found = database.execute(
            "SELECT item, quantity FROM delivery_row WHERE delivery = ? ORDER BY position", (delivery_id,)
        )
        return tuple(Row(item, Decimal(quantity)) for item, quantity in found)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path)
        try:
            with database:
                yield database
        finally:
            database.close()
