import time

import httpx2
import pytest

CUSTOMER = "/api/resource/Customer"


@pytest.fixture
def sandbox(start):
    return start("--fault", "slow:seconds=0.3,path=/api/method/ping,times=1")


@pytest.fixture
def client(sandbox):
    with sandbox.manager() as client:
        yield client


def fault(client, **fault):
    client.post("/sandbox/faults", json=fault).raise_for_status()


def exists(client, name):
    return client.get(f"{CUSTOMER}/{name}").status_code == 200


def test_a_fault_of_the_command_line_is_in_force_and_used_up(client):
    started = time.monotonic()
    assert client.get("/api/method/ping").status_code == 200
    assert time.monotonic() - started >= 0.3
    assert client.get("/sandbox/faults").json() == {"faults": []}


def test_an_error_before_the_commit_does_nothing(client):
    fault(client, kind="error", path=CUSTOMER, method="POST", times=1)
    answer = client.post(CUSTOMER, json={"customer_name": "Before"})
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html")
    assert not exists(client, "Before")


def test_an_error_after_the_commit_has_done_it(client):
    fault(client, kind="error_after_commit", path=CUSTOMER, times=1)
    assert client.post(CUSTOMER, json={"customer_name": "After"}).status_code == 500
    assert exists(client, "After")


def test_too_many_requests_say_when_to_come_back(client):
    fault(client, kind="too_many_requests", seconds=7, times=2)
    answers = [client.get("/api/method/ping") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after"] == "7"


def test_a_dropped_connection_has_no_answer(client):
    fault(client, kind="drop", path=CUSTOMER, method="POST", times=1)
    with pytest.raises(httpx2.TransportError):
        client.post(CUSTOMER, json={"customer_name": "Dropped"})
    assert not exists(client, "Dropped")
    fault(client, kind="drop_after_commit", path=CUSTOMER, method="POST", times=1)
    with pytest.raises(httpx2.TransportError):
        client.post(CUSTOMER, json={"customer_name": "Dropped"})
    assert exists(client, "Dropped")


def test_tokens_live_as_long_as_they_are_told_to(sandbox, client):
    fault(client, kind="token_seconds", seconds=1)
    variables = sandbox.variables
    form = {"grant_type": "password", "client_id": variables["client_id"], "username": variables["sales_user"]}
    with sandbox.client() as app:
        path = "/api/method/frappe.integrations.oauth2.get_token"
        token = app.post(path, data=form | {"password": variables["sales_password"]}).json()
    assert token["expires_in"] == 1
    with sandbox.client(Authorization=f"Bearer {token['access_token']}") as app:
        assert app.get("/api/method/frappe.auth.get_logged_user").status_code == 200
        time.sleep(1.1)
        assert app.get("/api/method/frappe.auth.get_logged_user").status_code == 401


def test_clearing_makes_all_well_and_a_wrong_fault_is_explained(client):
    fault(client, kind="error", path="/api")
    assert client.get("/api/method/ping").status_code == 500
    assert client.delete("/sandbox/faults").json() == {"faults": []}
    assert client.get("/api/method/ping").status_code == 200
    answer = client.post("/sandbox/faults", json={"kind": "fire"})
    assert answer.status_code == 400
    assert "there is no fault 'fire'" in answer.json()["error"]
