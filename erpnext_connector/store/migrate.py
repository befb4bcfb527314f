"""Bringing the tables up to date, once, whoever starts first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import Connection, inspect, text

from erpnext_connector.errors import Misconfigured

if TYPE_CHECKING:
    from alembic.config import Config

HEAD: Final = "0002"
VERSION_TABLE: Final = "connector_version"
# Any number will do, as long as every process of every version takes the same.
_LOCK: Final = 7_305_812_430_116_829_257


class Transactions(Protocol):
    """The part of a `Database` that migrations need."""

    def begin(self) -> AbstractContextManager[Connection]: ...
    def read(self) -> AbstractContextManager[Connection]: ...


def upgrade(database: Transactions, revision: str = "head") -> None:
    """Run the migrations that are missing, in one transaction; processes that come second wait and find it done.

    Raises `Misconfigured` when the database was made by a newer version of this package.
    """
    with database.read() as connection:
        if revision == "head" and _revision_of(connection) == HEAD:
            return
    from alembic import command  # a second of CPU that a start with nothing to migrate need not pay

    _run(database, lambda config: command.upgrade(config, revision))


def downgrade(database: Transactions, revision: str) -> None:
    """Undo the migrations after `revision`; "base" undoes all, with everything that was stored."""
    from alembic import command

    _run(database, lambda config: command.downgrade(config, revision))


def _run(database: Transactions, act: Callable[[Config], None]) -> None:
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", "erpnext_connector.store:migrations")
    with database.begin() as connection:
        _wait_for_others(connection)
        config.attributes["connection"] = connection
        try:
            act(config)
        except CommandError as error:
            raise Misconfigured(
                f"The database can't be migrated: {error}.",
                hint="It was probably made by a newer version of erpnext-connector: install that one.",
            ) from error


def _wait_for_others(connection: Connection) -> None:
    """On SQLite the write transaction is the lock already."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _revision_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 - a constant
