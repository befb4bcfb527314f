import pytest

from tests.unit.sandbox.asking import messages

APPLY = "/api/method/frappe.model.workflow.apply_workflow"
INVOICE = {"doctype": "Sales Invoice", "name": "ACC-SINV-2026-00001"}


@pytest.fixture
def approval(asker):
    """Sales users submit invoices for approval, System Managers approve them."""
    for name in ("Draft", "Waiting", "Approved"):
        made = {"workflow_state_name": name}
        assert asker.ask("POST", "/api/resource/Workflow State", user="Administrator", json_body=made)[0] == 200
    for name in ("Hand in", "Approve"):
        made = {"workflow_action_name": name}
        assert asker.ask("POST", "/api/resource/Workflow Action Master", user="Administrator", json_body=made)[0] == 200
    states = [{"state": "Draft", "allow_edit": "Sales User"}, {"state": "Waiting", "allow_edit": "System Manager"}]
    states.append({"state": "Approved", "doc_status": "1", "allow_edit": "System Manager"})
    steps = [{"state": "Draft", "action": "Hand in", "next_state": "Waiting", "allowed": "Sales User"}]
    steps.append({"state": "Waiting", "action": "Approve", "next_state": "Approved", "allowed": "System Manager"})
    workflow = {"workflow_name": "Approval", "document_type": "Sales Invoice", "is_active": 1}
    workflow |= {"workflow_state_field": "workflow_state", "states": states, "transitions": steps}
    status, body = asker.ask("POST", "/api/resource/Workflow", user="Administrator", json_body=workflow)
    assert status == 200, body
    return asker


def apply(asker, action, user="sales@example.com"):
    return asker.ask("POST", APPLY, user=user, json_body={"doc": INVOICE, "action": action})


def test_an_action_leads_to_the_next_state(approval):
    assert apply(approval, "Hand in")[1]["message"]["workflow_state"] == "Waiting"
    _, body = apply(approval, "Approve", user="manager@example.com")
    assert (body["message"]["workflow_state"], body["message"]["docstatus"]) == ("Approved", 1)


def test_an_action_is_only_for_its_role_in_its_state(approval):
    apply(approval, "Hand in")
    status, body = apply(approval, "Approve")
    assert (status, messages(body)) == (417, ["Not a valid Workflow Action"])


def test_a_doctype_without_a_workflow_has_no_actions(asker):
    assert apply(asker, "Approve")[0] == 404
