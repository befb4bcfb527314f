"""What ERPNext delivers, and what somebody else pretends to."""

from __future__ import annotations

import json
import threading
import time

import httpx2
import pytest

from erpnext_connector.secret import Secret
from erpnext_connector.wire.webhook import sign, webhook_document
from tests.integration.apps import APPS
from tests.integration.world import JSON, WEBHOOK_SECRET, World

BODY = json.dumps(
    {"event": "on_update", "doctype": "Item", "name": "I-1", "modified": "2026-11-23 10:00:00.1"}
).encode()


def deliver(world: World, body: bytes = BODY, secret: str = WEBHOOK_SECRET, site: str = "main") -> httpx2.Response:
    headers = {"X-Frappe-Webhook-Signature": sign(body, Secret(secret)), "Content-Type": "application/json"}
    return httpx2.post(f"{world.url}/erpnext/hooks/{site}", content=body, headers=headers)


def wait_for(condition: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:  # type: ignore[operator]
        time.sleep(0.02)


@pytest.mark.parametrize("framework", sorted(APPS))
def test_a_change_in_erpnext_reaches_the_handler(world: World) -> None:
    url = f"{world.url}/erpnext/hooks/main"
    with world.connector.as_app() as erpnext:
        hook = webhook_document(app="Test", doctype="Item", event="on_update", url=url, secret=Secret(WEBHOOK_SECRET))
        erpnext.insert("Webhook", hook)
        name = erpnext.list("Item", fields=["name"], limit=1).all()[0]["name"]
        erpnext.set_value("Item", name, {"item_name": "Changed upstream"})
    wait_for(lambda: world.events)
    assert [(event.site_id, event.doctype, event.name, event.event) for event in world.events] == [
        ("main", "Item", name, "on_update")
    ]


def test_a_repeated_delivery_is_kept_once(world: World) -> None:
    assert [deliver(world).json() for _ in range(3)] == [{}, {}, {}]
    wait_for(lambda: world.events)
    time.sleep(0.3)
    assert len(world.events) == 1


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_forged_delivery_is_refused(world: World, secret: str) -> None:
    said = deliver(world, secret=secret)
    assert (said.status_code, said.json()["error"]["code"]) == (403, "signature_invalid")
    unsigned = httpx2.post(f"{world.url}/erpnext/hooks/main", content=BODY, headers={"Accept": "text/html"})
    assert unsigned.status_code == 403
    assert "signature does not match" in unsigned.text


def test_an_oversized_delivery_is_refused_and_told_so(world: World) -> None:
    body = b'{"event": "' + b"x" * 1_000_000 + b'"}'
    said = deliver(world, body)
    assert (said.status_code, said.json()["error"]["code"]) == (413, "too_large")
    page = httpx2.post(f"{world.url}/erpnext/hooks/main", content=body, headers={"Accept": "text/html"})
    assert page.status_code == 413
    assert "<code>too_large</code>" in page.text
    assert world.connector.running.inbox.waiting() == 0


def test_a_delivery_just_below_the_limit_is_taken(world: World) -> None:
    start = b'{"event": "on_update", "doctype": "ToDo", "note": "'
    assert deliver(world, start + b"x" * (1_000_000 - len(start) - 2) + b'"}').status_code == 200


def test_a_delivery_of_an_unknown_site_is_not_found(world: World) -> None:
    said = deliver(world, site="nowhere")
    assert (said.status_code, said.json()["error"]["code"]) == (404, "not_found")
    assert deliver(world, site="%00").status_code == 400


def test_what_is_no_json_is_refused(world: World) -> None:
    said = deliver(world, b"<xml/>")
    assert (said.status_code, said.json()["error"]["code"]) == (400, "bad_request")


def test_looking_at_the_address_says_how_to_use_it(world: World) -> None:
    said = httpx2.get(f"{world.url}/erpnext/hooks/main", headers=JSON)
    assert (said.status_code, said.headers["allow"]) == (405, "POST")


def test_deliveries_are_taken_while_erpnext_hangs(world: World) -> None:
    browser = world.browser()
    world.sign_in(browser)
    world.sandbox.fault("slow", path="/api/method/frappe.desk.search", seconds=3)
    asking = [
        threading.Thread(target=lambda: browser.get(f"{world.url}/erpnext/link/Item?txt=a", headers=JSON))
        for _ in range(12)
    ]
    for thread in asking:
        thread.start()
    time.sleep(0.3)
    started = time.monotonic()
    assert deliver(world).status_code == 200
    assert time.monotonic() - started < 1
    world.sandbox.site.faults.clear()
    for thread in asking:
        thread.join()
