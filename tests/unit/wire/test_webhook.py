from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from erpnext_connector.errors import BadRequest, SignatureInvalid
from erpnext_connector.secret import Secret
from erpnext_connector.wire.webhook import SIGNATURE_HEADER, read_event, sign, verify, webhook_document
from tests.unit.wire.recordings import FOLDER, VERSIONS

DELIVERIES: list[dict[str, Any]] = [
    json.loads(line)
    for version in VERSIONS
    for line in (FOLDER / f"webhooks-v{version}.jsonl").read_text(encoding="utf-8").splitlines()
]
SECRET = Secret("s3cret")


def signature(delivery: dict[str, Any]) -> str:
    return next(value for name, value in delivery["headers"].items() if name.lower() == SIGNATURE_HEADER)


@pytest.mark.parametrize("delivery", DELIVERIES, ids=lambda delivery: delivery["path"] + "-" + delivery["step"])
def test_every_recorded_delivery_verifies_and_is_read(delivery: dict[str, Any]) -> None:
    body, secret = base64.b64decode(delivery["body"]), Secret(delivery["secret"])
    verify(body, signature(delivery), [Secret("another"), secret])
    event = read_event(body, delivery["headers"])
    said = json.loads(body)
    assert (event.name, event.modified, event.body) == (said.get("name"), said.get("modified"), said)
    assert (event.event, event.doctype) == (said.get("event"), said.get("doctype"))
    assert event.docstatus == said.get("docstatus")


@pytest.mark.parametrize("delivery", DELIVERIES[:3], ids=lambda delivery: delivery["path"])
def test_a_flipped_bit_anywhere_is_a_forgery(delivery: dict[str, Any]) -> None:
    body, secret = base64.b64decode(delivery["body"]), Secret(delivery["secret"])
    for place in range(len(body)):
        forged = bytearray(body)
        forged[place] ^= 1
        with pytest.raises(SignatureInvalid):
            verify(bytes(forged), signature(delivery), [secret])


@pytest.mark.parametrize("given", [None, "", "forged", "ä", "\ud800", sign(b"{}", Secret("wrong"))])
def test_a_missing_or_wrong_signature_is_refused(given: str | None) -> None:
    with pytest.raises(SignatureInvalid):
        verify(b"{}", given, [SECRET])


def test_without_a_secret_nothing_is_valid() -> None:
    with pytest.raises(SignatureInvalid):
        verify(b"{}", sign(b"{}", Secret("")), [])
    with pytest.raises(SignatureInvalid):
        verify(b"{}", sign(b"{}", Secret("")), [Secret("")])


@pytest.mark.parametrize("body", [b"", b"not json", b"[1]", b'"x"', b"null", b"\xff"])
def test_a_body_that_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(BadRequest):
        read_event(body, {})


def test_fields_of_another_kind_are_not_believed() -> None:
    event = read_event(b'{"name": 7, "doctype": ["Item"], "docstatus": "1", "modified": {}, "event": ""}', {})
    assert (event.name, event.doctype, event.docstatus, event.modified, event.event) == ("7", None, 1, None, None)
    assert read_event(b'{"docstatus": true}').docstatus is None


def test_a_header_may_name_the_event_where_the_body_does_not() -> None:
    assert read_event(b"{}", {"X-Webhook-Event": "on_trash"}).event == "on_trash"
    assert read_event(b'{"event": "on_update"}', {"X-Webhook-Event": "on_trash"}).event == "on_update"


def test_the_webhook_to_insert_signs_and_names_event_and_version() -> None:
    document = webhook_document(
        app="Dispatch", doctype="Item", event="on_update", url="https://app.example.com/hooks/main", secret=SECRET
    )
    assert document["name"] == "Dispatch: Item on_update"
    assert document["enable_security"] == 1
    assert document["webhook_secret"] == "s3cret"
    assert document["timeout"] == 5
    assert document["webhook_json"] == (
        '{"event": "on_update", "doctype": {{ doc.doctype | tojson }}, "name": {{ doc.name | tojson }}, '
        '"modified": {{ doc.modified | string | tojson }}, "docstatus": {{ doc.docstatus | int }}}'
    )
    assert "condition" not in document


def test_an_event_frappe_does_not_have_is_refused() -> None:
    with pytest.raises(BadRequest, match="on_update"):
        webhook_document(app="a", doctype="Item", event="on_rename", url="https://x", secret=SECRET)
