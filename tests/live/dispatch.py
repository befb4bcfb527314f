"""Dispatch as `scripts/demo` starts it beside a real site: a process of its own."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .access import Access

REPOSITORY = Path(__file__).resolve().parents[2]
START_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Dispatch:
    """`webhook_secret` is the one it verifies deliveries with."""

    url: str
    webhook_secret: str
    directory: Path

    @property
    def hooks_url(self) -> str:
        return f"{self.url}/erpnext/hooks/main"

    @property
    def log(self) -> str:
        """What it said."""
        return (self.directory / "log").read_text()

    def age_grants(self) -> None:
        """Make it believe that its users' tokens are old enough to be renewed, at the next use."""
        with closing(self._database()) as database, database:
            database.execute("UPDATE connector_grants SET refresh_at = 0")

    def generation(self, user: str) -> str:
        """Names the user's stored pair of tokens; another one after each refresh."""
        with closing(self._database()) as database:
            query = "SELECT generation FROM connector_grants WHERE user_id = ?"
            (generation,) = database.execute(query, (user,)).fetchone()
        return str(generation)

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.directory / "var/demo/site/connector.sqlite3", timeout=10)


@contextmanager
def running(access: Access, webhook_secret: str, directory: Path) -> Iterator[Dispatch]:
    """Dispatch for this site with its state in `directory`; stopped as by Ctrl-C."""
    dispatch = Dispatch(access.app_url, webhook_secret, directory)
    command = [sys.executable, "-m", "examples.dispatch.demo", "--port", str(access.app_port)]
    environment = _environment(access, webhook_secret)
    with (directory / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=directory, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait(process, dispatch, access.app_port)
        yield dispatch
        assert process.poll() is None, f"Dispatch stopped by itself: {dispatch.log}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def _environment(access: Access, webhook_secret: str) -> dict[str, str]:
    """Its own places for state, and no service account: it does not need one."""
    ours = {name: text for name, text in os.environ.items() if not name.startswith(("ERPNEXT_", "CONNECTOR_"))}
    return {
        **ours,
        "ERPNEXT_URL": access.url,
        "ERPNEXT_CLIENT_ID": access.client_id,
        "ERPNEXT_CLIENT_SECRET": access.client_secret,
        "ERPNEXT_WEBHOOK_SECRET": webhook_secret,
        "CONNECTOR_URL": access.app_url,
        "DISPATCH_DATABASE": "dispatch.sqlite3",
        "PYTHONPATH": str(REPOSITORY),
    }


def _wait(process: subprocess.Popen[bytes], dispatch: Dispatch, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "Ctrl-C" not in dispatch.log:
        assert process.poll() is None, f"Dispatch did not start: {dispatch.log}"
        assert time.monotonic() < deadline, f"Dispatch did not start: {dispatch.log}"
        time.sleep(0.1)
    assert f":{port}\n" in dispatch.log, f"port {port} of this machine is taken, and the OAuth Client knows no other"
