"""Lists longer than a page, walked by key where the order allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from erpnext_connector.wire.filters import conditions
from erpnext_connector.wire.lists import BY_MODIFIED, BY_NAME, ListQuery, next_by_offset

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """One query to send, and what is asked when it has no more rows: `whole` is the list it belongs to."""

    query: ListQuery
    whole: ListQuery
    after: ListQuery | None = None


def first_page(query: ListQuery) -> Page:
    """Where a list begins."""
    return Page(query, whole=query)


def next_page(page: Page, rows: Sequence[Row]) -> Page | None:
    """The page after `page`, which brought `rows`; None at the end.

    By key (`order_by` is "name asc" or "modified asc, name asc", with these fields among those asked for), rows that
    come and go meanwhile neither shift nor double the others. Any other order is walked by offset.
    """
    if len(rows) < page.query.limit:
        return Page(page.after, whole=page.whole) if page.after else None
    key = _key(page.whole)
    if key == BY_NAME:
        return Page(_beyond(page.whole, "name", rows[-1]), whole=page.whole)
    if key == BY_MODIFIED:
        return _after_modified(page.whole, rows[-1])
    return Page(next_by_offset(page.query), whole=page.whole)


def _key(query: ListQuery) -> str | None:
    """The order, normalized, if it is unique and known to be in the rows."""
    order = " ".join(query.order_by.lower().split())
    if order == "name":
        order = BY_NAME
    needed = {"modified", "name"} if order == BY_MODIFIED else {"name"}
    is_there = "*" in query.fields or needed <= {field for field in query.fields if isinstance(field, str)}
    if order not in (BY_NAME, BY_MODIFIED) or not is_there or query.group_by or query.start or _joins(query):
        return None
    return order


def _joins(query: ListQuery) -> bool:
    """Whether child rows take part: one document may then have several rows, even on both sides of a page's end."""
    others = [*conditions(query.doctype, query.filters), *conditions(query.doctype, query.or_filters)]
    if any(condition[0] != query.doctype for condition in others):
        return True
    return any(not isinstance(field, str) or "." in field for field in query.fields)


def _after_modified(query: ListQuery, last: Row) -> Page:
    """First the rest of those that share the last row's `modified`, then what is newer."""
    same = replace(query, filters=[*_all(query), ["modified", "=", last["modified"]], ["name", ">", last["name"]]])
    return Page(same, whole=query, after=_beyond(query, "modified", last))


def _beyond(query: ListQuery, field: str, last: Row) -> ListQuery:
    return replace(query, filters=[*_all(query), [field, ">", last[field]]])


def _all(query: ListQuery) -> list[Any]:
    return conditions(query.doctype, query.filters)
