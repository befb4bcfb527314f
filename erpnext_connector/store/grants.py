"""Grants in the control database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from erpnext_connector.store.database import Database
from erpnext_connector.store.ended import end_sessions_of
from erpnext_connector.store.grant_store import EndedRow, GrantRow, Pair, RetiredRow
from erpnext_connector.store.tables import ended_grants, grants, retired_tokens
from erpnext_connector.store.upsert import upsert


class SqlGrants:
    """The `GrantStore` of SQLite and PostgreSQL: every change names the generation that it replaces."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, site_id: str, user: str) -> GrantRow | None:
        query = select(grants).where(_of(site_id, user), grants.c.sealed_profile.is_not(None))
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        return _row(row) if row else None

    def users(self, site_id: str) -> tuple[str, ...]:
        theirs = (grants.c.site_id == site_id) & grants.c.sealed_profile.is_not(None)
        query = select(grants.c.user_id).where(theirs).order_by(grants.c.user_id)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def put(self, row: GrantRow, *, retired: bytes | None, now: float) -> None:
        stored = {
            "site_id": row.site_id,
            "user_id": row.user,
            "subject": row.subject,
            "profile": "",
            "sealed_profile": row.sealed_profile,
            **_columns(row.pair, now=row.last_refreshed_at),
            "checked_at": row.checked_at,
            "password_mark": row.password_mark,
        }
        with self._database.begin() as connection:
            before = select(grants.c.subject).where(_of(row.site_id, row.user)).with_for_update()
            old = connection.execute(before).one_or_none()
            if old is not None and old.subject != row.subject:
                end_sessions_of(connection, row.site_id, row.user, reason="another_person", now=now)
            connection.execute(upsert(connection, grants, stored))
            connection.execute(delete(ended_grants).where(_ended(row.site_id, row.user)))
            _retire(connection, row.site_id, row.user, retired, now=now)

    def claim(self, site_id: str, user: str, generation: str, *, now: float, until: float) -> bool:
        free = _same(site_id, user, generation) & (grants.c.refreshing_until <= now)
        return self._updated(free, refreshing_until=until)

    def release(self, site_id: str, user: str, generation: str, *, until: float) -> bool:
        return self._updated(_mine(site_id, user, generation, until), refreshing_until=0.0)

    def fail(
        self, site_id: str, user: str, generation: str, *, until: float, failures: int, degraded_until: float
    ) -> bool:
        return self._updated(
            _mine(site_id, user, generation, until),
            refreshing_until=0.0,
            state="degraded",
            failures=failures,
            degraded_until=degraded_until,
        )

    def replace(
        self, site_id: str, user: str, generation: str, pair: Pair, *, retired: bytes | None, now: float
    ) -> bool:
        with self._database.begin() as connection:
            change = update(grants).where(_same(site_id, user, generation)).values(_columns(pair, now=now))
            replaced = connection.execute(change).rowcount == 1
            if replaced:
                _retire(connection, site_id, user, retired, now=now)
        return replaced

    def purge(self, site_id: str, user: str, generation: str | None, *, reason: str, now: float) -> bool:
        which = _of(site_id, user) if generation is None else _same(site_id, user, generation)
        with self._database.begin() as connection:
            purged = connection.execute(delete(grants).where(which)).rowcount == 1
            if purged:
                ended = {"site_id": site_id, "user_id": user, "reason": reason, "ended_at": now}
                connection.execute(upsert(connection, ended_grants, ended))
            if purged or generation is None:
                end_sessions_of(connection, site_id, user, reason=reason, now=now)
        return purged

    def retire(self, site_id: str, user: str, sealed: bytes, *, now: float) -> None:
        with self._database.begin() as connection:
            _retire(connection, site_id, user, sealed, now=now)

    def erase(self, site_id: str, user: str) -> int:
        theirs = (retired_tokens.c.site_id == site_id) & (retired_tokens.c.user_id == user)
        with self._database.begin() as connection:
            return sum(
                connection.execute(statement).rowcount
                for statement in (
                    delete(grants).where(_of(site_id, user)),
                    delete(retired_tokens).where(theirs),
                    delete(ended_grants).where(_ended(site_id, user)),
                )
            )

    def ended(self, site_id: str, user: str) -> EndedRow | None:
        with self._database.read() as connection:
            row = connection.execute(select(ended_grants).where(_ended(site_id, user))).one_or_none()
        return EndedRow(row.reason, row.ended_at) if row else None

    def due(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        return self._oldest(grants.c.checked_at, before, limit)

    def check(self, site_id: str, user: str, *, seen: float, now: float) -> bool:
        return self._updated(_of(site_id, user) & (grants.c.checked_at == seen), checked_at=now)

    def mark(self, site_id: str, user: str, password_mark: str | None) -> None:
        self._updated(_of(site_id, user), password_mark=password_mark)

    def idle(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        return self._oldest(grants.c.last_refreshed_at, before, limit)

    def retired(self, *, before: float, limit: int) -> tuple[RetiredRow, ...]:
        query = select(retired_tokens).where(retired_tokens.c.retired_at <= before)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(retired_tokens.c.id).limit(limit)).all()
        return tuple(RetiredRow(row.id, row.site_id, row.user_id, row.sealed_token, row.retired_at) for row in rows)

    def drop_retired(self, retired_id: int) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(retired_tokens).where(retired_tokens.c.id == retired_id))

    def _updated(self, which: ColumnElement[bool], **values: Any) -> bool:
        with self._database.begin() as connection:
            return connection.execute(update(grants).where(which).values(values)).rowcount == 1

    def _oldest(self, moment: ColumnElement[float], before: float, limit: int) -> tuple[GrantRow, ...]:
        query = select(grants).where(moment <= before, grants.c.sealed_profile.is_not(None))
        with self._database.read() as connection:
            return tuple(map(_row, connection.execute(query.order_by(moment).limit(limit))))


