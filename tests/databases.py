"""Databases to test on: each test that asks for one runs on SQLite and on a real PostgreSQL.

`CONNECTOR_TEST_POSTGRES_URL` names a server whose user may create databases; without it a throw-away server is started
from the machine's own binaries. Where there are none, the PostgreSQL half is skipped and says so.
"""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from erpnext_connector.store.database import Database

BACKENDS = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(params=BACKENDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A migrated, empty database of its own."""
    with _fresh_url(request, tmp_path, template=True) as url:
        database = Database(url)
        yield database
        database.close()


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of its own, for tests that start processes."""
    with _fresh_url(request, tmp_path, template=True) as url:
        yield url


@pytest.fixture(params=BACKENDS)
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without a single table."""
    with _fresh_url(request, tmp_path, template=False) as url:
        yield url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The address of a PostgreSQL server, without a trailing database name."""
    if url := os.environ.get("CONNECTOR_TEST_POSTGRES_URL"):
        yield url
        return
    with _throw_away_server() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated database that others are copied from."""
    name = _new_name()
    _administer(postgres_server, f'CREATE DATABASE "{name}"')
    database = Database(_with_name(postgres_server, name))
    database.migrate()
    database.close()
    yield name
    _administer(postgres_server, f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file that others are copied from."""
    path = tmp_path_factory.mktemp("template") / "connector.sqlite3"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@contextmanager
def _fresh_url(request: pytest.FixtureRequest, tmp_path: Path, *, template: bool) -> Iterator[str]:
    if request.param == "sqlite":
        path = tmp_path / "connector.sqlite3"
        if template:
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server = request.getfixturevalue("postgres_server")
    name = _new_name()
    source = f' TEMPLATE "{request.getfixturevalue("postgres_template")}"' if template else ""
    _administer(server, f'CREATE DATABASE "{name}"{source}')
    yield _with_name(server, name)
    _administer(server, f'DROP DATABASE "{name}" WITH (FORCE)')


def _new_name() -> str:
    return f"connector_test_{secrets.token_hex(6)}"


def _with_name(server: str, name: str) -> str:
    from sqlalchemy.engine import make_url

    return make_url(server).set(database=name).render_as_string(hide_password=False)


def _administer(server: str, statement: str) -> None:
    import psycopg
    from sqlalchemy.engine import make_url

    parts = make_url(server)
    plain = parts.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(statement.encode())


@contextmanager
def _throw_away_server() -> Iterator[str]:
    binaries = _binaries()
    as_user = _unprivileged()
    home = Path(tempfile.mkdtemp(prefix="connector-pg-"))
    if as_user:
        shutil.chown(home, "postgres")
    data = home / "data"
    # Durability is the server's own business: without fsync the tests are several times as fast.
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off -c max_connections=200"
    control = [*as_user, str(binaries / "pg_ctl"), "-D", str(data), "-s", "-w"]
    try:
        initialize = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-N"]
        _run([*as_user, *initialize, "-E", "UTF8", "--locale=C.UTF-8"], home)
        _run([*control, "-l", str(home / "log"), "-o", options, "start"], home)
        yield f"postgresql://postgres@/postgres?host={home}"
        _run([*control, "-m", "immediate", "stop"], home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    if on_path is None:
        pytest.skip("PostgreSQL is not installed: no initdb found and CONNECTOR_TEST_POSTGRES_URL is not set")
    return Path(on_path).resolve().parent


def _unprivileged() -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    try:
        pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("PostgreSQL can't be started: we are root and there is no user `postgres`")
    return ["runuser", "-u", "postgres", "--"]


def _run(command: list[str], directory: Path) -> None:
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
