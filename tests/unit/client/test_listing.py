"""Lists longer than a page, on a site that answers them as Frappe does."""

import json

import pytest

from erpnext_connector.errors import BadRequest, SiteUnavailable
from erpnext_connector.wire.lists import Aggregate
from tests.unit.client.site import Blocking, FakeSite, answer

META = {"docs": [{"name": "Order", "fields": [{"fieldname": "items", "fieldtype": "Table", "options": "Order Row"}]}]}
COMPARE = {
    "=": lambda a, b: a == b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
}


class ListingSite(FakeSite):
    """Documents by DocType; lists them with filters, order and pages, all else by `answers`."""

    def __init__(self, *answers, **documents):
        super().__init__(*answers or [answer(404)])
        self.documents = {doctype.replace("_", " "): rows for doctype, rows in documents.items()}
        self.lists = []
        self.after_page = lambda: None

    def __call__(self, request):
        doctype = request.url.path.removeprefix("/api/resource/")
        if request.method != "GET" or doctype not in self.documents:
            return super().__call__(request)
        self.requests.append(request)
        self.lists.append(dict(request.url.params))
        rows = self.page(self.documents[doctype], request.url.params)
        self.after_page()
        return answer(200, {"data": rows})(request)

    def page(self, rows, params):
        for _, field, operator, value in json.loads(params.get("filters", "[]")):
            rows = [row for row in rows if COMPARE[operator](row[field], value)]
        for part in reversed(params["order_by"].split(",")):
            field, _, direction = part.strip().partition(" ")
            rows = sorted(rows, key=lambda row: row[field], reverse=direction == "desc")
        fields = json.loads(params["fields"])
        start = int(params.get("limit_start", 0))
        rows = rows[start : start + int(params["limit_page_length"])]
        return [{name: row[name] for name in (row if "*" in fields else fields)} for row in rows]


def items(count, modified=lambda number: f"2026-01-01 00:00:{number // 600:02}"):
    return [{"name": f"I-{n:05}", "modified": modified(n), "title": f"T{n % 7}"} for n in range(count)]


def names(rows):
    return [row["name"] for row in rows]


@pytest.mark.parametrize("count", [0, 1, 499, 500, 501, 1000, 1203])
def test_all_rows_come_by_name_over_any_number_of_pages(connect, count):
    client, site = connect(ListingSite(Item=items(count)))
    assert names(client.rows("Item")) == names(items(count))
    assert len(site.lists) == count // 500 + 1


def test_without_an_order_they_come_by_name_and_pages_by_key(connect):
    client, site = connect(ListingSite(Item=items(3)))
    client.rows("Item", page_size=2)
    assert [page["order_by"] for page in site.lists] == ["name asc", "name asc"]
    assert json.loads(site.lists[1]["filters"]) == [["Item", "name", ">", "I-00001"]]
    assert "limit_start" not in site.lists[1]


@pytest.mark.parametrize("page_size", [100, 499, 500, 600])
def test_more_than_a_page_of_rows_sharing_one_modified_are_each_found_once(connect, page_size):
    rows = items(1500, modified=lambda n: f"2026-01-01 00:00:0{0 if n < 200 else 1 if n < 1300 else 2}")
    client, _ = connect(ListingSite(Item=rows))
    found = names(client.rows("Item", order_by="modified asc", page_size=page_size))
    assert sorted(found) == names(rows)


def test_rows_that_go_away_meanwhile_do_not_hide_others(connect):
    site = ListingSite(Item=items(10))
    site.after_page = lambda: site.documents["Item"].pop(0) if site.documents["Item"] else None
    client, _ = connect(site)
    assert set(names(client.rows("Item", page_size=3))) >= {f"I-{n:05}" for n in range(4, 10)}


def test_any_other_order_is_made_unique_and_counted_off(connect):
    client, site = connect(ListingSite(Item=items(25)))
    found = names(client.rows("Item", order_by="title desc", page_size=10))
    assert sorted(found) == names(items(25))
    assert site.lists[0]["order_by"] == "title desc, name asc"
    assert [page.get("limit_start") for page in site.lists] == [None, "10", "20"]


