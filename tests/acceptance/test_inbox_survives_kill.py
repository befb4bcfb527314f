"""A real process that accepts events is killed with SIGKILL; another handles every one that was answered."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from erpnext_connector.clock import SystemClock
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Site, Sites

SECRET = Secret("webhook-secret")

# Says the number of each event once it is accepted; every handler hangs, so none is ever finished here.
APP = """
import sys, time, json
from erpnext_connector.clock import SystemClock
from erpnext_connector.inbox import Inbox
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.wire.webhook import SIGNATURE_HEADER, sign

secret = Secret("webhook-secret")

def say(text):
    sys.stdout.write(text + "\\n")
    sys.stdout.flush()

def hang(event):
    say("began")
    time.sleep(3600)

inbox = Inbox(Database(sys.argv[1]), SystemClock(), lambda _: (secret,), threads=2, claim_seconds=3)
inbox.on()(hang)
inbox.start()
number = 0
while True:
    document = {"doctype": "Item", "name": f"ITEM-{number % 5}", "event": "on_update", "modified": f"{number:06}"}
    body = json.dumps(document).encode()
    inbox.accept("main", body, {SIGNATURE_HEADER: sign(body, secret)})
    say(str(number))
    number += 1
"""


def _accepted_before_kill(url: str, at_least: int) -> int:
    command = [sys.executable, "-c", APP, url]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
        assert process.stdout
        accepted = began = 0
        for line in process.stdout:
            if line == "began\n":
                began += 1
            else:
                accepted = int(line) + 1
            if accepted >= at_least and began == 2:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    return accepted


def _until_empty(inbox: Inbox, clock: SystemClock, seconds: float) -> None:
    give_up = clock.monotonic() + seconds
    while inbox.waiting() and clock.monotonic() < give_up:
        clock.sleep(0.1)


def test_what_was_accepted_is_handled_after_the_process_was_killed(database_url: str) -> None:
    database, clock = Database(database_url), SystemClock()
    Sites(database, KeyRing([b"k" * 32])).put(
        Site("main", "https://erp.example.com", "client", webhook_secrets=(SECRET,))
    )
    accepted = _accepted_before_kill(database_url, at_least=40)

    heard: list[tuple[str | None, str | None]] = []
    remember: Callable[[Event], None] = lambda event: heard.append((event.name, event.modified))  # noqa: E731
    inbox = Inbox(database, clock, lambda _: (SECRET,))
    inbox.on("Item", "on_update")(remember)
    inbox.start()
    _until_empty(inbox, clock, seconds=40)
    assert inbox.stop()
    database.close()

    expected = {(f"ITEM-{number % 5}", f"{number:06}") for number in range(accepted)}
    assert expected <= set(heard), "an accepted event was lost"
    assert len(heard) == len(set(heard)), "an event that nobody had finished was handled twice"
    for name in {name for name, _ in heard}:
        order = [modified for heard_name, modified in heard if heard_name == name]
        assert order == sorted(order, key=str)