def _of(site_id: str, user: str) -> ColumnElement[bool]:
    return (grants.c.site_id == site_id) & (grants.c.user_id == user)


def _same(site_id: str, user: str, generation: str) -> ColumnElement[bool]:
    return _of(site_id, user) & (grants.c.generation == generation)


def _mine(site_id: str, user: str, generation: str, until: float) -> ColumnElement[bool]:
    return _same(site_id, user, generation) & (grants.c.refreshing_until == until)


def _ended(site_id: str, user: str) -> ColumnElement[bool]:
    return (ended_grants.c.site_id == site_id) & (ended_grants.c.user_id == user)


def _columns(pair: Pair, *, now: float) -> dict[str, Any]:
    """The columns of a new pair: nobody refreshes it, and all is well."""
    return {
        "generation": pair.generation,
        "sealed_tokens": pair.sealed_tokens,
        "refresh_at": pair.refresh_at,
        "expires_at": pair.expires_at,
        "refreshing_until": 0.0,
        "state": "healthy",
        "failures": 0,
        "degraded_until": 0.0,
        "last_refreshed_at": now,
    }


def _retire(connection: Connection, site_id: str, user: str, sealed: bytes | None, *, now: float) -> None:
    if sealed is not None:
        row = {"site_id": site_id, "user_id": user, "sealed_token": sealed, "retired_at": now}
        connection.execute(insert(retired_tokens).values(row))


def _row(row: Row[Any]) -> GrantRow:
    return GrantRow(
        site_id=row.site_id,
        user=row.user_id,
        subject=row.subject,
        sealed_profile=row.sealed_profile,
        pair=Pair(row.generation, row.sealed_tokens, row.refresh_at, row.expires_at),
        refreshing_until=row.refreshing_until,
        degraded_until=row.degraded_until,
        failures=row.failures,
        last_refreshed_at=row.last_refreshed_at,
        checked_at=row.checked_at,
        password_mark=row.password_mark,
    )
