from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from erpnext_connector.errors import (
    BadRequest,
    DocTypeNotFound,
    DocumentNotFound,
    DuplicateName,
    LinkedDocument,
    NotFrappe,
    Refused,
    StaleDocument,
)
from erpnext_connector.wire import resources
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import VERSIONS, exchanges


def test_a_document_is_read_by_its_encoded_name() -> None:
    call = resources.get_document("Item", "1/2in Brass 50%")
    assert (call.method, call.path) == ("GET", "/api/resource/Item/1%2F2in%20Brass%2050%25")
    assert call.repeatable
    assert call.read(answer({"data": {"name": "x"}})) == {"name": "x"}


@pytest.mark.parametrize("name", [".", "..", "page.html", "a/"])
def test_a_name_that_proxies_would_change_is_an_argument(name: str) -> None:
    read, written = resources.get_document("Item", name), resources.update("Item", name, {"brand": "X"})
    deleted = resources.delete("Item", name)
    assert (read.path, read.params) == ("/api/method/frappe.client.get", {"doctype": "Item", "name": name})
    assert written.path == "/api/method/frappe.client.set_value"
    assert written.json == {"doctype": "Item", "name": name, "fieldname": {"brand": "X"}}
    assert (deleted.method, deleted.path) == ("POST", "/api/method/frappe.client.delete")


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_documents_are_read(version: int) -> None:
    for case in ("document/read_slash", "document/read_unicode", "write/update", "write/submit_by_put"):
        reply = exchanges(version)[case].reply
        assert resources.get_document("Item", "x").read(reply)["docstatus"] in (0, 1)
    created = exchanges(version)["write/create"].reply
    assert resources.insert("Customer", {}).read(created)["name"] == "Contract Test Ltd"
    names = exchanges(version)["method/insert_many"].reply
    assert resources.insert_many([{"doctype": "Customer"}]).read(names) == ("Contract Many A", "Contract Many B")
    assert resources.set_value("Customer", "x", {}).read(exchanges(version)["method/set_value"].reply)["name"]
    assert (
        resources.cancel("Sales Invoice", "x").read(exchanges(version)["method/cancel_client"].reply)["docstatus"] == 2
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_stale_document_raises_conflict(version: int) -> None:
    with pytest.raises(StaleDocument):
        resources.update("Customer", "x", {}).read(exchanges(version)["write/update_stale_modified"].reply)


@pytest.mark.parametrize("version", VERSIONS)
def test_deleting_what_is_not_there_says_that_the_document_is_missing(version: int) -> None:
    """Frappe 14 answers {} then, 15 and 16 a class without words."""
    with pytest.raises(DocumentNotFound):
        resources.delete("Customer", "nope").read(exchanges(version)["write/delete_missing"].reply)
    with pytest.raises(LinkedDocument, match="is linked with Sales Invoice"):
        resources.delete("Customer", "x").read(exchanges(version)["write/delete_linked"].reply)
    assert resources.delete("Item", "x").read(exchanges(version)["tidy/delete_item"].reply) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_partial_bulk_update_says_what_failed(version: int) -> None:
    call = resources.bulk_update([{"doctype": "Customer", "docname": "nope", "tax_id": "T3"}])
    assert isinstance(call.json["docs"], str), "Frappe decodes it itself"
    (failed,) = call.read(exchanges(version)["method/bulk_update"].reply)
    assert failed.document == {"doctype": "Customer", "docname": "nope", "tax_id": "T3"}
    assert failed.message


def test_the_reason_of_a_failed_update_is_the_tracebacks_last_line() -> None:
    traceback = "Traceback (most recent call last):\n  File ...\nfrappe.exceptions.LinkExistsError: in <b>use</b>\n"
    said = {"failed_docs": [{"doc": {"docname": "A"}, "exc": traceback}, {"doc": {}, "exc": ""}]}
    first, second = resources.bulk_update([]).read(answer({"message": said}))
    assert (first.message, first.exc_type) == ("in use", "LinkExistsError")
    assert (second.message, second.exc_type) == ("ERPNext refused it.", None)


@pytest.mark.parametrize(
    "error",
    [
        {"exception": "ImportError: Module import failed for Nope", "exc_type": "ImportError"},
        {"exception": "Error: No module named 'frappe.core.doctype.nope'"},
    ],
    ids=["15", "14"],
)
def test_creating_a_document_of_an_unknown_doctype_says_so(error: dict[str, Any]) -> None:
    with pytest.raises(DocTypeNotFound):
        resources.insert("Nope", {}).read(answer(error, status=500))
    with pytest.raises(DocTypeNotFound):
        resources.insert_many([{"doctype": "Nope"}]).read(answer(error, status=500))


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_refusals_of_a_new_document_are_raised(version: int) -> None:
    with pytest.raises(DuplicateName):
        resources.insert("Customer", {}).read(exchanges(version)["write/create_again"].reply)
    with pytest.raises(Refused):
        resources.insert("Customer", {}).read(exchanges(version)["write/create_bad_select"].reply)


def test_only_what_may_be_sent_twice_is_repeatable() -> None:
    assert resources.update("Item", "A", {"brand": "X"}).repeatable
    assert resources.delete("Item", "A").repeatable
    assert not resources.update("Item", "A", {"brand": "X", "modified": "t"}).repeatable
    assert not resources.submit("Item", "A").repeatable
    assert not resources.insert("Item", {}).repeatable
    assert not resources.insert_many([{"doctype": "Item"}]).repeatable
    assert not resources.cancel("Item", "A").repeatable


def test_submitting_names_the_version_that_was_read() -> None:
    assert resources.submit("Item", "A", modified="t").json == {"docstatus": 1, "modified": "t"}
    assert resources.submit("Item", "A").json == {"docstatus": 1}


def test_times_are_sent_as_frappe_writes_them() -> None:
    call = resources.insert("Event", {"starts_on": datetime(2026, 1, 2, 3, 4), "rows": [{"at": datetime(2026, 1, 2)}]})
    assert json.loads(json.dumps(call.json)) == {
        "starts_on": "2026-01-02 03:04:00",
        "rows": [{"at": "2026-01-02 00:00:00"}],
        "doctype": "Event",
    }


@pytest.mark.parametrize("documents", [[], [{"doctype": "Item"}] * 201, [{"name": "no doctype"}]])
def test_more_than_frappe_takes_at_once_is_refused(documents: list[dict[str, object]]) -> None:
    with pytest.raises(BadRequest):
        resources.insert_many(documents)


def test_an_amendment_is_a_new_draft_of_the_cancelled_document() -> None:
    cancelled: dict[str, object] = {
        "doctype": "Sales Invoice",
        "name": "INV-1",
        "docstatus": 2,
        "modified": "t",
        "customer": "ACME",
        "__onload": {},
        "items": [{"doctype": "Sales Invoice Item", "name": "row", "parent": "INV-1", "docstatus": 2, "qty": 3}],
    }
    assert resources.amendment(cancelled) == {
        "doctype": "Sales Invoice",
        "customer": "ACME",
        "items": [{"doctype": "Sales Invoice Item", "qty": 3}],
        "amended_from": "INV-1",
    }


@pytest.mark.parametrize("docstatus", [0, 1, None])
def test_only_a_cancelled_document_can_be_amended(docstatus: int | None) -> None:
    with pytest.raises(BadRequest, match="cancelled"):
        resources.amendment({"name": "INV-1", "docstatus": docstatus})


def test_a_success_without_a_document_is_not_frappes() -> None:
    with pytest.raises(NotFrappe):
        resources.get_document("Item", "A").read(answer({}))


def test_a_name_that_is_empty_is_refused_before_the_whole_list_is_hit() -> None:
    for call in (resources.get_document, resources.delete, resources.submit, resources.cancel):
        with pytest.raises(BadRequest):
            call("Item", " ")
