"""Verbs that take more than one call, or do more than pass one on; each story on both clients."""

import inspect
import json

import pytest

from erpnext_connector.client import AsyncClient, Client
from erpnext_connector.errors import (
    BadRequest,
    DocumentNotFound,
    DuplicateName,
    MandatoryMissing,
    MethodNotFound,
    OutcomeUnknown,
    PermissionDenied,
    SiteUnavailable,
    StaleDocument,
)
from tests.unit.client.site import FakeSite, answer, page

READ = {"doctype": "Customer", "name": "C/1", "modified": "2026-01-01 10:00:00.000001", "territory": "Germany"}
STALE = answer(417, {"exc_type": "TimestampMismatchError", "exception": "frappe.exceptions.TimestampMismatchError: x"})
NO_METHOD = answer(
    417,
    {
        "exc_type": "ValidationError",
        "exception": "frappe.exceptions.ValidationError: Failed to get method for command x",
    },
)
FORBIDDEN = answer(403, {"exc_type": "PermissionError"})


def data(**fields):
    return answer(200, {"data": fields})


def message(value):
    return answer(200, {"message": value})


# --- update ------------------------------------------------------------------------------------------------------


def test_update_sends_the_changes_with_the_modified_that_was_read(connect):
    client, site = connect(data(territory="India"))
    assert client.update(READ, {"territory": "India"}) == {"territory": "India"}
    assert site.paths == ["PUT /api/resource/Customer/C%2F1"]
    assert site.bodies == [{"territory": "India", "modified": READ["modified"]}]


def test_update_without_changes_sends_the_whole_document(connect):
    client, site = connect(data())
    client.update({**READ, "territory": "India"})
    assert site.bodies == [{**READ, "territory": "India"}]


def test_update_by_name_guards_the_version_it_is_given(connect):
    client, site = connect(data())
    client.update("Customer", "C/1", {"territory": "India"}, modified="M")
    assert site.bodies == [{"territory": "India", "modified": "M"}]


def test_update_by_name_alone_lets_the_last_writer_win(connect):
    client, site = connect(data())
    client.update("Customer", "C/1", {"territory": "India"})
    assert site.bodies == [{"territory": "India"}]


def test_a_stale_document_raises_conflict_with_both_versions(connect):
    client, _ = connect(STALE, data(territory="France"))
    with pytest.raises(StaleDocument) as stale:
        client.update(READ, {"territory": "India"})
    assert stale.value.mine == {**READ, "territory": "India"}
    assert stale.value.theirs == {"territory": "France"}


def test_a_stale_document_that_can_no_longer_be_read_has_no_other_version(connect):
    client, _ = connect(STALE, answer(404, {"exc_type": "DoesNotExistError"}))
    with pytest.raises(StaleDocument) as stale:
        client.update(READ, {"territory": "India"})
    assert stale.value.theirs is None


def test_an_update_of_a_given_version_is_not_sent_twice(connect):
    client, site = connect(page(502))
    with pytest.raises(OutcomeUnknown):
        client.update(READ, {"territory": "India"})
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "arguments",
    [("Customer",), ("Customer", "C"), ("Customer", {"a": 1}), ({"name": "C"}, {"a": 1}), (READ, "C/1", {"a": 1})],
)
def test_update_says_how_it_wants_to_be_called(connect, arguments):
    client, site = connect(data())
    with pytest.raises(BadRequest, match=r"update\(|doctype and name"):
        client.update(*arguments)
    assert site.requests == []


# --- submit, cancel, amend, workflow -----------------------------------------------------------------------------


def test_submit_may_be_for_the_version_that_was_read(connect):
    client, site = connect(data(docstatus=1))
    assert client.submit("Order", "O-1", modified="M") == {"docstatus": 1}
    assert site.bodies == [{"docstatus": 1, "modified": "M"}]


def test_a_stale_submit_raises_conflict_with_both_versions(connect):
    client, _ = connect(STALE, data(grand_total=5))
    with pytest.raises(StaleDocument) as stale:
        client.submit("Order", "O-1", modified="M")
    assert stale.value.theirs == {"grand_total": 5}


def test_cancel_is_one_call(connect):
    client, site = connect(message({"docstatus": 2}))
    assert client.cancel("Order", "O-1") == {"docstatus": 2}
    assert site.paths == ["POST /api/method/frappe.client.cancel"]


