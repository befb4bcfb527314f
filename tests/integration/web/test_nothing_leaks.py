"""After a whole story with its failures, no secret is left in the database, the logs, addresses or answers."""

from __future__ import annotations

import base64
import logging
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx2
import pytest

from erpnext_connector.errors import ConnectorError
from erpnext_connector.secret import Secret
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.web.cookies import stem
from erpnext_connector.wire.webhook import sign
from tests.integration.apps import APPS
from tests.integration.world import JSON, WEBHOOK_SECRET, World

STEM = stem("Test app", "/erpnext")
TOKEN_PATH = "/api/method/frappe.integrations.oauth2.get_token"
BODY = b'{"event": "on_update", "doctype": "Item", "name": "I-1", "modified": "2026-11-23 10:00:00"}'


def secrets_upstream(world: World) -> set[str]:
    """What ERPNext issued: access and refresh tokens, codes, the client's secret."""
    erpnext = world.connector.as_app()
    rows = erpnext.list("OAuth Bearer Token", fields=["name", "access_token", "refresh_token"]).all()
    codes = erpnext.list("OAuth Authorization Code", fields=["name"]).all()
    found = {row[field] for row in rows for field in ("name", "access_token", "refresh_token") if row[field]}
    return found | {code["name"] for code in codes} | {world.sandbox.variables["clients"]["Test app"]["client_secret"]}


@pytest.mark.parametrize("framework", sorted(APPS))
def test_no_secret_is_left_anywhere(world: World, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    caplog.set_level(logging.DEBUG)
    answers: list[str] = []
    secrets = {WEBHOOK_SECRET, world.sandbox.variables["api_secret"]}
    browser = world.browser()

    def keep(response: httpx2.Response) -> httpx2.Response:
        if response.status_code >= 400:
            answers.append(response.text)
        return response

    # Denied, finished, replayed, broken in the middle, refreshed, revoked.
    keep(browser.go(world.answer(browser, world.to_consent(browser), "deny")))
    returned = world.answer(browser, world.to_consent(browser), "allow")
    secrets |= {value for values in parse_qs(urlsplit(returned).query).values() for value in values}
    assert browser.go(returned).status_code == 303
    keep(browser.go(returned))
    browser.go(f"{world.url}/items")
    second = world.browser()
    broken = world.answer(second, world.to_consent(second), "allow")
    secrets |= {value for values in parse_qs(urlsplit(broken).query).values() for value in values}
    world.sandbox.fault("drop", path=TOKEN_PATH)
    keep(second.go(broken))
    world.sandbox.site.faults.clear()
    world.clock.offset_seconds = 3000
    browser.go(f"{world.url}/items")
    secrets |= secrets_upstream(world)
    world.revoke(browser)
    world.clock.offset_seconds = 6000
    keep(browser.go(f"{world.url}/items"))
    keep(browser.get(f"{world.url}/items", headers=JSON))

    # Webhooks: right, forged.
    for secret in (WEBHOOK_SECRET, "wrong"):
        headers = {"X-Frappe-Webhook-Signature": sign(BODY, Secret(secret))}
        keep(httpx2.post(f"{world.url}/erpnext/hooks/main", content=BODY, headers=headers))
    secrets |= {unquote(value) for one in world.browsers for value in dict(one.cookies).values() if len(value) > 60}

    for one in world.browsers:
        for value in dict(one.cookies).values():
            secrets |= opened(value, world.connector.running.ring)
    secrets = {secret for secret in secrets if len(secret) >= 10 and secret != "access_denied"}
    assert len(secrets) > 10

    stored = b"".join(path.read_bytes() for path in tmp_path.glob("connector.sqlite3*"))
    logged = "\n".join(record.getMessage() + str(record.exc_text or "") for record in caplog.records if is_ours(record))
    assert "/erpnext/callback" in logged
    own_addresses = [address for address in browser.visited + second.visited if address.startswith(world.url)]
    shown = [address for address in own_addresses if "/erpnext/callback" not in address]
    for secret in secrets:
        assert secret.encode() not in stored
        assert secret not in logged
        assert not any(secret in answer for answer in answers)
        assert not any(secret in address for address in shown)


def is_ours(record: logging.LogRecord) -> bool:
    """ERPNext logs on its own, and so does the test's browser, in the main thread."""
    is_browser = record.threadName == "MainThread" and record.name.startswith("http")
    return record.threadName != "erpnext" and not is_browser


def opened(cookie: str, keyring: KeyRing) -> set[str]:
    """The token inside a cookie of ours."""
    found = set()
    for kind in ("session", "signin"):
        try:
            sealed = base64.urlsafe_b64decode(cookie + "=" * (-len(cookie) % 4))
            found.add(keyring.open(sealed, site="", user=STEM, kind=f"{kind} cookie").decode())
        except (ConnectorError, ValueError):
            continue
    return found
