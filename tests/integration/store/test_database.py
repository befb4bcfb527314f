from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from erpnext_connector.errors import Misconfigured, StoreUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.migrate import HEAD, VERSION_TABLE, downgrade
from erpnext_connector.store.tables import metadata, sessions, sites

SITE = {"id": "main", "address": "https://erp.example.com", "client_id": "abc", "sealed_secrets": b""}


def test_the_migrations_make_exactly_the_tables_of_the_code(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    database.migrate()
    with database.read() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, metadata) == []
    database.close()


def test_migrating_twice_changes_nothing(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sites.insert().values(SITE))
    database.migrate()
    with database.read() as connection:
        assert connection.execute(select(sites.c.id)).scalars().all() == ["main"]


def test_migrations_can_be_undone_and_done_again(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    database.migrate()
    downgrade(database, "base")
    with database.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {VERSION_TABLE}
    database.migrate()
    with database.read() as connection:
        assert inspect(connection).has_table("connector_grants")
    database.close()


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    directory = Path(__file__).parents[3] / "erpnext_connector" / "store" / "migrations"
    assert ScriptDirectory(str(directory)).get_current_head() == HEAD


def test_a_database_of_a_newer_version_is_refused_with_the_next_step(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '9999'"))
    with pytest.raises(Misconfigured) as refused:
        database.migrate()
    assert "newer version" in refused.value.hint


def test_processes_that_start_at_once_all_find_their_tables(bare_database_url: str) -> None:
    code = (
        "import sys; from erpnext_connector.store.database import Database; database = Database(sys.argv[1]);"
        "sys.stdin.readline(); database.migrate(); database.close()"
    )
    command = [sys.executable, "-W", "error", "-c", code, bare_database_url]
    started = [subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60)[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0, 0], told
    database = Database(bare_database_url)
    with database.read() as connection:
        assert connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalars().all() == [HEAD]
    database.close()


def test_an_error_rolls_the_transaction_back(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            connection.execute(sites.insert().values(SITE))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(select(sites)).all() == []


def test_a_session_of_an_unknown_site_is_refused(database: Database) -> None:
    row = {"token_hash": "x", "site_id": "nowhere", "user_id": "a", "started_at": 0.0, "expires_at": 0.0}
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(sessions.insert().values(row))


def test_threads_that_read_and_then_write_do_not_trip_over_each_other(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(sites.insert().values(SITE | {"client_id": "0"}))
    failures: list[Exception] = []

    def count_up() -> None:
        try:
            for _ in range(25):
                with database.begin() as connection:
                    count = connection.execute(select(sites.c.client_id).with_for_update()).scalar_one()
                    connection.execute(sites.update().values(client_id=str(int(count) + 1)))
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=count_up) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with database.read() as connection:
        assert connection.execute(select(sites.c.client_id)).scalar_one() == "200"


def test_sqlite_is_durable_checked_and_shared(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/deep/connector.sqlite3")
    with database.read() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        }
    database.close()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "busy_timeout": 5000, "foreign_keys": 1}


def test_a_new_sqlite_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/connector.sqlite3")
    database.migrate()
    modes = {file.name: oct(file.stat().st_mode & 0o777) for file in tmp_path.iterdir()}
    database.close()
    assert set(modes.values()) == {"0o600"}


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path}/connector.sqlite3")
    database.migrate()
    with database.begin(), database.read() as connection:
        assert connection.execute(select(sites)).all() == []
    database.close()


def test_a_database_that_stays_busy_is_something_to_try_again(tmp_path: Path) -> None:
    path = tmp_path / "connector.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.read() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 50")  # stays with the pooled connection
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailable), database.begin():
            pass
    database.close()


def test_a_table_that_is_missing_is_no_reason_to_try_again(bare_database_url: str) -> None:
    database = Database(bare_database_url)
    with pytest.raises(DBAPIError), database.read() as connection:
        connection.execute(select(sites))
    database.close()


@pytest.mark.parametrize(
    "url",
    ["mysql://localhost/x", "sqlite://", "sqlite:///:memory:", "no url at all", "sqlite:////proc/nothing/here.sqlite3"],
)
def test_an_unusable_database_url_is_refused_with_the_next_step(url: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Database(url)
    assert "CONNECTOR_DATABASE_URL" in refused.value.hint


def test_a_database_that_is_away_is_something_to_try_again() -> None:
    database = Database(Secret("postgresql://app:hunter2-password@127.0.0.1:1/none"))
    with pytest.raises(StoreUnavailable) as away, database.begin():
        pass
    assert "hunter2-password" not in repr(database) + str(away.value) + str(away.value.__cause__)
    database.close()