def test_amend_copies_a_cancelled_document_into_a_new_draft(connect):
    cancelled = data(name="O-1", doctype="Order", docstatus=2, customer="C", items=[{"name": "r1", "item_code": "I"}])
    client, site = connect(cancelled, data(name="O-1-1"))
    assert client.amend("Order", "O-1") == {"name": "O-1-1"}
    assert site.bodies[1] == {
        "doctype": "Order",
        "customer": "C",
        "items": [{"item_code": "I"}],
        "amended_from": "O-1",
    }


def test_what_is_not_cancelled_is_not_amended(connect):
    client, site = connect(data(name="O-1", docstatus=1))
    with pytest.raises(BadRequest):
        client.amend("Order", "O-1")
    assert len(site.requests) == 1


def test_a_workflow_action_is_taken_on_the_document_as_it_is(connect):
    client, site = connect(data(name="O-1", doctype="Order"), message({"workflow_state": "Approved"}))
    assert client.apply_workflow("Order", "O-1", "Approve") == {"workflow_state": "Approved"}
    sent = site.bodies[1]
    assert json.loads(sent["doc"]) == {"name": "O-1", "doctype": "Order"}
    assert sent["action"] == "Approve"


def test_the_workflow_actions_of_a_document_are_named_once(connect):
    transitions = [{"action": "Approve"}, {"action": "Reject"}, {"action": "Approve"}]
    client, _ = connect(data(name="O-1"), message(transitions))
    assert client.workflow_actions("Order", "O-1") == ("Approve", "Reject")


# --- many at once ------------------------------------------------------------------------------------------------


class InsertingSite(FakeSite):
    """Creates what it is sent, but refuses the document named `bad`."""

    def __init__(self, bad=None):
        super().__init__(self.insert)
        self.bad = bad

    def insert(self, request):
        names = [document["item_code"] for document in json.loads(request.content)["docs"]]
        return MANDATORY(request) if self.bad in names else message(names)(request)


MANDATORY = answer(417, {"exc_type": "MandatoryError", "exception": "frappe.exceptions.MandatoryError: x"})


def test_many_documents_are_inserted_in_parts_of_200(connect):
    client, site = connect(InsertingSite())
    names = client.insert_many([{"item_code": f"I{n}"} for n in range(450)], doctype="Item")
    assert names == tuple(f"I{n}" for n in range(450))
    assert [len(body["docs"]) for body in site.bodies] == [200, 200, 50]
    assert site.bodies[0]["docs"][0] == {"doctype": "Item", "item_code": "I0"}


def test_nothing_to_insert_is_no_call(connect):
    client, site = connect(InsertingSite())
    assert client.insert_many([]) == ()
    assert site.requests == []


def test_when_a_part_fails_the_error_tells_what_was_created_before(connect):
    client, site = connect(InsertingSite(bad="I250"))
    with pytest.raises(MandatoryMissing) as missing:
        client.insert_many([{"doctype": "Item", "item_code": f"I{n}"} for n in range(450)])
    assert missing.value.done == tuple(f"I{n}" for n in range(200))
    assert len(site.requests) == 2


def test_documents_that_a_bulk_update_left_out_are_returned(connect):
    failed = {"doc": {"docname": "B"}, "exc": "Traceback\nfrappe.exceptions.DoesNotExistError: Item B not found\n"}
    client, site = connect(message({"failed_docs": [failed]}))
    changes = [{"name": "A", "brand": "x"}, {"docname": "B", "doctype": "Item", "brand": "x"}]
    (failure,) = client.bulk_update(changes, doctype="Item")
    assert failure.document == {"docname": "B"}
    assert failure.message == "Item B not found"
    sent = json.loads(site.bodies[0]["docs"])
    assert sent[0] == {"doctype": "Item", "docname": "A", "brand": "x"}


def test_a_bulk_update_goes_in_parts_and_tells_what_was_tried_before_one_failed(connect):
    client, site = connect(message({"failed_docs": []}), FORBIDDEN)
    with pytest.raises(PermissionDenied) as denied:
        client.bulk_update([{"doctype": "Item", "name": f"I{n}"} for n in range(150)])
    assert denied.value.done == tuple(f"I{n}" for n in range(100))
    assert len(site.requests) == 2


