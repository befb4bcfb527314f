import json

import pytest

from tests.unit.sandbox.asking import messages


def test_a_document_comes_with_its_empty_fields(asker):
    _, body = asker.client("get", doctype="Customer", filters={"customer_name": "karan rossi"})
    assert body["message"]["name"] == "Karan Rossi"
    assert "tax_id" in body["message"]


def test_values_come_as_a_dict_or_bare(asker):
    asked = {"doctype": "Item", "filters": "50% Dextrose"}
    assert asker.client("get_value", fieldname="stock_uom", **asked)[1] == {"message": {"stock_uom": "Nos"}}
    body = {**asked, "fieldname": ["stock_uom"], "as_dict": False}
    assert asker.client("get_value", body)[1] == {"message": "Nos"}
    assert asker.client("get_value", doctype="Item", filters="nope", fieldname="name")[1] == {"message": {}}


def test_one_value_is_set_or_several(asker):
    where = {"doctype": "Customer", "name": "Karan Rossi"}
    assert asker.client("set_value", {**where, "fieldname": "tax_id", "value": "7"})[1]["message"]["tax_id"] == "7"
    _, body = asker.client("set_value", {**where, "fieldname": {"territory": "x", "tax_id": "8"}})
    assert (body["message"]["territory"], body["message"]["tax_id"]) == ("x", "8")
    status, body = asker.client("set_value", {**where, "fieldname": "name", "value": "x"})
    assert (status, messages(body)) == (417, ["Cannot edit standard fields"])


def test_many_inserts_are_all_or_none(asker):
    documents = [{"doctype": "Customer", "customer_name": name} for name in ("One", "Karan Rossi")]
    assert asker.client("insert_many", {"docs": documents})[0] == 409
    assert asker.ask("GET", "/api/resource/Customer/One")[0] == 404
    assert asker.client("insert_many", {"docs": documents[:1]})[1] == {"message": ["One"]}
    assert asker.client("insert_many", {"docs": documents * 101})[0] == 417


def test_a_bulk_update_tells_what_failed_and_keeps_the_rest(asker):
    documents = [{"doctype": "Customer", "docname": name, "tax_id": "b"} for name in ("Karan Rossi", "nope")]
    status, body = asker.client("bulk_update", {"docs": json.dumps(documents)})
    assert status == 200
    assert [one["doc"]["docname"] for one in body["message"]["failed_docs"]] == ["nope"]
    assert asker.ask("GET", "/api/resource/Customer/Karan Rossi")[1]["data"]["tax_id"] == "b"


def test_counts_see_everything_until_frappe_15_and_only_ones_own_from_16(make_asker):
    for frappe, count in ((14, 10), (15, 10), (16, 5)):
        _, body = make_asker(frappe).client("get_count", user="stock@example.com", doctype="Item")
        assert body == {"message": count}


def test_rows_are_inserted_changed_and_deleted_through_their_parent(asker):
    parent = {"parent": "ACC-SINV-2026-00001", "parenttype": "Sales Invoice", "parentfield": "items"}
    row = {"doctype": "Sales Invoice Item", "item_code": "50% Dextrose", "qty": 1, **parent}
    _, body = asker.client("insert", {"doc": row})
    rows = body["message"]["items"]
    assert len(rows) == 4
    where = {"doctype": "Sales Invoice Item", "name": rows[3]["name"]}
    _, body = asker.client("set_value", {**where, "fieldname": "qty", "value": 7})
    assert body["message"]["items"][3]["qty"] == 7.0
    assert asker.client("delete", where)[0] == 200
    _, body = asker.ask("GET", "/api/resource/Sales Invoice/ACC-SINV-2026-00001")
    assert [one["idx"] for one in body["data"]["items"]] == [1, 2, 3]


def test_links_are_validated_by_the_method_of_each_version(make_asker):
    old, new = make_asker(15), make_asker(16)
    asked = {"doctype": "Item", "docname": "50% dextrose"}
    assert old.client("validate_link", **asked)[1] == {"message": {"name": "50% Dextrose"}}
    assert old.client("validate_link", doctype="Item", docname="nope")[1] == {"message": {"name": None}}
    assert new.client("validate_link", **asked)[0] == 417
    found = new.client("validate_link_and_fetch", **asked, fields_to_fetch=["stock_uom"])
    assert found[1] == {"message": {"name": "50% Dextrose", "stock_uom": "Nos"}}
    filtered = new.client("validate_link_and_fetch", **asked, filters={"item_group": "Valves"})
    assert filtered[1] == {"message": {}}


@pytest.mark.parametrize(
    ("function", "params"), [("get_list", {}), ("get_value", {"doctype": "Item"}), ("get_count", {})]
)
def test_a_missing_argument_is_a_server_error(asker, function, params):
    status, body = asker.client(function, **params)
    assert (status, body["exc_type"]) == (500, "TypeError")


def test_writing_by_get_is_not_permitted(asker):
    assert asker.client("insert", doc="{}")[0] == 403


def test_guests_are_told_that_nothing_is_for_them(asker):
    status, body = asker.client("get_list", user="Guest", doctype="Item")
    assert status == 403
    assert "not whitelisted" in messages(body)[0]


def test_an_unknown_method_is_named(asker):
    _, body = asker.ask("GET", "/api/method/frappe.no.such.method")
    assert messages(body) == ["Failed to get method for command frappe.no.such.method with No module named 'frappe.no'"]
