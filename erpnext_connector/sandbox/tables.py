"""The SQLite tables that DocTypes are kept in."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from erpnext_connector.sandbox.collation import fold, fold_characters
from erpnext_connector.sandbox.meta import NUMBER_TYPES, WHOLE_TYPES, DocType, Field

KEY: Final = "name_key"
SUPPORT: Final = """
CREATE TABLE IF NOT EXISTS series (prefix TEXT PRIMARY KEY, current INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS singles (doctype TEXT PRIMARY KEY, document TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS passwords (doctype TEXT, name TEXT, fieldname TEXT, password TEXT NOT NULL,
  PRIMARY KEY (doctype, name, fieldname));
CREATE TABLE IF NOT EXISTS file_contents (content_hash TEXT PRIMARY KEY, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


def connect(path: str) -> sqlite3.Connection:
    """The database at `path` (":memory:" for one that ends with the process), with the collation's functions."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.create_function("fold", 1, fold, deterministic=True)
    db.create_function("fold_characters", 1, fold_characters, deterministic=True)
    db.create_function("locate", 2, _locate, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "case_sensitive_like=ON", "temp_store=MEMORY"):
        db.execute(f"PRAGMA {pragma}")
    db.executescript(SUPPORT)
    return db


def _locate(text: str, within: str | None) -> int | None:
    """Where `text` begins in `within`, from 1; 0 when nowhere."""
    if within is None:
        return None
    return (fold_characters(within) or "").find(fold_characters(text) or "") + 1


def quoted(identifier: str) -> str:
    """An SQL identifier; only names out of DocTypes may come here."""
    return '"' + identifier.replace('"', '""') + '"'


def table(doctype: DocType | str) -> str:
    """The quoted name of the DocType's table."""
    return quoted(f"tab{doctype if isinstance(doctype, str) else doctype.name}")


def create(db: sqlite3.Connection, doctype: DocType) -> None:
    """Create the DocType's table."""
    if doctype.issingle:
        return
    columns = [f"{quoted(column)} {_affinity(doctype.fieldtype(column))}" for column in doctype.columns]
    columns += [f"{quoted(column)} TEXT" for column in doctype.hidden_columns]
    db.execute(f"CREATE TABLE IF NOT EXISTS {table(doctype)} ({KEY} TEXT PRIMARY KEY, {', '.join(columns)})")
    if doctype.istable:
        index = quoted(f"{doctype.name} parent")
        db.execute(f"CREATE INDEX IF NOT EXISTS {index} ON {table(doctype)} (parent)")


def add_column(db: sqlite3.Connection, doctype: DocType, field: Field) -> None:
    """Add a field's column."""
    present = {row["name"] for row in db.execute(f"PRAGMA table_info({table(doctype)})")}
    if field.fieldname not in present:
        db.execute(f"ALTER TABLE {table(doctype)} ADD COLUMN {quoted(field.fieldname)} {_affinity(field.fieldtype)}")


def _affinity(fieldtype: str | None) -> str:
    if fieldtype in WHOLE_TYPES:
        return "INTEGER NOT NULL DEFAULT 0" if fieldtype == "Check" else "INTEGER"
    return "REAL" if fieldtype in NUMBER_TYPES else "TEXT"


def insert_many(db: sqlite3.Connection, doctype: DocType, documents: Iterable[Mapping[str, Any]]) -> None:
    """Write documents as they are, without any rule."""
    columns = [*doctype.columns, *doctype.hidden_columns]
    names = ", ".join(quoted(column) for column in columns)
    marks = ", ".join("?" * (len(columns) + 1))
    zeros = {field.fieldname for field in doctype.value_fields if field.fieldtype in WHOLE_TYPES | NUMBER_TYPES}
    zeros |= {"docstatus", "idx"}
    defaults = [0 if column in zeros else None for column in columns]
    pairs = list(zip(columns, defaults, strict=True))
    rows = ((fold(document["name"]), *(document.get(c, d) for c, d in pairs)) for document in documents)
    db.executemany(f"INSERT INTO {table(doctype)} ({KEY}, {names}) VALUES ({marks})", rows)


def update(db: sqlite3.Connection, doctype: DocType, name: str, values: Mapping[str, Any]) -> None:
    """Write some columns of one document."""
    assignments = ", ".join(f"{quoted(column)} = ?" for column in values)
    found: Sequence[Any] = [*values.values(), fold(name)]
    db.execute(f"UPDATE {table(doctype)} SET {assignments} WHERE {KEY} = ?", found)
