"""The inbox's table: what is kept, claimed, put back, parked."""

from __future__ import annotations

import hashlib
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    exists,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from erpnext_connector.inbox.event import Event, ParkedEvent
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import inbox_events as table
from erpnext_connector.wire.webhook import WebhookEvent

# These fire once per save, and every save has a `modified` of its own; on_change does not (it fires on rename and
# delete too, with the `modified` of the save before: tests/contract, webhooks), so an identical one may be news.
_ONCE_PER_MODIFIED: Final = frozenset({"after_insert", "on_update", "on_submit", "on_cancel", "on_trash"})
# In the statement itself, not as a parameter: SQLite uses the partial indexes only where it can see the condition.
_WAITING: Final[ColumnElement[str]] = literal_column("'waiting'")


class EventQueue:
    """Events in the database: a row is kept before it is answered, and claimed by one worker at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, site_id: str, body: bytes, said: WebhookEvent, *, now: float) -> bool:
        """Store the event durably; False when it is here already.

        A body that names its save is the same event for ever. Any other body is joined with an identical one that
        still waits: whoever handles that has yet to look at the document.
        """
        content_hash = _hash(body, said)
        row = {
            "site_id": site_id,
            "content_hash": content_hash,
            "body": body,
            "doctype": said.doctype,
            "name": said.name,
            "event": said.event,
            "modified": said.modified,
            "docstatus": said.docstatus,
            "received_at": now,
            "status": "waiting",
            "attempts": 0,
            "due_at": now,
            "claimed_until": 0.0,
        }
        with self._database.begin() as connection:
            fingerprint = content_hash
            if not _names_its_save(said):
                if _waits(connection, site_id, content_hash, now=now):
                    return False
                fingerprint = f"{content_hash}.{_last_id(connection, site_id, content_hash)}"
            row["fingerprint"] = fingerprint
            return connection.execute(_insert_if_new(connection, row)).first() is not None

    def claim(self, limit: int, *, now: float, until: float) -> list[Event]:
        """Up to `limit` events that are due, oldest first, nobody else's until then.

        An event waits for the earlier ones of the same document; one that names no document waits for none.
        """
        ready = _ready(limit, now=now)
        with self._database.read() as connection:
            if not connection.execute(ready).first():
                return []
        with self._database.begin() as connection:
            rows = connection.execute(ready.with_for_update(skip_locked=True, of=table)).all()
            claimed = [row.id for row in rows]
            connection.execute(update(table).where(table.c.id.in_(claimed)).values(claimed_until=until))
        return [_event(row) for row in rows]

    def renew(self, event_ids: list[int], *, until: float) -> None:
        """Keep what is still being handled from being claimed by others."""
        with self._database.begin() as connection:
            connection.execute(update(table).where(_waiting(), table.c.id.in_(event_ids)).values(claimed_until=until))

    def finish(self, event: Event, *, now: float) -> None:
        """The event is handled."""
        self._change(event.id, status="handled", attempts=event.attempt, error=None, finished_at=now)

    def put_back(self, event: Event, error: str, *, due_at: float, counts: bool) -> None:
        """Try again later; an attempt that does not count leaves the number of attempts as it was."""
        attempts = event.attempt if counts else event.attempt - 1
        self._change(event.id, attempts=attempts, error=error, due_at=due_at, claimed_until=0.0)

    def park(self, event: Event, error: str, *, now: float) -> None:
        """Give up on the event, so that later ones of its document go on."""
        self._change(event.id, status="parked", attempts=event.attempt, error=error, finished_at=now)

    def replay(self, event_id: int, *, now: float) -> bool:
        """Put a parked event back as if it had just come; False when there is no such parked event."""
        values = {"status": "waiting", "attempts": 0, "due_at": now, "claimed_until": 0.0, "finished_at": None}
        parked = (table.c.id == event_id) & (table.c.status == "parked")
        with self._database.begin() as connection:
            return connection.execute(update(table).where(parked).values(values)).rowcount == 1

    def parked(self, limit: int) -> tuple[ParkedEvent, ...]:
        query = select(table).where(table.c.status == "parked").order_by(table.c.id.desc()).limit(limit)
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return tuple(ParkedEvent(_event(row), row.error or "", row.finished_at) for row in rows)

    def waiting(self) -> int:
        with self._database.read() as connection:
            return connection.execute(select(func.count()).where(_waiting())).scalar_one()

    def _change(self, event_id: int, **values: Any) -> None:
        with self._database.begin() as connection:
            connection.execute(update(table).where(_waiting(), table.c.id == event_id).values(values))


def _hash(body: bytes, said: WebhookEvent) -> str:
    """The event belongs to it: a webhook may name it in a header."""
    return hashlib.sha256((said.event or "").encode() + b"\0" + body).hexdigest()


def _names_its_save(said: WebhookEvent) -> bool:
    return bool(said.doctype and said.name and said.modified) and said.event in _ONCE_PER_MODIFIED


def _waits(connection: Connection, site_id: str, content_hash: str, *, now: float) -> bool:
    """Whether an identical body waits that nobody has begun to handle, nor can begin before we commit."""
    same = and_(table.c.site_id == site_id, table.c.content_hash == content_hash)
    query = select(table.c.id).where(same, _waiting(), table.c.claimed_until <= now).limit(1).with_for_update()
    return connection.execute(query).first() is not None


def _last_id(connection: Connection, site_id: str, content_hash: str) -> int:
    same = and_(table.c.site_id == site_id, table.c.content_hash == content_hash)
    return int(connection.execute(select(func.coalesce(func.max(table.c.id), 0)).where(same)).scalar_one())


def _insert_if_new(connection: Connection, row: dict[str, Any]) -> ReturningInsert[Any]:
    """A statement that gives the new id, or no row when the event is here already."""
    once = ["site_id", "fingerprint"]
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(row).on_conflict_do_nothing(index_elements=once).returning(table.c.id)
    return sqlite.insert(table).values(row).on_conflict_do_nothing(index_elements=once).returning(table.c.id)


def _waiting() -> ColumnElement[bool]:
    return table.c.status == _WAITING


def _ready(limit: int, *, now: float) -> Select[Any]:
    earlier = table.alias("earlier")
    of_same_document = and_(
        earlier.c.status == _WAITING,
        earlier.c.site_id == table.c.site_id,
        earlier.c.doctype == table.c.doctype,
        earlier.c.name == table.c.name,
        earlier.c.id < table.c.id,
    )
    due = and_(_waiting(), table.c.due_at <= now, table.c.claimed_until <= now)
    return select(table).where(due, ~exists().where(of_same_document)).order_by(table.c.id).limit(limit)


def _event(row: Row[Any]) -> Event:
    return Event(
        id=row.id,
        site_id=row.site_id,
        doctype=row.doctype,
        name=row.name,
        event=row.event,
        modified=row.modified,
        docstatus=row.docstatus,
        body=msgspec.json.decode(row.body),
        received_at=row.received_at,
        attempt=row.attempts + 1,
    )