@pytest.mark.parametrize("order", ["name desc", "title asc, name desc", "`tabItem`.`name` desc"])
def test_an_order_that_names_the_name_is_left_as_it_is(connect, order):
    client, site = connect(answer(200, {"data": []}))
    client.rows("Item", order_by=order)
    assert dict(site.requests[0].url.params)["order_by"] == order


def test_groups_are_ordered_by_what_they_are_grouped_by(connect):
    client, site = connect(answer(200, {"data": []}))
    client.rows("Item", fields=["title"], group_by="title")
    assert dict(site.requests[0].url.params)["order_by"] == "title"
    assert json.loads(dict(site.requests[0].url.params)["fields"]) == ["title"]


def test_rows_hold_the_fields_asked_for_and_no_others(connect):
    client, site = connect(ListingSite(Item=items(3)))
    assert client.rows("Item", fields=["title"], page_size=2) == [{"title": f"T{n}"} for n in range(3)]
    assert json.loads(site.lists[0]["fields"]) == ["title", "name"]


def test_all_fields_are_all_fields(connect):
    client, _ = connect(ListingSite(Item=items(3)))
    assert client.rows("Item", fields=["*"], page_size=2) == items(3)


@pytest.mark.parametrize(("limit", "pages"), [(1, 1), (5, 1), (500, 1), (501, 2), (600, 2)])
def test_a_limit_is_kept_and_no_page_too_many_asked(connect, limit, pages):
    client, site = connect(ListingSite(Item=items(1000)))
    assert len(client.rows("Item", limit=limit)) == limit
    assert len(site.lists) == pages
    assert sum(int(page["limit_page_length"]) for page in site.lists) == limit


def test_a_start_skips_rows(connect):
    client, _ = connect(ListingSite(Item=items(10)))
    assert names(client.rows("Item", start=7, page_size=2)) == names(items(10))[7:]


def test_a_list_can_be_taken_at_once(connect):
    client, _ = connect(ListingSite(Item=items(3)))
    rows = client.list("Item")
    assert names(rows if isinstance(rows, list) else rows.all()) == names(items(3))


def test_the_first_row_is_one_call(connect):
    client, site = connect(ListingSite(Item=items(3)))
    assert client.first("Item") == {"name": "I-00000"}
    assert site.lists[0]["limit_page_length"] == "1"


def test_an_empty_list_has_no_first_row(connect):
    client, _ = connect(ListingSite(Item=[]))
    assert client.first("Item") is None


def test_only_the_pages_looked_at_are_fetched(clock):
    site = ListingSite(Item=items(1000))
    rows = iter(Blocking(site, clock).client.list("Item", page_size=10))
    assert next(rows) == {"name": "I-00000"}
    assert len(site.lists) == 1


def test_a_page_that_fails_for_a_moment_is_asked_for_again(connect):
    client, site = connect(answer(503), answer(200, {"data": [{"name": "A"}]}))
    assert client.rows("Item") == [{"name": "A"}]
    assert len(site.requests) == 2


def test_a_page_that_fails_for_good_ends_the_list_with_the_error(connect):
    client, _ = connect(answer(503))
    with pytest.raises(SiteUnavailable):
        client.rows("Item")


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": -1}, {"page_size": -1}, {"fields": "name"}, {"start": -1}])
def test_senseless_limits_are_refused_before_anything_is_sent(connect, wrong):
    client, site = connect(answer(200, {"data": []}))
    with pytest.raises(BadRequest):
        client.rows("Item", **wrong)
    assert site.requests == []


def test_aggregates_are_asked_for_as_the_site_wants_them(connect):
    def site_16(request):
        if "validate_link_and_fetch" in str(request.url):
            return answer(403, {"exc_type": "PermissionError"})(request)
        if request.url.path == "/api/resource/Item":
            return answer(200, {"data": []})(request)
        return answer(404, {})(request)

    client, site = connect(site_16)
    for _ in range(2):
        client.rows("Item", fields=["title", Aggregate("count", "name", "n")], group_by="title")
    lists = [request for request in site.requests if request.url.path == "/api/resource/Item"]
    assert json.loads(lists[0].url.params["fields"]) == ["title", {"COUNT": "name", "as": "n"}]
    assert len(site.requests) == 5 + 2


