from __future__ import annotations

import json

import pytest

from erpnext_connector.errors import BadRequest, DocTypeNotFound, NotFrappe
from erpnext_connector.wire.lists import Aggregate, ListQuery, child_rows, count, list_documents
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import VERSIONS, exchanges


def test_a_list_asks_for_fields_filters_order_and_one_page() -> None:
    query = ListQuery(
        "Sales Invoice",
        fields=["name", "customer"],
        filters={"docstatus": 1},
        or_filters=[["customer", "like", "%a%"], ["Sales Invoice Item", "qty", ">", 3]],
        order_by="modified asc, name asc",
        start=40,
        limit=50,
    )
    call = list_documents(query)
    assert (call.method, call.path) == ("GET", "/api/resource/Sales%20Invoice")
    assert call.params == {
        "fields": '["name","customer"]',
        "filters": '[["Sales Invoice","docstatus","=",1]]',
        "or_filters": '[["Sales Invoice","customer","like","%a%"],["Sales Invoice Item","qty",">",3]]',
        "order_by": "modified asc, name asc",
        "limit_start": "40",
        "limit_page_length": "50",
    }
    assert call.repeatable
    assert call.authenticated


def test_the_order_is_never_left_to_the_site() -> None:
    assert list_documents(ListQuery("Item")).params["order_by"] == "name asc"


def test_groups_come_in_the_order_of_what_they_are_grouped_by() -> None:
    query = ListQuery("Item", fields=["item_group", Aggregate("count", "name", "n")], group_by="item_group")
    assert list_documents(query).params["order_by"] == "item_group"
    assert json.loads(list_documents(query).params["fields"]) == ["item_group", "count(name) as n"]
    new = list_documents(query, dict_aggregates=True).params["fields"]
    assert json.loads(new) == ["item_group", {"COUNT": "name", "as": "n"}]


def test_an_aggregate_is_made_of_plain_names() -> None:
    with pytest.raises(BadRequest):
        Aggregate("count", "(select password from __Auth)", "n")


def test_what_is_too_long_for_an_address_goes_by_post_and_may_still_be_repeated() -> None:
    query = ListQuery("Item", filters={"name": ["in", [f"Größe {number}" for number in range(200)]]}, limit=200)
    call = list_documents(query)
    assert (call.method, call.path) == ("POST", "/api/method/frappe.client.get_list")
    assert call.form is not None
    assert call.form["doctype"] == "Item"
    assert call.form["limit_page_length"] == "200"
    assert not call.params
    assert call.repeatable
    assert call.read(answer({"message": [{"name": "a"}]})) == [{"name": "a"}]


def test_the_longest_address_stays_under_what_gunicorn_takes() -> None:
    for length in range(300, 400):
        call = list_documents(ListQuery("Item", filters={"name": ["in", ["日" * length]]}))
        if call.method == "GET":
            from urllib.parse import urlencode

            assert len(call.path) + len(urlencode(call.params)) < 3_600


def test_child_rows_of_many_documents_are_one_list() -> None:
    query = child_rows(
        "Sales Invoice", "Sales Invoice Item", parentfield="items", names=["A", "B"], fields=["item_code"], limit=500
    )
    params = list_documents(query).params
    assert params["parent"] == "Sales Invoice"
    assert json.loads(params["fields"]) == ["parent", "idx", "name", "item_code"]
    assert ["Sales Invoice Item", "parent", "in", ["A", "B"]] in json.loads(params["filters"])
    assert params["order_by"] == "parent asc, idx asc, name asc"


@pytest.mark.parametrize(
    "wrong", [{"limit": 0}, {"limit": -1}, {"start": -1}, {"order_by": " "}, {"fields": "name"}, {"fields": []}]
)
def test_pages_that_mean_something_else_to_frappe_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(BadRequest):
        ListQuery("Item", **wrong)  # type: ignore[arg-type]


def test_counting_respects_the_users_permissions_on_every_version() -> None:
    call = count("Item", {"item_group": "Valves"})
    assert call.path == "/api/method/frappe.desk.reportview.get_count"
    assert call.params["filters"] == '[["Item","item_group","=","Valves"]]'
    assert call.read(answer({"message": 346})) == 346
    with pytest.raises(NotFrappe):
        call.read(answer({}))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["default_page", "fields_limit", "filters_dict", "or_filters", "modified_cursor"])
def test_recorded_lists_are_read(version: int, case: str) -> None:
    reply = exchanges(version)[f"list/{case}"].reply
    rows = list_documents(ListQuery("Item")).read(reply)
    assert rows == json.loads(reply.content)["data"]


@pytest.mark.parametrize("version", [14, 15])
def test_a_list_of_an_unknown_doctype_says_so(version: int) -> None:
    with pytest.raises(DocTypeNotFound):
        list_documents(ListQuery("Nope")).read(exchanges(version)["list/unknown_doctype"].reply)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("case", ["unknown_field", "unknown_filter_field", "bad_operator", "sql_in_order_by"])
def test_a_list_that_frappe_refuses_is_a_bad_request(version: int, case: str) -> None:
    with pytest.raises(BadRequest):
        list_documents(ListQuery("Item")).read(exchanges(version)[f"list/{case}"].reply)
