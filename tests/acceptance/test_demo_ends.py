"""The demo as a process: what it started ends with it, however it is ended."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "terminated"])
def test_the_sandbox_ends_with_the_demo(how: signal.Signals, tmp_path: Path) -> None:
    port, sandbox_port = free_port(), free_port()
    command = [sys.executable, "-m", "examples.dispatch.demo", f"--port={port}", f"--sandbox-port={sandbox_port}"]
    with subprocess.Popen(
        command,
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        assert any("Ctrl-C" in line for line in demo.stdout)
        assert is_open(port)
        assert is_open(sandbox_port)
        demo.send_signal(how)
        said = demo.stdout.read()
    assert "Traceback" not in said
    assert not is_open(port)
    assert not is_open(sandbox_port)
