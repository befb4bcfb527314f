"""The core installs and works beside what a Frappe 15 environment pins, in an environment of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(300)

REPOSITORY = Path(__file__).resolve().parents[2]
CONSTRAINTS = REPOSITORY / "constraints/frappe-15.txt"
NO_INDEX = ("dns error", "connection refused", "failed to establish a new connection", "network is unreachable")

# Runs in that environment: every room that a Frappe app may use, each doing a little of its work.
TRIAL = """
import json, os, sys, time, warnings
warnings.simplefilter("error")
import erpnext_connector
from erpnext_connector import Client, Connector, Manifest, Secret, Settings
from erpnext_connector.client import AsyncClient
from erpnext_connector.clock import SystemClock
from erpnext_connector.inbox import Inbox
from erpnext_connector.oauth import discovery, identity
from erpnext_connector.oauth.grant import AuthorizationRequest
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire import lists, webhook

for name in erpnext_connector.__all__:
    getattr(erpnext_connector, name)

app = OAuthClient("client", Secret("secret"), "https://app.example.com/erpnext/callback")
asked = AuthorizationRequest.begin(app, "https://erp.example.com", random=os.urandom)
assert "code_challenge_method=S256" in asked.url
call = lists.list_documents(lists.ListQuery("Item", filters={"disabled": 0}))
assert call.path == "/api/resource/Item"
body = b'{"doctype": "Item", "name": "A", "event": "on_update"}'
webhook.verify(body, webhook.sign(body, Secret("s")), [Secret("s")])

clock, database, keyring = SystemClock(), Database("sqlite:///control.sqlite3"), KeyRing([b"k" * 32])
database.migrate()
Sites(database, keyring).put(Site("main", "https://erp.example.com", "client", webhook_secrets=(Secret("s"),)))
vault = Vault(database, keyring, clock, lambda site, tokens: tokens)
ann = Profile(user="ann@example.com", sub="1", full_name="Ann", email="ann@example.com", picture=None, roles=())
vault.keep("main", ann, TokenSet(Secret("access"), Secret("refresh"), time.time() + 3600, "all"))
assert vault.fresh("main", ann.user).reveal() == "access"
inbox = Inbox(database, clock, lambda _: (Secret("s"),))
assert inbox.accept("main", body, {webhook.SIGNATURE_HEADER: webhook.sign(body, Secret("s"))})
assert inbox.waiting() == 1
database.close()

with Client("http://127.0.0.1:9") as client:
    try:
        client.ping()
    except erpnext_connector.Retryable as error:
        assert error.code == "site_unreachable"
with Connector(Manifest.parse('[app]\\nname = "Trial"'), Settings()) as connector:
    assert connector.sites.all() == ()

from importlib.metadata import distributions
print(json.dumps({found.metadata["Name"].lower().replace("-", "_"): found.version for found in distributions()}))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The interpreter of an environment that holds those pins and the core, without extras."""
    directory = tmp_path_factory.mktemp("frappe-15")
    source = _source(directory / "source")
    interpreter = directory / "environment/bin/python"
    for command in _commands(interpreter, source):
        _run(command)
    return str(interpreter)


def _source(directory: Path) -> Path:
    """What is needed to build the package, so that building leaves nothing behind in the working tree."""
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPOSITORY / "erpnext_connector", directory / "erpnext_connector", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(REPOSITORY / name, directory)
    return directory


def _commands(interpreter: Path, source: Path) -> list[list[str]]:
    """By uv where it is installed, else by venv and pip."""
    beside_us = Path(sys.executable).with_name("uv")
    uv = shutil.which("uv") or (str(beside_us) if beside_us.exists() else None)
    environment, wanted = str(interpreter.parents[1]), ["-r", str(CONSTRAINTS), str(source)]
    if uv:
        return [
            [uv, "venv", "-q", "-p", sys.executable, environment],
            [uv, "pip", "install", "-q", "-p", str(interpreter), *wanted],
        ]
    return [
        [sys.executable, "-m", "venv", environment],
        [str(interpreter), "-m", "pip", "install", "-q", "--retries", "1", *wanted],
    ]


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and any(sign in done.stderr.lower() for sign in NO_INDEX):
        pytest.skip(f"no package index at hand: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr


def test_the_core_works_beside_what_frappe_15_pins(python: str, tmp_path: Path) -> None:
    environment = {name: text for name, text in os.environ.items() if not name.startswith(("ERPNEXT_", "CONNECTOR_"))}
    command = [python, "-I", "-c", TRIAL]
    trial = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert trial.returncode == 0, trial.stderr
    installed = json.loads(trial.stdout)
    pins = [line.split("==") for line in CONSTRAINTS.read_text().splitlines() if "==" in line]
    assert {name.lower(): version for name, version in pins}.items() <= installed.items()
    assert not {"starlette", "fastapi", "uvicorn", "psycopg"} & installed.keys(), "an extra came along"
