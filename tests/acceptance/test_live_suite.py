"""The tests against a live site, run as for anybody's site, here beside a sandbox."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(300)

REPOSITORY = Path(__file__).resolve().parents[2]
COMMAND = "from erpnext_connector.cli.main import main; main()"


@pytest.fixture
def app_url() -> str:
    """The address of an app that nobody uses yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


@pytest.fixture(params=["14", "15", "16", "2026"])
def sandbox(request: pytest.FixtureRequest, tmp_path: Path, app_url: str) -> Iterator[dict[str, Any]]:
    """The variables of a running sandbox that knows the app."""
    variables = tmp_path / "vars.json"
    options = ["--frappe", request.param, "--port", "0", "--vars", str(variables)]
    client = f"--client=Dispatch={app_url}/erpnext/callback"
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "sandbox", *options, client], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while not variables.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        yield json.loads(variables.read_text())
    finally:
        process.terminate()
        process.wait(10)


def test_the_live_tests_pass_beside_a_sandbox_without_a_single_skip(sandbox: dict[str, Any], app_url: str) -> None:
    client = sandbox["clients"]["Dispatch"]
    environment = {
        "ERPNEXT_URL": sandbox["base_url"],
        "ERPNEXT_CLIENT_ID": client["client_id"],
        "ERPNEXT_CLIENT_SECRET": client["client_secret"],
        "ERPNEXT_USER": sandbox["sales_user"],
        "ERPNEXT_PASSWORD": sandbox["sales_password"],
        "ERPNEXT_API_KEY": sandbox["api_key"],
        "ERPNEXT_API_SECRET": sandbox["api_secret"],
        "CONNECTOR_URL": app_url,
    }
    command = [sys.executable, "-m", "pytest", "tests/live", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(
        command, cwd=REPOSITORY, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout
    assert "skipped" not in run.stdout


def test_without_a_site_they_say_how_to_switch_them_on() -> None:
    environment = {name: text for name, text in os.environ.items() if name != "ERPNEXT_URL"}
    command = [sys.executable, "-m", "pytest", "tests/live", "-q", "-p", "no:cacheprovider"]
    run = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode in (0, 5), run.stdout  # 5: there was nothing to run
    assert "set ERPNEXT_URL; docs/real-site.md tells how" in run.stdout
