import pytest

from tests.unit.sandbox.asking import messages


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ([["name", "=", "50% dextrose "]], ["50% Dextrose"]),
        ([["name", "like", "%kase%"]], ["Käse-Müller GmbH Würfel"]),
        ([["name", "in", "50% Dextrose,nope"]], ["50% Dextrose"]),
        ([["name", "in", []]], []),
        (
            {"name": ["not like", "%a%"], "item_group": "Raw Material"},
            ["50% Dextrose", "Emoji 🔩 Bolt", "Plus+Sign C++"],
        ),
        ([["Item", "brand", "=", None]], []),
        ([["standard_rate", ">=", "12.5"], ["item_group", "!=", "Valves"], ["name", "<", "A"]], None),
        ([["modified", "between", ["2020-01-01", "2020-12-31"]]], []),
    ],
)
def test_filters_compare_as_mariadb_does(asker, filters, names):
    found = asker.names("Item", filters=filters, order_by="name asc")
    assert found == (["1/2in Brass Elbow", "50% Dextrose"] if names is None else names)


def test_an_empty_field_differs_from_every_value(asker):
    asker.ask("PUT", "/api/resource/Item/50%25 Dextrose", user="Administrator", json_body={"brand": ""})
    asker.site.db.execute("""UPDATE "tabItem" SET brand = NULL WHERE name = 'Plus+Sign C++'""")
    differing = asker.names(
        "Item", filters=[["brand", "!=", "SKF"], ["item_group", "=", "Raw Material"]], order_by="name"
    )
    assert differing[0] == "1/2in Brass Elbow"
    assert {"50% Dextrose", "Plus+Sign C++"} <= set(differing)
    assert asker.names("Item", filters={"brand": ["is", "not set"]}, order_by="name") >= ["50% Dextrose"]


def test_child_fields_multiply_their_parents(asker):
    fields = ["name", "items.item_code", "customer.territory as territory"]
    _, body = asker.ask("GET", "/api/resource/Sales Invoice", fields=fields, order_by="name")
    assert len(body["data"]) == 3
    assert {row["territory"] for row in body["data"]} == {"Germany"}


def test_a_filter_on_a_child_table_finds_the_parent(asker):
    assert asker.names("Sales Invoice", filters=[["Sales Invoice Item", "qty", "=", 18]]) == ["ACC-SINV-2026-00001"]


def test_groups_are_counted(asker):
    fields, group = ["item_group", "count(name) as n"], "item_group"
    _, body = asker.ask("GET", "/api/resource/Item", fields=fields, group_by=group, order_by="n desc, item_group")
    assert body["data"] == [{"item_group": "Raw Material", "n": 5}, {"item_group": "Valves", "n": 5}]


def test_frappe_16_counts_by_a_dict_only(make_asker):
    asker = make_asker(16)
    status, _ = asker.ask("GET", "/api/resource/Item", fields=["count(name) as n"])
    assert status == 417
    _, body = asker.ask("GET", "/api/resource/Item", fields=[{"COUNT": "name", "as": "n"}])
    assert body == {"data": [{"n": 10}]}


def test_a_page_has_20_rows_and_0_means_all(asker):
    assert len(asker.names("UOM")) == 20
    assert len(asker.names("UOM", limit_page_length=0)) == 50
    assert asker.names("UOM", limit=2, limit_start=1, order_by="name asc") == ["Bag", "Barrel"]


def test_rows_without_names_are_lists(asker):
    _, body = asker.ask(
        "GET", "/api/resource/UOM", fields=["name", "enabled"], as_dict="false", limit=1, order_by="name"
    )
    assert body == {"data": [["Ampere", 1]]}


def test_without_an_order_names_come_by_their_date_and_more_fields_by_name(asker):
    by_date = asker.names("UOM", limit_page_length=0)
    assert by_date != sorted(by_date)
    assert asker.names("UOM", fields=["name", "enabled"], limit=3) == ["Ampere", "Bag", "Barrel"]


@pytest.mark.parametrize(
    ("params", "status", "exc_type"),
    [
        ({"fields": ["nope"]}, 417, "DataError"),
        ({"filters": [["nope", "=", 1]]}, 417, "DataError"),
        ({"filters": [["name", "resembles", 1]]}, 417, "ValidationError"),
        ({"filters": "[[not json"}, 500, "JSONDecodeError"),
        ({"filters": [["grand_total", "between", [1, 2]]]}, 417, "DataError"),
        ({"filters": [["standard_rate", "between", [1, 2]]]}, 500, "ProgrammingError"),
        ({"order_by": "nope"}, 500, "OperationalError"),
        ({"order_by": "name; drop table x"}, 417, "ValidationError"),
        ({"order_by": "(select name from tabUser)"}, 417, "ValidationError"),
        ({"fields": ["(select password from __Auth)"]}, 417, "DataError"),
        ({"fields": ["concat(name, 1) as x"]}, 417, "DataError"),
        ({"limit_page_length": -1}, 500, "ProgrammingError"),
    ],
)
def test_what_can_not_be_asked_is_refused(asker, params, status, exc_type):
    found, body = asker.ask("GET", "/api/resource/Item", **params)
    assert (found, body["exc_type"]) == (status, exc_type)


def test_rows_of_a_child_table_need_their_parent_doctype(asker):
    assert asker.ask("GET", "/api/resource/Sales Invoice Item")[0] == 403
    found = asker.names("Sales Invoice Item", parent="Sales Invoice", fields=["name", "idx"])
    assert len(found) == 3


def test_frappe_16_nests_filters_with_and_and_or(make_asker):
    asker = make_asker(16)
    nested = [[["item_group", "=", "Valves"], "or", ["name", "=", "50% Dextrose"]], "and", ["name", "like", "50%"]]
    _, body = asker.ask("GET", "/api/v2/document/Item", filters=nested, order_by="name asc")
    assert body == {"data": [{"name": "50% Dextrose"}], "has_next_page": False}


def test_an_error_says_which_field_was_wrong(asker):
    _, body = asker.ask("GET", "/api/resource/Item", fields=["nope"])
    assert messages(body) == ["Field not permitted in query: nope"]
