import base64
import json
import re
import time
from pathlib import Path

import pytest

from erpnext_connector.sandbox.webhook import sign

RECORDINGS = Path(__file__).parents[2] / "contract" / "recordings"
SECRET = "contract-webhook-secret"
TEMPLATE = (
    '{"event": "%s", "doctype": {{ doc.doctype | tojson }}, "name": {{ doc.name | tojson }}, '
    '"modified": {{ doc.modified | string | tojson }}, "docstatus": {{ doc.docstatus }}}'
)
EVENTS = {
    "Item": ["after_insert", "on_update", "on_change", "on_trash"],
    "Sales Invoice": ["on_update", "on_submit", "on_cancel", "on_update_after_submit", "on_change"],
}
ITEM = "/api/resource/Item/HOOK-1 Größe 日本"
JSON_ROW = [{"key": "Content-Type", "value": "application/json"}]
FORM_ROWS = [
    {"fieldname": name, "key": key}
    for name, key in (("name", "name"), ("modified", "modified"), ("standard_rate", "rate"))
]


def recorded(frappe):
    lines = (RECORDINGS / f"webhooks-v{frappe}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def register(client, url):
    """The webhooks that the recording was made with, in the same order."""

    def hook(doctype, event, structure="JSON", **more):
        values = {
            "name": f"contract {doctype} {event} {structure}",
            "webhook_doctype": doctype,
            "webhook_docevent": event,
            "request_url": f"{url}/{doctype.replace(' ', '-')}/{event}/{structure.split()[0]}",
            "request_method": "POST",
            "request_structure": structure,
            "enable_security": 1,
            "webhook_secret": SECRET,
            "timeout": 5,
            "enabled": 1,
        }
        client.post("/api/resource/Webhook", json=values | more).raise_for_status()

    for doctype, events in EVENTS.items():
        for event in events:
            hook(doctype, event, webhook_json=TEMPLATE % event, webhook_headers=JSON_ROW)
    hook("Item", "on_update", "Form URL-Encoded", webhook_data=FORM_ROWS)


def act(client):
    """What was done to the recorded servers."""
    item = {"item_code": "HOOK-1 Größe 日本", "item_group": "Valves", "stock_uom": "Nos", "standard_rate": 12.5}
    client.post("/api/resource/Item", json=item).raise_for_status()
    client.put(ITEM, json={"brand": 'O\'Brien "x" <b>'}).raise_for_status()
    client.put(ITEM, json={}).raise_for_status()
    rename = {"doctype": "Item", "old_name": "HOOK-1 Größe 日本", "new_name": "HOOK-2"}
    client.post("/api/method/frappe.client.rename_doc", json=rename).raise_for_status()
    client.delete("/api/resource/Item/HOOK-2").raise_for_status()
    customer = client.get("/api/resource/Customer?limit_page_length=1&order_by=name asc").json()["data"][0]["name"]
    invoice = {"customer": customer, "company": "Lab Trading GmbH", "posting_date": "2026-11-02"}
    made = client.post(
        "/api/resource/Sales Invoice", json=invoice | {"items": [{"item_code": "50% Dextrose", "qty": 1}]}
    )
    address = "/api/resource/Sales Invoice/" + made.json()["data"]["name"]
    for change in ({"docstatus": 1}, {"remarks": "x"}, {"docstatus": 2}):
        client.put(address, json=change).raise_for_status()


def wait_for(listener, count):
    deadline = time.monotonic() + 20
    while len(listener.received) < count and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)


def comparable(path, headers, body, seen):
    """A delivery without what differs from run to run: moments by order of appearance, the invoice's number."""
    values = json.loads(body)
    values["modified"] = seen.setdefault(values["modified"], len(seen))
    values["name"] = re.sub(r"\d{5}$", "N", values["name"])
    left_out = {"Host", "X-Frappe-Webhook-Signature"}
    kept = {name: value for name, value in headers.items() if name not in left_out}
    return path, sorted(headers), kept, values


@pytest.mark.parametrize("frappe", [14, 15, 16])
def test_the_same_changes_send_what_a_real_server_sent(start, listener, frappe):
    wanted = recorded(frappe)
    listener.answers = [(delivery["answered"], None) for delivery in wanted]
    sandbox = start("--frappe", str(frappe), "--webhook-speed", "50")
    with sandbox.manager() as client:
        register(client, listener.url)
        act(client)
        wait_for(listener, len(wanted))
    first, second = {}, {}
    expected = [comparable(one["path"], one["headers"], base64.b64decode(one["body"]), first) for one in wanted]
    assert [comparable(path, headers, body, second) for _, path, headers, body in listener.received] == expected
    for _, _, headers, body in listener.received:
        assert headers["X-Frappe-Webhook-Signature"] == sign(body, SECRET)


def test_every_attempt_is_in_the_log(start, listener):
    listener.answers = [(500, None)]
    sandbox = start("--webhook-speed", "50")
    with sandbox.manager() as client:
        register(client, listener.url)
        client.post("/api/resource/UOM", json={"uom_name": "Hogshead"}).raise_for_status()
        client.put("/api/resource/Item/50% Dextrose", json={"brand": "x"}).raise_for_status()
        wait_for(listener, 4)
        rows = client.get(
            "/api/resource/Webhook Request Log", params={"fields": '["webhook","reference_document","error"]'}
        ).json()["data"]
    assert len(rows) == 4
    assert {row["reference_document"] for row in rows} == {"50% Dextrose"}
    assert sum("500" in (row["error"] or "") for row in rows) == 1


def test_a_disabled_webhook_is_silent_at_once(start, listener):
    sandbox = start("--webhook-speed", "50")
    with sandbox.manager() as client:
        hook = {"name": "h", "webhook_doctype": "UOM", "webhook_docevent": "on_update", "request_url": listener.url}
        hook |= {"request_method": "POST"}
        client.post("/api/resource/Webhook", json=hook).raise_for_status()
        client.put("/api/resource/Webhook/h", json={"enabled": 0}).raise_for_status()
        client.post("/api/resource/UOM", json={"uom_name": "Hogshead"}).raise_for_status()
        client.put("/api/resource/Webhook/h", json={"enabled": 1}).raise_for_status()
        client.post("/api/resource/UOM", json={"uom_name": "Firkin"}).raise_for_status()
        wait_for(listener, 1)
    assert [body for _, _, _, body in listener.received] == [b"{}"]


def test_a_request_that_fails_sends_nothing(start, listener):
    sandbox = start()
    with sandbox.manager() as client:
        register(client, listener.url)
        assert client.post("/api/resource/Item", json={"item_code": "X"}).status_code == 417
        wait_for(listener, 0)
    assert listener.received == []