# --- looking up --------------------------------------------------------------------------------------------------


def test_get_value_takes_one_field_or_several(connect):
    client, site = connect(message({"brand": "x"}))
    assert client.get_value("Item", "I", "brand") == {"brand": "x"}
    assert client.get_value("Item", {"brand": "x"}, ["brand", "name"]) == {"brand": "x"}
    asked = [json.loads(request.url.params["fieldname"]) for request in site.requests]
    assert asked == [["brand"], ["brand", "name"]]


@pytest.mark.parametrize(("said", "is_there"), [({"name": "I"}, True), ({}, False), (None, False)])
@pytest.mark.parametrize("name", ["I", {"brand": "x"}], ids=["name", "filters"])
def test_exists_looks_by_name_or_filters(connect, said, is_there, name):
    client, _ = connect(message(said))
    assert client.exists("Item", name) is is_there


def test_one_user_or_several_are_assigned(connect):
    client, site = connect(message([{"owner": "a@example.com"}]))
    assert client.assign("Order", "O-1", "a@example.com") == ("a@example.com",)
    client.assign("Order", "O-1", ["a@example.com", "b@example.com"])
    assert [json.loads(body["assign_to"]) for body in site.bodies] == [
        ["a@example.com"],
        ["a@example.com", "b@example.com"],
    ]


def test_the_method_that_validates_links_is_found_once_for_all(connect):
    client, site = connect(NO_METHOD, message({"name": "I"}))
    assert client.validate_link("Item", "i") == {"name": "I"}
    assert client.validate_link("Item", "i") == {"name": "I"}
    assert [path.partition("?")[0].rpartition(".")[2] for path in site.paths] == [
        "validate_link",
        "validate_link_and_fetch",
        "validate_link_and_fetch",
    ]


def test_a_site_with_neither_method_is_told(connect):
    client, _ = connect(NO_METHOD)
    with pytest.raises(MethodNotFound):
        client.validate_link("Item", "i")


@pytest.mark.parametrize(("rows", "found"), [([{"name": "I"}], {"name": "I"}), ([], None)])
def test_older_sites_are_asked_separately_whether_a_link_fits_the_filters(connect, rows, found):
    client, site = connect(message({"name": "I"}), answer(200, {"data": rows}))
    assert client.validate_link("Item", "i", filters={"disabled": 0}) == found
    asked = json.loads(site.requests[1].url.params["filters"])
    assert asked == [["Item", "disabled", "=", 0], ["Item", "name", "=", "I"]]


def test_an_empty_link_is_no_link(connect):
    client, site = connect(message({}))
    assert client.validate_link("Item", " ") is None
    assert site.requests == []


def test_the_capabilities_of_a_site_are_probed_once(connect):
    client, site = connect(answer(404))
    assert client.capabilities().line == 13
    probes = len(site.requests)
    assert client.capabilities().line == 13
    assert len(site.requests) == probes


# --- all verbs ---------------------------------------------------------------------------------------------------


def test_a_missing_document_is_told_as_such(connect):
    client, _ = connect(answer(404, {"exc_type": "DoesNotExistError"}))
    with pytest.raises(DocumentNotFound):
        client.get("Item", "nope")


def test_an_existing_name_is_told_as_such(connect):
    client, _ = connect(answer(409, {"exc_type": "DuplicateEntryError"}))
    with pytest.raises(DuplicateName):
        client.insert("Item", {})


def test_a_failing_site_ends_a_flow_with_its_error(connect):
    client, _ = connect(answer(503))
    with pytest.raises(SiteUnavailable):
        client.amend("Order", "O-1")


def test_help_shows_what_a_verb_takes(connect):
    client, _ = connect(answer())
    assert [*inspect.signature(client.client.get).parameters] == ["doctype", "name"]
    assert [*inspect.signature(client.client.update).parameters] == ["document", "name", "changes", "modified"]
    assert [*inspect.signature(client.client.list).parameters][:2] == ["doctype", "fields"]


VERBS = [name for name in vars(Client.__mro__[1]) if not name.startswith("_")]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_on_both_clients_and_explains_itself(verb):
    assert inspect.getdoc(getattr(Client, verb))
    assert getattr(AsyncClient, verb) is getattr(Client, verb)
    assert getattr(Client("https://erp.example.com"), verb).__doc__ == getattr(Client, verb).__doc__
