"""Every verb of both clients on this site, with documents made for it."""

from __future__ import annotations

from typing import Any

import pytest

from erpnext_connector.call import Upload
from erpnext_connector.errors import DocumentNotFound, StaleDocument
from erpnext_connector.wire.lists import Aggregate

from .access import need_a_site
from .made import Made

need_a_site()
pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


def test_it_knows_who_it_is_and_what_it_speaks_to(client: Any) -> None:
    client.ping()
    user = client.logged_user()
    assert client.exists("User", user)
    line = int(client.versions()["frappe"].partition(".")[0])
    assert client.capabilities().line == line


def test_all_pages_come_once_each(client: Any, made: Made) -> None:
    to_dos = [made.to_do_values(str(number)) for number in range(7)]
    names = client.insert_many(to_dos, doctype="ToDo")
    for name in names:
        made.note({"doctype": "ToDo", "name": name})
    ours = {"description": ["like", f"{made.tag}%"]}
    for order in (None, "modified asc", "modified desc"):
        rows = client.rows("ToDo", filters=ours, order_by=order, page_size=3)
        assert sorted(row["name"] for row in rows) == sorted(names)
    assert len(client.rows("ToDo", filters=ours, page_size=3, limit=5)) == 5
    assert client.count("ToDo", ours) == 7
    many = [*names, *(f"no such {number}" for number in range(500))]
    assert len(client.rows("ToDo", filters={"name": ["in", many]})) == 7


def test_units_are_listed_counted_and_grouped(client: Any) -> None:
    names = [row["name"] for row in client.rows("UOM", page_size=7)]
    assert len(names) == len(set(names)) == client.count("UOM")
    groups = client.rows("UOM", fields=["enabled", Aggregate("count", "name", "n")], group_by="enabled")
    assert sum(row["n"] for row in groups) == len(names)


def test_a_document_is_inserted_and_read(client: Any, made: Made) -> None:
    group = made.item("Model")["item_group"]
    item = made.note(client.insert("Item", {**made.item_values("Rohr 鋼管"), "item_group": group}))
    assert client.get("Item", item["name"])["item_name"] == item["item_name"]
    assert client.get_value("Item", item["name"], "item_name") == {"item_name": item["item_name"]}
    assert client.get_value("Item", {"name": "no such"}, ["item_name"]) is None
    assert client.exists("Item", item["name"])
    assert client.exists("Item", {"name": item["name"], "item_group": group})
    assert not client.exists("Item", "no such")


def test_a_stale_update_shows_both_versions(client: Any, made: Made) -> None:
    item = made.item("Contested")
    newer = client.update(item, {"item_name": "Theirs"})
    with pytest.raises(StaleDocument) as stale:
        client.update(item, {"item_name": "Mine"})
    assert (stale.value.mine or {})["item_name"] == "Mine"
    assert (stale.value.theirs or {})["item_name"] == "Theirs"
    assert client.update(newer, {"item_name": "Again"})["item_name"] == "Again"
    whole = client.get("Item", item["name"])
    assert client.update({**whole, "item_name": "Whole"})["item_name"] == "Whole"


def test_fields_are_set_in_one_and_in_many(client: Any, made: Made) -> None:
    one, two = made.to_do("one"), made.to_do("two")
    assert client.set_value("ToDo", one["name"], {"priority": "High"})["priority"] == "High"
    changes = [{"name": two["name"], "priority": "Low"}, {"name": "no such", "priority": "Low"}]
    (failed,) = client.bulk_update(changes, doctype="ToDo")
    assert failed.document["docname"] == "no such"
    assert client.get_value("ToDo", two["name"], "priority") == {"priority": "Low"}


def test_a_document_is_renamed_and_deleted(client: Any, made: Made) -> None:
    item = made.item("Short-lived")
    name = client.rename("Item", item["name"], f"{made.tag} renamed / %")
    made.note({"doctype": "Item", "name": name})
    assert client.get("Item", name)["item_name"] == item["item_name"]
    with pytest.raises(DocumentNotFound):
        client.get("Item", item["name"])
    client.delete("Item", name)
    assert not client.exists("Item", name)


def test_an_order_is_read_with_its_rows_submitted_cancelled_and_amended(client: Any, made: Made) -> None:
    doctype = made.order_doctype()
    if doctype is None:
        pytest.skip("the site has neither Quotation nor Sales Invoice")
    items = [made.item("First"), made.item("Second")]
    draft = made.order(made.customer("Buyer"), items)
    (listed,) = client.rows(doctype, filters={"name": draft["name"]}, children={"items": ["item_code", "qty"]})
    assert listed["items"] == [{"item_code": item["name"], "qty": 2.0} for item in items]
    rows = client.rows(f"{doctype} Item", fields=["item_code"], filters={"parent": draft["name"]}, parent=doctype)
    assert {row["item_code"] for row in rows} == {item["name"] for item in items}

    with pytest.raises(StaleDocument):
        client.submit(doctype, draft["name"], modified="2001-01-01 00:00:00.000000")
    assert client.submit(doctype, draft["name"], modified=draft["modified"])["docstatus"] == 1
    assert client.cancel(doctype, draft["name"])["docstatus"] == 2
    amended = made.note(client.amend(doctype, draft["name"]))
    assert amended["docstatus"] == 0
    assert amended["amended_from"] == draft["name"]
    assert [row["item_code"] for row in amended["items"]] == [item["name"] for item in items]


def test_a_document_is_assigned(client: Any, made: Made) -> None:
    item, me = made.item("Look at me"), client.logged_user()  # whom ERPNext sends no mail about it
    assert me in client.assign("Item", item["name"], me, description=made.tag)
    (to_do,) = client.rows("ToDo", filters={"reference_name": item["name"], "allocated_to": me})
    made.note({"doctype": "ToDo", **to_do})


def test_links_are_searched_and_validated(client: Any, made: Made) -> None:
    item = made.item("Link")
    assert item["name"] in [option.value for option in client.search_link("Item", item["name"][:25], limit=5)]
    found = client.validate_link("Item", item["name"], ["item_name"])
    assert found == {"name": item["name"], "item_name": item["item_name"]}
    assert client.validate_link("Item", item["name"], filters={"item_group": item["item_group"]}) is not None
    assert client.validate_link("Item", item["name"], filters={"item_group": "no such"}) is None
    assert client.validate_link("Item", "no such") is None


def test_meta_names_fields_and_child_tables(client: Any, made: Made) -> None:
    assert client.meta("Item").doctype == "Item"
    doctype = made.order_doctype()
    if doctype:
        assert client.meta(doctype).child_doctype("items") == f"{doctype} Item"
        assert client.meta(doctype).is_submittable


@pytest.mark.parametrize("is_private", [True, False])
def test_a_file_goes_up_and_comes_down(client: Any, made: Made, is_private: bool) -> None:
    item, content = made.item("Drawing"), f"{made.tag} {is_private}".encode()
    upload = Upload("Größe & 50%.txt", content, "text/plain")
    file = made.note(client.upload(upload, doctype="Item", name=item["name"], is_private=is_private))
    assert file["file_url"].startswith("/private/files/" if is_private else "/files/")
    assert client.download(file["file_url"]) == content


def test_any_method_can_be_called(client: Any) -> None:
    assert client.call("ping") == "pong"
    assert client.call("frappe.client.get_count", {"doctype": "Item", "filters": {"name": "no such"}}) == 0
