"""Insert a row or replace the one with its primary key, in the dialect of the connection."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import Insert


def upsert(connection: Connection, table: Table, row: Mapping[str, object]) -> Insert:
    """The statement; columns that `row` does not name keep what they have."""
    keys = [column.name for column in table.primary_key]
    others = {name: value for name, value in row.items() if name not in keys}
    if connection.dialect.name == "postgresql":
        return postgresql.insert(table).values(dict(row)).on_conflict_do_update(index_elements=keys, set_=others)
    return sqlite.insert(table).values(dict(row)).on_conflict_do_update(index_elements=keys, set_=others)
