import base64
import hashlib
import hmac
import time

import pytest

from erpnext_connector.sandbox.delivery import Courier
from erpnext_connector.sandbox.faults import Fault, Faults

ITEM = {"doctype": "Item", "name": "A", "modified": "2026-11-23 10:00:00.000001", "docstatus": 0}


class Documents:
    """Webhook documents in a list."""

    def __init__(self, *hooks):
        self.hooks, self.rows = list(hooks), []

    def enabled(self):
        return self.hooks

    def get(self, name):
        return next(((hook, "s3cret") for hook in self.hooks if hook["name"] == name), None)

    def log(self, row):
        self.rows.append(row)


@pytest.fixture
def send(listener):
    """Send one event through a webhook with these changes; returns the log rows."""
    couriers = []

    def send(*, faults=(), frappe=15, events=(("on_update", ITEM),), **changes):
        hook = {
            "name": "hook",
            "webhook_doctype": "Item",
            "webhook_docevent": "on_update",
            "request_url": listener.url + "/hooks",
            "webhook_json": '{"name": {{ doc.name | tojson }}}',
            "enable_security": 1,
        }
        documents = Documents(hook | changes)
        couriers.append(Courier(documents, Faults(faults), frappe=frappe, speed=50))
        couriers[-1].after_commit(events)
        couriers[-1].drain()
        return documents.rows

    yield send
    for courier in couriers:
        courier.stop()


def test_a_webhook_arrives_signed_over_its_raw_body(listener, send):
    rows = send()
    method, path, headers, body = listener.received[0]
    assert (method, path, body) == ("POST", "/hooks", b'{"name": "A"}')
    wanted = base64.b64encode(hmac.new(b"s3cret", body, hashlib.sha256).digest()).decode()
    assert headers["X-Frappe-Webhook-Signature"] == wanted
    assert (rows[0]["webhook"], rows[0]["reference_document"], rows[0]["response"]) == ("hook", "A", "{}")


def test_the_headers_are_those_of_a_real_delivery(listener, send):
    send(enable_security=0)
    _, _, headers, _ = listener.received[0]
    assert sorted(headers) == ["Accept", "Accept-Encoding", "Connection", "Content-Length", "Host", "User-Agent"]
    assert headers["User-Agent"].startswith("python-requests/")


def test_an_error_is_tried_three_times_with_the_same_body_and_signature(listener, send):
    listener.answers = [(500, None), (410, None), (200, None)]
    rows = send()
    assert len(listener.received) == 3
    assert len({(body, headers["X-Frappe-Webhook-Signature"]) for _, _, headers, body in listener.received}) == 1
    assert [row["error"] for row in rows] == ["500 Internal Server Error", "410 Gone", None]


def test_after_three_attempts_the_event_is_dropped(listener, send):
    listener.answers = [(500, None)] * 5
    assert len(send()) == 3
    assert len(listener.received) == 3


def test_a_slow_listener_gets_the_event_again_at_once(listener, send):
    listener.delays = [1.4, 0]
    started = time.monotonic()
    rows = send(timeout=1)
    assert len(listener.received) == 2
    assert time.monotonic() - started < 1.5
    assert "ReadTimeout" in rows[0]["error"]


def test_a_redirect_is_followed_as_a_get_without_body(listener, send):
    listener.answers = [(302, "/elsewhere")]
    send()
    assert [(method, path, body) for method, path, _, body in listener.received] == [
        ("POST", "/hooks", b'{"name": "A"}'),
        ("GET", "/elsewhere", b""),
    ]


def test_a_broken_template_sends_nothing_and_is_logged(listener, send):
    rows = send(webhook_json='{"name": {{ doc.name }}}')
    assert listener.received == []
    assert len(rows) == 1
    assert "Traceback" in rows[0]["error"]


def test_nobody_listening_is_tried_three_times_but_once_on_frappe_14(send):
    assert len(send(request_url="http://127.0.0.1:1/")) == 3
    assert send(request_url="http://127.0.0.1:1/", frappe=14) == []
    assert len(send(request_url="http://127.0.0.1:1/", frappe=13)) == 3


def test_frappe_14_keeps_the_answer_as_an_object(send):
    assert send(frappe=14)[0]["response"] == "<Response [200]>"


def test_a_webhook_can_be_lost_or_come_three_times(listener, send):
    send(faults=[Fault("lose_webhooks", times=1)])
    assert listener.received == []
    send(faults=[Fault("repeat_webhooks", times=1)])
    assert len(listener.received) == 3


def test_a_webhook_deleted_while_it_waits_is_not_sent(listener):
    documents = Documents()
    documents.enabled = lambda: [{"name": "gone", "webhook_doctype": "Item", "webhook_docevent": "on_update"}]
    courier = Courier(documents, Faults(), frappe=15)
    courier.after_commit([("on_update", ITEM)])
    courier.drain()
    courier.stop()
    assert listener.received == []
