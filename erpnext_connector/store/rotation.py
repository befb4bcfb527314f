"""Key rotation: whatever an older key of the ring sealed is sealed anew with the newest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, Table, select, update

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.store import pending, sites, user_keys
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import Ring, key_id_of
from erpnext_connector.store.tables import pending_sign_ins
from erpnext_connector.store.tables import sites as site_rows
from erpnext_connector.store.tables import user_keys as key_rows

BATCH: Final = 100


@dataclass(frozen=True, slots=True)
class Rotated:
    """What a rotation did: rows sealed anew, rows that somebody else changed meanwhile, rows that do not open."""

    resealed: int
    overtaken: int
    unopened: int


@dataclass(frozen=True, slots=True)
class _Place:
    """A column of envelopes that the ring itself sealed, and the columns that bind each to its row: site, and user."""

    table: Table
    column: str
    kind: str
    site: str
    user: str | None = None

    @property
    def query(self) -> Select[Any]:
        """The rows in the order of their keys, with all that is needed to seal them anew."""
        keys = self.table.primary_key.columns
        bound = [self.table.c[name] for name in (self.site, self.user) if name and name not in keys]
        return select(*keys, *bound, self.table.c[self.column]).order_by(*keys)

    def bound_to(self, row: Row[Any]) -> tuple[str, str]:
        return getattr(row, self.site), getattr(row, self.user) if self.user else ""

    def envelope(self, row: Row[Any]) -> bytes:
        return bytes(getattr(row, self.column))


# What users left is sealed with their data keys, and those with the ring: the keys alone need sealing anew.
_PLACES: Final = (
    _Place(site_rows, "sealed_secrets", sites.KIND, site="id"),
    _Place(key_rows, "sealed_key", user_keys.KIND, site="site_id", user="user_id"),
    _Place(pending_sign_ins, "sealed_proof", pending.KIND, site="site_id", user="state_hash"),
)


def rotate(
    database: Database, ring: Ring, *, batch: int = BATCH, told: Callable[[int], object] = lambda _: None
) -> Rotated:
    """Seal anew what the newest key of `ring` did not seal; the old ones are needed until this has ended.

    It may run beside the app: a row that was changed meanwhile is left as it is. Broken off, it goes on where it was
    when it is called again. `told` hears after each batch how many rows are done.
    """
    counts: Counter[str] = Counter()
    for place in _PLACES:
        for rows in _batches(database, place, batch):
            counts.update(_resealed(database, ring, place, row) for row in rows)
            told(counts["resealed"])
    return Rotated(counts["resealed"], counts["overtaken"], counts["unopened"])


def count_by_key(database: Database, ring: Ring | None = None) -> Mapping[str, int]:
    """How many rows each key sealed, by its id, those of the newest key of the ring included.

    `ring` reads the ids where it is not a `KeyRing`. A key that seals nothing any more may go.
    """
    id_of = ring.key_id_of if ring else key_id_of
    return Counter(
        id_of(place.envelope(row)) for place in _PLACES for rows in _batches(database, place, BATCH) for row in rows
    )


def _batches(database: Database, place: _Place, size: int) -> Iterator[Sequence[Any]]:
    """All rows in the order of their keys, without a transaction between two batches."""
    keys = list(place.table.primary_key.columns)
    query = place.query.limit(size)
    rows: Sequence[Any] = []
    while not rows or len(rows) == size:
        after = _after(keys, rows[-1]) if rows else None
        with database.read() as connection:
            rows = connection.execute(query if after is None else query.where(after)).all()
        if not rows:
            return
        yield rows


def _after(keys: list[Any], row: Row[Any]) -> Any:
    """Rows whose primary key comes after this row's."""
    first, *rest = keys
    value = getattr(row, first.name)
    return (first > value) | ((first == value) & _after(rest, row)) if rest else first > value


def _resealed(database: Database, ring: Ring, place: _Place, row: Row[Any]) -> str:
    """What became of the row; only the envelope that was read is replaced."""
    old = place.envelope(row)
    if ring.key_id_of(old) == ring.newest:
        return "newest"
    site, user = place.bound_to(row)
    try:
        plain = ring.open(old, site=site, user=user, kind=place.kind)
    except KeyUnusable:
        return "unopened"
    new = ring.seal(plain, site=site, user=user, kind=place.kind)
    column = place.table.c[place.column]
    unchanged = [key == getattr(row, key.name) for key in place.table.primary_key.columns]
    with database.begin() as connection:
        changed = update(place.table).where(*unchanged, column == old).values({column: new})
        return "resealed" if connection.execute(changed).rowcount == 1 else "overtaken"
