"""The control database: SQLite by default, PostgreSQL by its URL."""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, NoSuchModuleError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from erpnext_connector.errors import Misconfigured, StoreUnavailable
from erpnext_connector.secret import Secret

_BUSY_TIMEOUT_MS: Final = 5_000
_READ_ONLY: Final = "connector_read_only"
_URL_HINT: Final = (
    "Set CONNECTOR_DATABASE_URL to sqlite:///path/to/file.sqlite3 or "
    "postgresql://user:password@host/database (needs `pip install 'erpnext-connector[postgres]'`)."
)


class Database:
    """Connections to the control database, safe to share between threads."""

    def __init__(self, url: str | Secret) -> None:
        """`url` is `sqlite:///file` or `postgresql://...`; a missing SQLite file is made, readable by its owner only.

        Raises `Misconfigured` for anything else. Nothing is connected yet.
        """
        self._url = _understood(url.reveal() if isinstance(url, Secret) else url)
        self._engine = _engine(self._url)

    @property
    def dialect(self) -> str:
        """ "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back on an error.

        On SQLite it waits for other writers up to 5 seconds. Raises `StoreUnavailable` when the database can't be
        reached or stays busy.
        """
        with _translated(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads, and on SQLite never waits for a writer; raises `StoreUnavailable`."""
        with _translated(), self._engine.connect() as connection:
            yield connection.execution_options(**{_READ_ONLY: True})

    def migrate(self) -> None:
        """Bring the tables up to date; safe when several processes do it at once."""
        from erpnext_connector.store.migrate import upgrade  # alembic costs a second that few starts have to pay

        upgrade(self)

    def scrub(self) -> None:
        """Let what was deleted leave the disk: SQLite empties its write-ahead log, as far as no reader is in the way.

        PostgreSQL overwrites deleted rows in its own time (VACUUM).
        """
        if self.dialect != "sqlite":
            return
        with _translated(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection)
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Close every connection; using the database again opens new ones."""
        self._engine.dispose()

    def __repr__(self) -> str:
        return f"Database({self._url!r})"


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except PoolTimeout as error:
        raise StoreUnavailable from error
    except (OperationalError, InterfaceError) as error:
        if _is_mistake(error):
            raise
        raise StoreUnavailable from error


def _is_mistake(error: DBAPIError) -> bool:
    """SQLite says "operational" of a table that is missing, too: trying again would not help."""
    return isinstance(error.orig, sqlite3.Error) and error.orig.sqlite_errorcode == sqlite3.SQLITE_ERROR


def _understood(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise Misconfigured("CONNECTOR_DATABASE_URL is not a database URL.", hint=_URL_HINT) from None
    if parsed.drivername in {"postgres", "postgresql"}:
        return parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise Misconfigured(f"The database {parsed.drivername} is not supported.", hint=_URL_HINT)
    if parsed.drivername == "sqlite" and parsed.database in {None, "", ":memory:"}:
        raise Misconfigured("An in-memory database would forget every grant.", hint=_URL_HINT)
    return parsed


def _engine(url: URL) -> Engine:
    # hide_parameters: no value that is bound to a statement may reach a log or an error message.
    try:
        if url.drivername == "sqlite":
            return _sqlite_engine(url)
        return create_engine(url, hide_parameters=True, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError):
        raise Misconfigured("The PostgreSQL driver is not installed.", hint=_URL_HINT) from None


def _sqlite_engine(url: URL) -> Engine:
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Misconfigured(f"The database file {path} can't be used: {error.strerror}.", hint=_URL_HINT) from None
    engine = create_engine(url, hide_parameters=True)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # The driver must not begin transactions of its own: _begin_sqlite says which kind.
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    # FULL: a pair of tokens that was acknowledged must survive a power cut.
    connection.execute("PRAGMA synchronous = FULL")
    # What is deleted is overwritten with zeros: an erased key must not lie about in the file.
    connection.execute("PRAGMA secure_delete = ON")
    _use_write_ahead_log(connection)


def _use_write_ahead_log(connection: sqlite3.Connection) -> None:
    """Switching needs the file for itself for a moment, and SQLite does not wait for that by its busy timeout."""
    give_up = time.monotonic() + _BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.01)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # IMMEDIATE takes the write lock at once: a transaction that reads first could not get it later.
    read_only = connection.get_execution_options().get(_READ_ONLY)
    connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")
