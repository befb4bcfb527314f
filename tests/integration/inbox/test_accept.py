from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from erpnext_connector.errors import BadRequest, SignatureInvalid, TooLarge
from erpnext_connector.inbox import MAX_BODY_BYTES, Event, Inbox
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.tables import inbox_events
from erpnext_connector.wire.webhook import EVENT_HEADER, SIGNATURE_HEADER, sign
from tests.clocks import ManualClock
from tests.integration.inbox.conftest import SECRET, Deliver, said

RECORDINGS = Path(__file__).parents[2] / "contract" / "recordings"


def _kept(database: Database) -> int:
    with database.read() as connection:
        return connection.execute(select(func.count()).select_from(inbox_events)).scalar_one()


def test_a_delivery_is_kept_and_told_as_it_was_said(inbox: Inbox, deliver: Deliver, clock: ManualClock) -> None:
    heard: list[Event] = []
    inbox.on("Item", "on_update")(heard.append)
    body = said("1/2in Größe 日本") | {"rate": 12.5}
    assert deliver(body)
    inbox.work()
    (event,) = heard
    assert (event.site_id, event.doctype, event.name, event.event) == ("main", "Item", "1/2in Größe 日本", "on_update")
    assert (event.modified, event.docstatus, event.attempt) == ("2026-11-23 10:00:00.000001", 0, 1)
    assert event.body == body
    assert event.received_at == clock.now()


def test_three_identical_attempts_become_one_event(inbox: Inbox, deliver: Deliver, clock: ManualClock) -> None:
    heard: list[Event] = []
    inbox.on("Item")(heard.append)
    new = []
    for wait_seconds in (0, 1, 4):
        clock.advance(wait_seconds)
        new.append(deliver(said()))
        inbox.work()
    assert new == [True, False, False]
    assert len(heard) == 1


def test_the_same_body_from_two_sites_is_two_events(deliver: Deliver) -> None:
    assert [deliver(said(), "main"), deliver(said(), "other")] == [True, True]


def test_a_later_save_is_a_new_event(deliver: Deliver) -> None:
    assert [deliver(said(modified=1)), deliver(said(modified=2)), deliver(said(modified=1))] == [True, True, False]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": "A"}, {"name": "A", "modified": "x", "rate": 1}, said(event="on_change")],
    ids=["empty", "no modified", "no event", "on_change, which also fires on delete"],
)
def test_a_body_that_does_not_name_its_save_is_joined_only_while_it_waits(
    inbox: Inbox, deliver: Deliver, body: dict[str, Any]
) -> None:
    heard: list[Event] = []
    inbox.on()(heard.append)
    assert [deliver(body), deliver(body), deliver(body)] == [True, False, False]
    inbox.work()
    assert len(heard) == 1
    assert deliver(body), "it may tell of something that happened after the handler looked"
    inbox.work()
    assert len(heard) == 2


def test_news_that_comes_while_the_same_is_being_handled_is_not_lost(inbox: Inbox, deliver: Deliver) -> None:
    again: list[bool] = []

    @inbox.on()
    def look(event: Event) -> None:
        if not again:
            again.append(deliver({"name": "A"}))

    deliver({"name": "A"})
    assert inbox.work() == 2
    assert again == [True]


def test_a_webhook_of_another_shape_is_told_without_doctype(inbox: Inbox, deliver: Deliver) -> None:
    heard: list[Event] = []
    inbox.on()(heard.append)
    deliver({"order": 7})
    inbox.work()
    assert [(event.doctype, event.name, event.event, event.body) for event in heard] == [
        (None, None, None, {"order": 7})
    ]


def test_the_second_secret_counts_while_the_first_is_being_replaced(inbox: Inbox, sites: Sites) -> None:
    sites.put(Site("main", "https://main.example.com", "client", webhook_secrets=(Secret("new"), SECRET)))
    for secret, name in [(SECRET, "A"), (Secret("new"), "B")]:
        body = json.dumps(said(name)).encode()
        assert inbox.accept("main", body, {"X-Frappe-Webhook-Signature": sign(body, secret)})


