"""Starts Dispatch beside a sandbox ERPNext, or beside the site that ERPNEXT_URL names."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import uvicorn

from erpnext_connector.client import ApiKey, Client
from erpnext_connector.errors import ConnectorError
from erpnext_connector.manifest import Manifest
from erpnext_connector.sandbox.versions import VERSIONS
from erpnext_connector.secret import Secret
from erpnext_connector.wire.webhook import webhook_document

HOST = "127.0.0.1"
STATE = Path("var/demo")
MANIFEST = Path(__file__).with_name("connector.toml")
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sandbox:
    """A running sandbox; `known` is its vars file: clients, API key, people."""

    url: str
    frappe: str
    known: Mapping[str, Any]

    def client(self) -> Client:
        return Client(self.url, ApiKey(self.known["api_key"], Secret(self.known["api_secret"])))


class Announced(uvicorn.Server):
    """A server that says where it is once it can be reached."""

    def __init__(self, config: uvicorn.Config, words: str) -> None:
        super().__init__(config)
        self._words = words

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._words, flush=True)


@click.command()
@click.option("--port", default=8000, show_default=True, help="Dispatch's port; another one if it is taken.")
@click.option("--sandbox-port", default=8015, show_default=True, help="The sandbox's port; another if it is taken.")
@click.option(
    "--frappe",
    type=click.Choice([str(version) for version in VERSIONS]),
    default="15",
    show_default=True,
    help="What the sandbox speaks as.",
)
def main(port: int, sandbox_port: int, frappe: str) -> None:
    """Dispatch, beside a sandbox ERPNext or, with ERPNEXT_URL and ERPNEXT_CLIENT_ID set, beside that site.

    Ctrl-C stops everything. What it writes is in var/demo; a sandbox starts anew each time.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the sandbox ends, too
    url = f"http://{HOST}:{free_port(port)}"
    if os.environ.get("ERPNEXT_URL"):
        serve(url, STATE / "site", {}, words_for_site(url))
        return
    state = STATE / "sandbox"
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True)
    with sandbox(free_port(sandbox_port), frappe, url, state) as running:
        secret = Secret(secrets.token_urlsafe(24))
        register_webhooks(running, f"{url}/erpnext/hooks/main", secret)
        serve(url, state, settings(running, secret), words_for_sandbox(url, running))


def free_port(wanted: int) -> int:
    """The wanted port, or another if something listens there."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise click.ClickException("No free port was found.")


@contextmanager
def sandbox(port: int, frappe: str, dispatch_url: str, state: Path) -> Iterator[Sandbox]:
    """A sandbox ERPNext that knows Dispatch as an OAuth client."""
    vars_file, log_file = state / "sandbox.json", state / "sandbox.log"
    program = "from erpnext_connector.cli.main import main; main()"
    options = ["--frappe", frappe, "--port", str(port), "--vars", str(vars_file)]
    client = f"--client=Dispatch={dispatch_url}/erpnext/callback"
    with log_file.open("w") as log:
        process = subprocess.Popen(  # noqa: S603 (the command is ours)
            [sys.executable, "-c", program, "sandbox", *options, client], stdout=log, stderr=subprocess.STDOUT
        )
        try:
            known = wait_for(process, vars_file)
            yield Sandbox(str(known["base_url"]), frappe, known)
        finally:
            process.terminate()
            process.wait()


def wait_for(process: subprocess.Popen[bytes], vars_file: Path) -> dict[str, Any]:
    """What the sandbox writes as soon as it listens."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if vars_file.exists():
            known: dict[str, Any] = json.loads(vars_file.read_text())
            return known
        time.sleep(0.05)
    raise click.ClickException(f"The sandbox did not start; {vars_file.with_suffix('.log')} tells why.")


def register_webhooks(running: Sandbox, url: str, secret: Secret) -> None:
    """Those of connector.toml, created over REST as on a real site."""
    with running.client() as erpnext:
        for hook in Manifest.from_file(MANIFEST).webhooks:
            for event in hook.events:
                document = webhook_document(app="Dispatch", doctype=hook.doctype, event=event, url=url, secret=secret)
                erpnext.insert("Webhook", document)


def settings(running: Sandbox, webhook_secret: Secret) -> dict[str, str]:
    """What one would set for a real site."""
    client = running.known["clients"]["Dispatch"]
    return {
        "ERPNEXT_URL": running.url,
        "ERPNEXT_CLIENT_ID": client["client_id"],
        "ERPNEXT_CLIENT_SECRET": client["client_secret"],
        "ERPNEXT_WEBHOOK_SECRET": webhook_secret.reveal(),
    }


def serve(url: str, state: Path, variables: Mapping[str, str], words: str) -> None:
    """Dispatch until Ctrl-C; the environment wins over the demo's own places for state."""
    state.mkdir(parents=True, exist_ok=True)
    own = {
        "CONNECTOR_URL": url,
        "CONNECTOR_DATABASE_URL": f"sqlite:///{state / 'connector.sqlite3'}",
        "CONNECTOR_KEY_FILE": str(state / "connector.key"),
        "DISPATCH_DATABASE": str(state / "dispatch.sqlite3"),
    }
    os.environ.update({**own, **os.environ, **variables})
    config = uvicorn.Config(
        "examples.dispatch.app:app",
        host=HOST,
        port=int(url.rpartition(":")[2]),
        log_level="warning",
        timeout_graceful_shutdown=1,  # pages listen for changes without end
    )
    with suppress(KeyboardInterrupt):
        Announced(config, words).run()


def words_for_sandbox(url: str, running: Sandbox) -> str:
    return f"""
  Dispatch       {url}
  its ERPNext    {running.url}   (a sandbox; speaks as Frappe {running.frappe})

  Sign in as     sales@example.com     sales-Pw-1      plans deliveries
                 stock@example.com     stock-Pw-1      sees Raw Material only, and no customers
                 manager@example.com   manager-Pw-1    may edit everything

  Try this       1. Open Dispatch, sign in, plan a delivery.
                 2. In another window edit one of its items in ERPNext: {running.url}/app/item
                    and watch the open delivery follow.
                 3. Revoke Dispatch at {running.url}/third_party_apps
                    and click anything in Dispatch.

  Ctrl-C stops both.
"""


def words_for_site(url: str) -> str:
    return f"""
  Dispatch       {url}
  its ERPNext    {os.environ["ERPNEXT_URL"]}

  The OAuth Client in ERPNext needs this redirect URI:
                 {url}/erpnext/callback
  For changes to arrive, ERPNext needs to reach this machine, and a Webhook for each of
                 Item on_update, Item on_trash, Customer on_update, Customer on_trash
  with           Request URL      {os.environ.get("CONNECTOR_URL", url)}/erpnext/hooks/main
                 Webhook Secret   the value of ERPNEXT_WEBHOOK_SECRET
  docs/real-site.md has every field.

  Ctrl-C stops it.
"""


if __name__ == "__main__":
    try:
        main()
    except ConnectorError as error:
        sys.exit(f"{error.code}: {error.message}\n{error.hint}")