# --- children ----------------------------------------------------------------------------------------------------


def orders(count, rows_each=2):
    parents = [{"name": f"O-{n:03}", "customer": f"C{n % 3}"} for n in range(count)]
    children = [
        {
            "parent": parent["name"],
            "parenttype": "Order",
            "parentfield": "items",
            "idx": idx,
            "name": f"{parent['name']}-{idx}",
            "item_code": f"I{idx}",
            "qty": idx,
        }
        for parent in parents
        for idx in range(1, rows_each + 1)
    ]
    return ListingSite(answer(200, META), Order=parents, Order_Row=children)


def test_children_come_with_their_parents_in_one_call_per_page(connect):
    client, site = connect(orders(250))
    found = client.rows("Order", fields=["customer"], children={"items": ["item_code", "qty"]})
    assert len(found) == 250
    assert found[0] == {
        "customer": "C0",
        "items": [{"item_code": "I1", "qty": 1}, {"item_code": "I2", "qty": 2}],
    }
    assert [path for path in site.paths if "getdoctype" in path] != []
    assert len(site.requests) == 3 + 3 + 1


def test_children_are_asked_for_under_their_parent(connect):
    client, site = connect(orders(1))
    client.rows("Order", children=["items"])
    asked = site.lists[1]
    assert asked["parent"] == "Order"
    assert json.loads(asked["filters"]) == [
        ["Order Row", "parenttype", "=", "Order"],
        ["Order Row", "parentfield", "=", "items"],
        ["Order Row", "parent", "in", ["O-000"]],
    ]


def test_a_parent_without_rows_has_none(connect):
    client, _ = connect(orders(1, rows_each=0))
    assert client.rows("Order", children=["items"]) == [{"name": "O-000", "items": []}]


def test_no_parents_cost_no_call_for_children(connect):
    client, site = connect(orders(0))
    assert client.rows("Order", children=["items"]) == []
    assert len(site.requests) == 1


def test_what_is_no_child_table_is_refused(connect):
    client, _ = connect(orders(1))
    with pytest.raises(BadRequest, match="no child table 'taxes'"):
        client.rows("Order", children=["taxes"])


def test_one_text_is_no_list_of_tables(connect):
    client, _ = connect(orders(1))
    with pytest.raises(BadRequest):
        client.rows("Order", children="items")


def test_where_child_rows_may_not_be_listed_each_parent_is_read(connect):
    site = orders(3)
    del site.documents["Order Row"]
    document = {"items": [{"name": "r", "item_code": "I1", "qty": 5}]}

    def other(request):
        if "getdoctype" in request.url.path:
            return answer(200, META)(request)
        if request.url.path == "/api/resource/Order Row":
            return answer(403, {"exc_type": "PermissionError"})(request)
        return answer(200, {"data": document})(request)

    site.answers = [other]
    client, _ = connect(site)
    found = client.rows("Order", children={"items": ["item_code", "rate"]}, page_size=2)
    assert found == [{"name": f"O-{n:03}", "items": [{"item_code": "I1", "rate": None}]} for n in range(3)]
    refused = [path for path in site.paths if "Order%20Row" in path]
    assert len(refused) == 1


def test_a_field_that_child_rows_do_not_have_is_told(connect):
    site = orders(1)
    del site.documents["Order Row"]
    site.answers = [answer(200, META), answer(417, {"exc_type": "DataError", "exception": "DataError: no_such"})]
    client, _ = connect(site)
    with pytest.raises(BadRequest):
        client.rows("Order", children={"items": ["no_such"]})


def test_many_child_rows_are_fetched_in_parts(connect):
    client, site = connect(orders(100, rows_each=51))
    found = client.rows("Order", children={"items": ["idx"]})
    assert [[row["idx"] for row in order["items"]] for order in found] == [[*range(1, 52)]] * 100
    assert [page.get("limit_start") for page in site.lists if "parent" in page] == [None, "5000"]
