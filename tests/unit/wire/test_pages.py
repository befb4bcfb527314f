from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.wire.filters import conditions
from erpnext_connector.wire.lists import BY_MODIFIED, BY_NAME, ListQuery
from erpnext_connector.wire.pages import first_page, next_page

Row = dict[str, Any]
COMPARE = {
    "=": lambda value, other: value == other,
    ">": lambda value, other: value > other,
}


def answered(rows: list[Row], query: ListQuery) -> list[Row]:
    """What a site with these rows answers."""
    kept = [
        row
        for row in rows
        if all(COMPARE[str(op)](row[field], value) for _, field, op, value in conditions("Item", query.filters))
    ]
    columns = [part.split()[0].lower() for part in query.order_by.split(",")]
    ordered = sorted(kept, key=lambda row: tuple(row[column] for column in columns))
    return ordered[query.start : query.start + query.limit]


def walked(rows: list[Row], query: ListQuery) -> list[Row]:
    page, found = first_page(query), []
    for _ in range(10 * len(rows) + 10):
        answer = answered(rows, page.query)
        found += answer
        following = next_page(page, answer)
        if following is None:
            return found
        page = following
    raise AssertionError("it never ends")


@given(st.dictionaries(st.text(min_size=1), st.integers(0, 3), max_size=30), st.integers(1, 7))
@pytest.mark.parametrize("order", [BY_NAME, BY_MODIFIED, "Modified  ASC, name asc", "name", "size asc, name asc"])
def test_every_row_comes_once_and_in_order(order: str, stamps: dict[str, int], limit: int) -> None:
    rows: list[Row] = [{"name": name, "modified": stamp, "size": stamp % 2} for name, stamp in stamps.items()]
    query = ListQuery("Item", fields=["name", "modified", "size"], order_by=order, limit=limit)
    columns = [part.split()[0].lower() for part in order.split(",")]
    assert walked(rows, query) == sorted(rows, key=lambda row: tuple(row[column] for column in columns))


def test_rows_deleted_meanwhile_do_not_shift_those_after_them() -> None:
    rows: list[Row] = [{"name": f"{number:02}"} for number in range(10)]
    page = first_page(ListQuery("Item", limit=4))
    first = answered(rows, page.query)
    following = next_page(page, first)
    assert following is not None
    assert answered(rows[2:], following.query)[0]["name"] == "04"


def test_the_lists_own_filters_stay_on_every_page() -> None:
    query = ListQuery("Item", filters={"disabled": 0}, or_filters={"brand": "x"}, limit=1)
    following = next_page(first_page(query), [{"name": "A"}])
    assert following is not None
    assert following.query.filters == [["Item", "disabled", "=", 0], ["name", ">", "A"]]
    assert following.query.or_filters == {"brand": "x"}


@pytest.mark.parametrize(
    "query",
    [
        ListQuery("Item", order_by="creation desc", limit=1),
        ListQuery("Item", fields=["item_name"], limit=1),
        ListQuery("Item", order_by=BY_MODIFIED, limit=1),
        ListQuery("Item", fields=["name", "items.qty"], limit=1),
        ListQuery("Item", filters=[["Item Price", "rate", ">", 1]], limit=1),
        ListQuery("Item", fields=["name", "item_group"], group_by="item_group", limit=1),
        ListQuery("Item", start=5, limit=1),
    ],
    ids=["other order", "no name", "no modified", "child column", "child filter", "groups", "began late"],
)
def test_other_lists_are_walked_by_offset(query: ListQuery) -> None:
    following = next_page(first_page(query), [{"name": "A", "item_name": "A"}])
    assert following is not None
    assert following.query.start == query.start + 1
    assert following.query.filters == query.filters
