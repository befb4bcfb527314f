"""Ending sessions so that each browser can be told why."""

from __future__ import annotations

from typing import Final

from sqlalchemy import ColumnElement, Connection, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from erpnext_connector.store.tables import ended_sessions, pairings, sessions

KEPT_SECONDS: Final = 24 * 3600.0


def end_sessions(connection: Connection, which: ColumnElement[bool], *, reason: str, now: float) -> int:
    """End these sessions; how many that were. Their digests stay a day with the reason, and without a name."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(delete(ended_sessions).where(ended_sessions.c.ended_at <= now - KEPT_SECONDS))
    told = select(sessions.c.token_hash, literal(reason), literal(now)).where(which)
    columns = ["token_hash", "reason", "ended_at"]
    connection.execute(dialect.insert(ended_sessions).from_select(columns, told).on_conflict_do_nothing())
    return connection.execute(delete(sessions).where(which)).rowcount


def end_sessions_of(connection: Connection, site_id: str, user: str, *, reason: str, now: float) -> int:
    """End all sessions of a user, with the pairings that were begun in them; how many sessions that were."""
    connection.execute(delete(pairings).where(pairings.c.site_id == site_id, pairings.c.user_id == user))
    theirs = (sessions.c.site_id == site_id) & (sessions.c.user_id == user)
    return end_sessions(connection, theirs, reason=reason, now=now)
