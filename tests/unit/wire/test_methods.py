from __future__ import annotations

import json
from typing import Any

import pytest

from erpnext_connector.errors import (
    BadRequest,
    CredentialsRefused,
    MethodNotFound,
    NotFrappe,
    PermissionDenied,
    SiteUnavailable,
)
from erpnext_connector.wire import methods
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import VERSIONS, exchanges


def test_a_method_is_read_by_get_and_its_arguments_are_texts() -> None:
    call = methods.method(
        "frappe.client.get_count", {"doctype": "Item", "filters": {"a": 1}, "debug": False, "x": None}
    )
    assert (call.method, call.path) == ("GET", "/api/method/frappe.client.get_count")
    assert call.params == {"doctype": "Item", "filters": '{"a":1}', "debug": "0"}
    assert call.repeatable


def test_a_method_that_writes_gets_a_json_body_and_is_sent_once() -> None:
    call = methods.method("my_app.api.book", {"qty": 3, "rows": [{"a": None}]}, post=True)
    assert (call.method, call.json, call.params) == ("POST", {"qty": 3, "rows": [{"a": None}]}, {})
    assert not call.repeatable


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ({"message": [1, 2]}, [1, 2]),
        ({"message": None}, None),
        ({}, None),
        ({"_server_messages": "[]"}, None),
        ({"docs": [{"name": "x"}], "_server_messages": "[]"}, {"docs": [{"name": "x"}]}),
    ],
)
def test_what_a_method_returned_is_the_value(body: dict[str, Any], value: Any) -> None:
    assert methods.method("x").read(answer(body)) == value


def test_a_method_whose_arguments_are_long_goes_by_post() -> None:
    call = methods.method("x", {"text": "ä" * 1000})
    assert (call.method, call.form) == ("POST", {"text": "ä" * 1000})
    assert call.repeatable


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_methods_are_read(version: int) -> None:
    recorded = exchanges(version)
    assert methods.ping().read(recorded["server/ping"].reply) is None
    assert methods.logged_user().read(recorded["server/whoami_api_key"].reply)
    assert methods.versions().read(recorded["server/versions_installed"].reply)["frappe"].startswith(str(version))
    assert methods.get_value("Item", "x", ["item_group"]).read(recorded["method/get_value"].reply) == {
        "item_group": "Raw Material",
        "stock_uom": "Nos",
    }
    assert methods.get_value("Item", "x", ["item_group"]).read(recorded["method/get_value_none"].reply) is None
    assert methods.exists("Item", "x").read(recorded["method/get_value"].reply)
    assert not methods.exists("Item", "x").read(recorded["method/get_value_none"].reply)
    assert methods.rename("Customer", "a", "b").read(recorded["method/rename_doc"].reply) == "Contract Many B2"
    assert methods.assign("Customer", "a", ["x"]).read(recorded["method/assign_to"].reply) == ("{sales_user}",)
    with pytest.raises(MethodNotFound):
        methods.method("frappe.no.such").read(recorded["server/unknown_method"].reply)
    with pytest.raises(CredentialsRefused):
        methods.logged_user().read(recorded["server/whoami_bad_bearer"].reply)
    with pytest.raises(PermissionDenied):
        methods.logged_user().read(recorded["server/whoami_guest"].reply)


@pytest.mark.parametrize("body", [b"<html>pong</html>", {"message": "PONG"}, {}, b"[]"], ids=str)
@pytest.mark.parametrize("status", [200, 403, 404])
def test_what_does_not_answer_pong_is_not_frappe(body: Any, status: int) -> None:
    with pytest.raises(NotFrappe):
        methods.ping().read(answer(body, status=status))


def test_a_site_in_maintenance_is_still_frappe() -> None:
    with pytest.raises(SiteUnavailable):
        methods.ping().read(answer({"exc_type": "SessionStopped"}, status=503))


def test_ping_is_sent_without_credentials() -> None:
    assert not methods.ping().authenticated
    assert methods.logged_user().authenticated


def test_assigning_needs_a_list_of_users() -> None:
    call = methods.assign("Customer", "A", ["a@example.com"], description="call", priority="High")
    assert call.json == {
        "doctype": "Customer",
        "name": "A",
        "assign_to": '["a@example.com"]',
        "description": "call",
        "priority": "High",
    }
    for users in ([], "a@example.com"):
        with pytest.raises(BadRequest):
            methods.assign("Customer", "A", users)  # type: ignore[arg-type]


def test_a_workflow_action_carries_the_document() -> None:
    call = methods.apply_workflow({"doctype": "Leave", "name": "L-1"}, "Approve")
    assert json.loads(call.json["doc"]) == {"doctype": "Leave", "name": "L-1"}
    assert call.json["action"] == "Approve"
    assert call.read(answer({"message": {"name": "L-1"}})) == {"name": "L-1"}
    transitions = methods.workflow_transitions({"doctype": "Leave", "name": "L-1"})
    assert transitions.read(answer({"message": [{"action": "Approve"}]})) == [{"action": "Approve"}]


def test_a_document_can_be_found_by_filters() -> None:
    call = methods.get_value("UOM", {"uom_name": "Kg"}, ["name", "enabled"])
    assert call.params == {"doctype": "UOM", "filters": '{"uom_name":"Kg"}', "fieldname": '["name","enabled"]'}