@pytest.mark.parametrize("site_id", ["main", "mute", "nowhere"])
@pytest.mark.parametrize(
    "headers",
    [{}, {SIGNATURE_HEADER: ""}, {SIGNATURE_HEADER: "forged"}, {SIGNATURE_HEADER: "ä"}],
    ids=["none", "empty", "wrong", "not ASCII"],
)
def test_a_forged_delivery_is_refused_and_not_kept(
    inbox: Inbox, database: Database, site_id: str, headers: dict[str, str]
) -> None:
    with pytest.raises(SignatureInvalid):
        inbox.accept(site_id, json.dumps(said()).encode(), headers)
    assert _kept(database) == 0


def test_a_site_without_secret_accepts_nothing_not_even_the_empty_secrets_signature(inbox: Inbox) -> None:
    body = json.dumps(said()).encode()
    with pytest.raises(SignatureInvalid):
        inbox.accept("mute", body, {SIGNATURE_HEADER: sign(body, Secret(""))})


def test_a_changed_byte_is_a_forgery(inbox: Inbox) -> None:
    body = json.dumps(said("A")).encode()
    with pytest.raises(SignatureInvalid):
        inbox.accept("main", body.replace(b'"A"', b'"B"'), {SIGNATURE_HEADER: sign(body, SECRET)})


def test_a_body_over_the_limit_is_refused_before_anything_is_computed(deliver: Deliver, database: Database) -> None:
    body = b'{"x": "' + b"x" * MAX_BODY_BYTES + b'"}'
    with pytest.raises(TooLarge):
        deliver(body)
    assert _kept(database) == 0


def test_a_body_at_the_limit_is_kept(deliver: Deliver) -> None:
    assert deliver(b'{"x": "' + b"x" * (MAX_BODY_BYTES - 9) + b'"}')


@pytest.mark.parametrize("body", [b"not json", b"[1, 2]", b'"text"', b"\xff\xfe", b""])
def test_a_signed_body_that_is_no_object_is_refused(deliver: Deliver, database: Database, body: bytes) -> None:
    with pytest.raises(BadRequest):
        deliver(body)
    assert _kept(database) == 0


@pytest.mark.parametrize(
    "odd",
    [{"name": "A\0B"}, {"name": "A" * 3000}, {"doctype": "\0"}, {"event": "e" * 3000}, {"docstatus": 2**80}],
    ids=["NUL", "long", "DocType", "event", "docstatus"],
)
def test_a_signed_body_that_frappe_cannot_have_sent_is_refused(
    deliver: Deliver, database: Database, odd: dict[str, Any]
) -> None:
    with pytest.raises(BadRequest):
        deliver(json.dumps(said() | odd).encode())
    assert _kept(database) == 0


def test_an_event_named_in_a_header_is_told_apart(inbox: Inbox) -> None:
    body = json.dumps({key: value for key, value in said().items() if key != "event"}).encode()
    headers = {SIGNATURE_HEADER: sign(body, SECRET)}
    heard: list[str | None] = []
    inbox.on()(lambda event: heard.append(event.event))
    for event in ("on_update", "on_submit", "on_update"):
        inbox.accept("main", body, headers | {EVENT_HEADER: event})
    inbox.work()
    assert heard == ["on_update", "on_submit"]


@pytest.mark.parametrize("version", ["v14", "v15", "v16"])
def test_every_recorded_delivery_is_accepted_once_and_told(version: str, inbox: Inbox, sites: Sites) -> None:
    path = RECORDINGS / f"webhooks-{version}.jsonl"
    deliveries = [json.loads(line) for line in path.read_text().splitlines()]
    heard: list[Event] = []
    inbox.on()(heard.append)
    secrets = tuple({Secret(delivery["secret"]) for delivery in deliveries})
    sites.put(Site("main", "https://main.example.com", "client", webhook_secrets=secrets))
    for delivery in deliveries:
        body = base64.b64decode(delivery["body"])
        for _ in range(3):
            inbox.accept("main", body, delivery["headers"])
    inbox.work()
    told = [event.body for event in heard]
    different = list({delivery["text"]: None for delivery in deliveries})
    assert told == [json.loads(text) for text in different]
