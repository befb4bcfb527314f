"""Workflow actions by the clients' own verbs, on a small workflow at the sandbox."""

import pytest

from erpnext_connector.client import ApiKey
from erpnext_connector.errors import DocumentNotFound, Refused
from erpnext_connector.secret import Secret
from tests.clients import Asynchronous, Blocking


@pytest.fixture(params=["15", "2026"])
def sandbox(request, start):
    return start("--frappe", request.param)


@pytest.fixture(params=[Blocking, Asynchronous], ids=["sync", "async"])
def connect(request, sandbox):
    """Make a client with an API key, the given one or the manager's."""
    opened = []

    def connect(key=None, secret=None):
        known = sandbox.variables
        credentials = ApiKey(key or known["api_key"], Secret(secret or known["api_secret"]))
        opened.append(request.param(sandbox.url, credentials))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def manager(connect):
    return connect()


@pytest.fixture
def invoice(manager):
    """A draft Sales Invoice under a workflow: sales hands it in, a manager approves or sends it back."""
    for state in ("Draft", "Waiting", "Approved"):
        manager.insert("Workflow State", {"workflow_state_name": state})
    for action in ("Hand in", "Approve", "Send back"):
        manager.insert("Workflow Action Master", {"workflow_action_name": action})
    managers, sales = {"allowed": "System Manager"}, {"allowed": "Sales User"}
    states = [{"state": "Draft", "allow_edit": "Sales User"}, {"state": "Waiting", "allow_edit": "System Manager"}]
    states.append({"state": "Approved", "doc_status": "1", "allow_edit": "System Manager"})
    steps = [{"state": "Draft", "action": "Hand in", "next_state": "Waiting", **sales}]
    steps.append({"state": "Waiting", "action": "Approve", "next_state": "Approved", **managers})
    steps.append({"state": "Waiting", "action": "Send back", "next_state": "Draft", **managers})
    workflow = {"workflow_name": "Approval", "document_type": "Sales Invoice", "is_active": 1}
    workflow |= {"workflow_state_field": "workflow_state", "states": states, "transitions": steps}
    manager.insert("Workflow", workflow)
    return manager.rows("Sales Invoice", filters={"docstatus": 0}, limit=1)[0]["name"]


@pytest.fixture
def seller(sandbox, connect):
    """The client of a plain sales user."""
    key, secret = "sales-key", "sales-secret"
    with sandbox.manager() as client:
        changes = {"api_key": key, "api_secret": secret}
        client.put("/api/resource/User/sales@example.com", json=changes).raise_for_status()
    return connect(key, secret)


def test_a_document_goes_from_hand_to_hand(manager, seller, invoice):
    assert seller.workflow_actions("Sales Invoice", invoice) == ("Hand in",)
    assert seller.apply_workflow("Sales Invoice", invoice, "Hand in")["workflow_state"] == "Waiting"
    assert seller.workflow_actions("Sales Invoice", invoice) == ()
    assert manager.workflow_actions("Sales Invoice", invoice) == ("Approve", "Send back")
    manager.apply_workflow("Sales Invoice", invoice, "Send back")
    seller.apply_workflow("Sales Invoice", invoice, "Hand in")
    approved = manager.apply_workflow("Sales Invoice", invoice, "Approve")
    assert (approved["workflow_state"], approved["docstatus"]) == ("Approved", 1)


def test_what_is_not_ones_to_do_is_refused_and_changes_nothing(manager, seller, invoice):
    seller.apply_workflow("Sales Invoice", invoice, "Hand in")
    with pytest.raises(Refused, match="Not a valid Workflow Action"):
        seller.apply_workflow("Sales Invoice", invoice, "Approve")
    assert manager.get("Sales Invoice", invoice)["workflow_state"] == "Waiting"


def test_without_a_workflow_there_are_no_actions(manager):
    item = manager.rows("Item", limit=1)[0]["name"]
    with pytest.raises(DocumentNotFound):
        manager.workflow_actions("Item", item)
