from __future__ import annotations

import pytest

from erpnext_connector.errors import DocTypeNotFound, NotFrappe
from erpnext_connector.wire.meta import meta
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import VERSIONS, exchanges


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_doctype_tells_its_fields(version: int) -> None:
    uom = meta("UOM").read(exchanges(version)["search/meta"].reply)
    assert uom.doctype == "UOM"
    assert "uom_name" in [field.fieldname for field in uom.fields]
    assert not uom.is_submittable


def test_a_child_table_names_the_doctype_of_its_rows() -> None:
    raw = {
        "name": "Sales Invoice",
        "is_submittable": 1,
        "title_field": "customer",
        "search_fields": "customer, due_date,",
        "fields": [
            {"fieldname": "customer", "fieldtype": "Link", "label": "Customer", "options": "Customer", "reqd": 1},
            {"fieldname": "items", "fieldtype": "Table", "options": "Sales Invoice Item"},
        ],
    }
    child = {"name": "Sales Invoice Item", "istable": 1, "fields": []}
    invoice = meta("sales invoice").read(answer({"docs": [child, raw]}))
    assert invoice.child_doctype("items") == "Sales Invoice Item"
    assert invoice.child_doctype("customer") is None
    assert invoice.child_doctype("nope") is None
    assert invoice.search_fields == ("customer", "due_date")
    assert (invoice.title_field, invoice.is_submittable, invoice.is_child) == ("customer", True, False)
    assert invoice.fields[0].is_mandatory


def test_an_unknown_doctype_says_so() -> None:
    with pytest.raises(DocTypeNotFound):
        meta("Nope").read(answer({"exc_type": "DoesNotExistError"}, status=404))
    with pytest.raises(NotFrappe):
        meta("Nope").read(answer({"docs": []}))
