"""The demo as a newcomer starts it: real processes, found by what it prints."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PEOPLE = {
    "sales@example.com": "sales-Pw-1",
    "stock@example.com": "stock-Pw-1",
    "manager@example.com": "manager-Pw-1",
}


@dataclass(frozen=True, slots=True)
class Demo:
    dispatch: str
    erpnext: str
    state: Path


@contextmanager
def running(directory: Path) -> Iterator[Demo]:
    """The demo on free ports with its state in `directory`; stopped as by Ctrl-C."""
    command = [sys.executable, "-m", "examples.dispatch.demo", "--port", "0", "--sandbox-port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(command, cwd=directory, env=environment, stdout=subprocess.PIPE, text=True)
    giving_up = threading.Timer(90, process.kill)
    giving_up.start()
    try:
        yield _read_addresses(process, directory / "var/demo/sandbox")
        assert process.poll() is None, "the demo stopped by itself"
    finally:
        giving_up.cancel()
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def _read_addresses(process: subprocess.Popen[str], state: Path) -> Demo:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if "Ctrl-C" in line:
            dispatch, erpnext = re.findall(r"(?:Dispatch|its ERPNext) +(http://\S+)", said)
            return Demo(dispatch, erpnext, state)
    raise AssertionError(f"the demo did not start: {said}")
