"""Every verb of both clients against the sandbox, speaking as each version of Frappe."""

import itertools
import json
import subprocess
import sys
import time

import pytest

from erpnext_connector.call import Upload
from erpnext_connector.client import ApiKey
from erpnext_connector.errors import (
    BadRequest,
    CredentialsRefused,
    DocTypeNotFound,
    DocumentNotFound,
    DuplicateName,
    LinkInvalid,
    MandatoryMissing,
    MethodNotFound,
    PermissionDenied,
    Refused,
    StaleDocument,
)
from erpnext_connector.secret import Secret
from erpnext_connector.wire.lists import Aggregate
from tests.clients import Asynchronous, Blocking

COMMAND = "from erpnext_connector.cli.main import main; main()"
NUMBERS = itertools.count()
LINES = {"2026": 17}


@pytest.fixture(scope="module", params=["13", "14", "15", "16", "2026"])
def sandbox(request, tmp_path_factory):
    """The variables of a running sandbox."""
    variables = tmp_path_factory.mktemp("sandbox") / "vars.json"
    arguments = [sys.executable, "-c", COMMAND, "sandbox", "--port", "0", "--frappe", request.param]
    process = subprocess.Popen([*arguments, "--vars", str(variables)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if variables.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        yield {"version": LINES.get(request.param) or int(request.param), **json.loads(variables.read_text())}
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=[Blocking, Asynchronous], ids=["sync", "async"])
def connect(request):
    opened = []

    def connect(url, credentials):
        opened.append(request.param(url, credentials))
        return opened[-1]

    yield connect
    for client in opened:
        client.close()


@pytest.fixture
def client(connect, sandbox):
    """A client of the manager, who may do everything."""
    return connect(sandbox["base_url"], ApiKey(sandbox["api_key"], Secret(sandbox["api_secret"])))


@pytest.fixture
def item(client):
    """A new Item with a name that needs encoding."""
    group = client.rows("Item", fields=["item_group"], limit=1)[0]["item_group"]
    code = f"Rohr 50% / 鋼管 #{next(NUMBERS)}"
    return client.insert("Item", {"item_code": code, "item_name": "Rohr", "item_group": group, "stock_uom": "Nos"})


@pytest.fixture
def order(client):
    """A draft of a document that can be submitted, made from one that exists."""
    name = client.rows("Sales Invoice", filters={"docstatus": 1}, limit=1)[0]["name"]
    found = client.get("Sales Invoice", name)
    rows = [{"item_code": row["item_code"], "qty": row["qty"], "rate": row["rate"]} for row in found["items"]]
    kept = {name: found[name] for name in ("customer", "posting_date", "company", "due_date") if name in found}
    return client.insert("Sales Invoice", {**kept, "items": rows})


def test_it_knows_who_it_is_and_what_it_speaks_to(client, sandbox):
    client.ping()
    assert client.logged_user() == "manager@example.com"
    assert client.capabilities().line == sandbox["version"]
    assert client.versions()["frappe"].startswith(str(sandbox["version"]))


def test_all_ten_thousand_items_come_once_each(client):
    names = [row["name"] for row in client.rows("Item")]
    assert len(names) == len(set(names)) == client.count("Item")


def test_all_items_come_once_each_by_modified(client):
    rows = client.rows("Item", fields=["item_name"], order_by="modified asc")
    assert len(rows) == client.count("Item")
    assert set(rows[0]) == {"item_name"}


def test_a_list_takes_filters_limits_and_orders(client):
    fields = ["name", "item_group"]
    rows = client.rows("Item", fields=fields, filters={"disabled": 0}, order_by="item_name desc", limit=7)
    names = [row["name"] for row in rows]
    assert len(set(names)) == 7
    again = client.rows("Item", fields=fields, filters=[["name", "in", names]], order_by="item_name desc", page_size=2)
    assert again == rows


def test_a_filter_too_long_for_an_address_is_sent_all_the_same(client):
    names = [row["name"] for row in client.rows("Item", limit=900)]
    assert len(client.rows("Item", filters={"name": ["in", names]})) == 900


def test_groups_are_counted_on_every_version(client):
    rows = client.rows("Item", fields=["item_group", Aggregate("count", "name", "n")], group_by="item_group")
    assert sum(row["n"] for row in rows) == client.count("Item")


def test_parents_come_with_their_child_rows(client):
    orders = client.rows("Sales Invoice", fields=["name"], children={"items": ["item_code", "qty"]}, limit=120)
    assert len(orders) == 120
    read = client.get("Sales Invoice", orders[0]["name"])
    assert orders[0]["items"] == [{"item_code": row["item_code"], "qty": row["qty"]} for row in read["items"]]


def test_child_rows_can_be_listed_by_themselves(client):
    rows = client.rows("Sales Invoice Item", fields=["parent", "item_code"], parent="Sales Invoice", limit=3)
    assert len(rows) == 3


def test_values_and_existence_are_looked_up(client, item):
    assert client.get_value("Item", item["name"], "item_name") == {"item_name": "Rohr"}
    assert client.get_value("Item", {"name": "no such"}, ["item_name"]) is None
    assert client.exists("Item", item["name"])
    assert not client.exists("Item", "no such")
    assert client.exists("Item", {"name": item["name"]})
    assert client.count("Item", {"name": item["name"]}) == 1


def test_a_document_is_read_as_it_was_written(client, item):
    assert client.get("Item", item["name"])["item_name"] == "Rohr"


def test_an_update_with_a_stale_version_shows_both(client, item):
    newer = client.update(item, {"item_name": "Theirs"})
    assert newer["modified"] > item["modified"]
    with pytest.raises(StaleDocument) as stale:
        client.update(item, {"item_name": "Mine"})
    assert stale.value.mine["item_name"] == "Mine"
    assert stale.value.theirs["item_name"] == "Theirs"
    assert client.update(newer, {"item_name": "Again"})["item_name"] == "Again"


def test_a_whole_document_can_be_saved_back(client, item):
    document = client.get("Item", item["name"])
    document["item_name"] = "Whole"
    assert client.update(document)["item_name"] == "Whole"


def test_fields_are_set_without_reading(client, item):
    assert client.set_value("Item", item["name"], {"item_name": "Set"})["item_name"] == "Set"
    assert client.update("Item", item["name"], {"item_name": "By name"})["item_name"] == "By name"


def test_many_are_inserted_and_changed_and_failures_returned(client, item):
    codes = [f"Many {next(NUMBERS)}" for _ in range(3)]
    new = [{"item_code": code, "item_group": item["item_group"], "stock_uom": "Nos"} for code in codes]
    assert client.insert_many(new, doctype="Item") == tuple(codes)
    changes = [{"name": codes[0], "item_name": "Changed"}, {"name": "no such", "item_name": "x"}]
    (failure,) = client.bulk_update(changes, doctype="Item")
    assert failure.document["docname"] == "no such"
    assert client.get_value("Item", codes[0], "item_name") == {"item_name": "Changed"}


def test_a_document_is_renamed_and_deleted(client, item):
    new_name = f"{item['name']} (2)"
    assert client.rename("Item", item["name"], new_name) == new_name
    with pytest.raises(DocumentNotFound):
        client.get("Item", item["name"])
    client.delete("Item", new_name)
    assert not client.exists("Item", new_name)


def test_a_document_is_submitted_cancelled_and_amended(client, order):
    assert order["docstatus"] == 0
    assert client.submit("Sales Invoice", order["name"], modified=order["modified"])["docstatus"] == 1
    assert client.cancel("Sales Invoice", order["name"])["docstatus"] == 2
    draft = client.amend("Sales Invoice", order["name"])
    assert draft["docstatus"] == 0
    assert draft["amended_from"] == order["name"]


def test_a_version_that_is_not_the_latest_is_not_submitted(client, order):
    client.update(order, {"due_date": order["due_date"]} if order.get("due_date") else {"remarks": "x"})
    with pytest.raises(StaleDocument):
        client.submit("Sales Invoice", order["name"], modified=order["modified"])


def test_a_document_is_assigned(client, item, sandbox):
    assert sandbox["sales_user"] in client.assign("Item", item["name"], sandbox["sales_user"], description="Look")


def test_links_are_searched_and_validated(client, item):
    options = client.search_link("Item", item["name"][:12], limit=5)
    assert item["name"] in [option.value for option in options]
    assert client.validate_link("Item", item["name"], ["item_name"]) == {"name": item["name"], "item_name": "Rohr"}
    assert client.validate_link("Item", "no such") is None
    assert client.validate_link("Item", item["name"], filters={"item_group": "no such"}) is None
    assert client.validate_link("Item", item["name"], filters={"item_group": item["item_group"]}) is not None


def test_meta_names_fields_and_child_tables(client):
    meta = client.meta("Sales Invoice")
    assert meta.child_doctype("items") == "Sales Invoice Item"
    assert meta.is_submittable


def test_a_file_goes_up_and_comes_down(client, item):
    file = client.upload(Upload("Größe.txt", b"hello", "text/plain"), doctype="Item", name=item["name"])
    assert client.download(file["file_url"]) == b"hello"


def test_any_method_can_be_called(client):
    assert client.call("ping") == "pong"
    assert client.call("frappe.client.get_count", {"doctype": "Item", "filters": {"name": "no such"}}) == 0


def test_errors_are_told_apart(client, item, sandbox):
    with pytest.raises(DocumentNotFound):
        client.get("Item", "no such")
    with pytest.raises(DocTypeNotFound):
        client.rows("No Such DocType")
    with pytest.raises(MethodNotFound):
        client.call("frappe.no_such_method")
    with pytest.raises(DuplicateName):
        client.insert("Item", {"item_code": item["name"], "item_group": item["item_group"], "stock_uom": "Nos"})
    with pytest.raises(Refused):
        client.insert("Item", {"item_name": "No code"})
    with pytest.raises(MandatoryMissing):
        client.insert("Item", {"item_code": f"No group {next(NUMBERS)}"})
    with pytest.raises(LinkInvalid):
        client.update(item, {"item_group": "no such"})
    with pytest.raises(BadRequest):
        client.rows("Item", filters={"no_such_field": 1})


def test_a_wrong_key_is_refused(connect, sandbox):
    client = connect(sandbox["base_url"], ApiKey(sandbox["api_key"], Secret("wrong")))
    # At Frappe 13 whoever brings a wrong secret is a Guest, who learns that there is no such document.
    with pytest.raises(CredentialsRefused if sandbox["version"] > 13 else DocumentNotFound):
        client.get("Item", "x")


def test_nobody_may_read(connect, sandbox):
    client = connect(sandbox["base_url"], None)
    with pytest.raises(PermissionDenied):
        client.rows("Item")
