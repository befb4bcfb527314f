"""Webhooks on OAuth Bearer Token rows, through which a site tells at once that an app was revoked."""

import json
import time

import pytest

from tests.integration.sandbox.test_sign_in_story import CALLBACK, OAUTH, sign_in

TEMPLATE = '{"event": "%s", "user": {{ doc.user | tojson }}, "client": {{ doc.client | tojson }}}'


@pytest.fixture(params=["13", "14", "15", "16", "2026"])
def sandbox(request, start, listener):
    """A sandbox that tells the listener of every token that comes or goes."""
    sandbox = start("--frappe", request.param, "--client", f"Dispatch={CALLBACK}", "--webhook-speed", "20")
    with sandbox.manager() as manager:
        for event in ("after_insert", "on_trash"):
            webhook = {"name": f"tokens-{event}", "webhook_doctype": "OAuth Bearer Token", "webhook_docevent": event}
            webhook |= {"request_url": f"{listener.url}/{event}", "request_method": "POST", "timeout": 5}
            webhook |= {"request_structure": "JSON", "webhook_json": TEMPLATE % event, "enabled": 1}
            manager.post("/api/resource/Webhook", json=webhook).raise_for_status()
    return sandbox


def heard(listener, count):
    """The bodies of the first deliveries."""
    for _ in range(200):
        if len(listener.received) >= count:
            break
        time.sleep(0.02)
    return [json.loads(body) for _, _, _, body in listener.received]


def test_who_gave_and_took_away_what_is_told_at_once(sandbox, listener):
    client = sandbox.variables["clients"]["Dispatch"]["client_id"]
    whose = {"user": "sales@example.com", "client": client}
    with sandbox.client() as browser:
        tokens = sign_in(sandbox, browser)
    assert heard(listener, 1) == [{"event": "after_insert", **whose}]
    with sandbox.client(Authorization=f"Bearer {tokens['access_token']}") as app:
        form = {"client_id": client}
        answer = app.post("/api/method/frappe.www.third_party_apps.delete_client", data=form)
        assert (answer.status_code, answer.json()) == (200, {})
    assert heard(listener, 2)[1:] == [{"event": "on_trash", **whose}]


def test_a_token_revoked_by_the_app_itself_is_told_of_to_nobody(sandbox, listener):
    with sandbox.client() as browser:
        tokens = sign_in(sandbox, browser)
    form = {"token": tokens["access_token"], **sandbox.variables["clients"]["Dispatch"]}
    with sandbox.client() as app:
        assert app.post(OAUTH + "revoke_token", data=form).status_code == 200
    with sandbox.manager() as manager:
        manager.post("/sandbox/upsets", json={"kind": "run_jobs"}).raise_for_status()
        assert manager.get("/api/resource/OAuth Bearer Token").json() == {"data": []}
    time.sleep(0.2)
    assert [one["event"] for one in heard(listener, 1)] == ["after_insert"]
