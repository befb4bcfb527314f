"""Calls that list and count documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import BadRequest, DocTypeNotFound
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.filters import Condition, Filters, alternatives, conditions, encoded
from erpnext_connector.wire.methods import LONGEST_URL_BYTES, reading, url_bytes

BY_NAME: Final = "name asc"
BY_MODIFIED: Final = "modified asc, name asc"
"""Unique: many documents may share one `modified` (frappe-quirks 3, lists)."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A column such as `Aggregate("count", "name", "n")` beside `group_by`."""

    function: str
    field: str
    alias: str

    def __post_init__(self) -> None:
        if not all(part.isidentifier() for part in (self.function, self.field, self.alias)):
            raise BadRequest("An aggregate is made of plain names: function, field, alias.")


Field: TypeAlias = str | Aggregate | Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What to list: one page of at most `limit` rows from row `start` on.

    `order_by` is never left to the site, whose own order changes with the fields asked for (frappe-quirks 3, lists).
    `parent` is the parent DocType and needed to list child rows.
    """

    doctype: str
    fields: Sequence[Field] = ("name",)
    filters: Filters | None = None
    or_filters: Filters | None = None
    order_by: str = BY_NAME
    group_by: str | None = None
    start: int = 0
    limit: int = 20
    parent: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.fields, str) or not self.fields:
            raise BadRequest("fields is a list of field names.")
        if self.limit < 1:
            raise BadRequest("limit must be at least 1: to Frappe, 0 means all rows.")
        if self.start < 0:
            raise BadRequest("start must not be negative.")
        if not self.order_by.strip():
            raise BadRequest("order_by is empty.")


def list_documents(query: ListQuery, *, dict_aggregates: bool = False) -> Call[list[dict[str, Any]]]:
    """One page of documents as rows of the fields asked for, null where empty.

    `dict_aggregates` is how Frappe 16 wants them. What makes the address too long for the site is sent by POST.
    """
    params = _params(query, dict_aggregates=dict_aggregates)
    path = paths.collection(query.doctype)
    if url_bytes(path, params) > LONGEST_URL_BYTES:
        form = {"doctype": query.doctype, **params}
        return Call("POST", paths.method("frappe.client.get_list"), _read_message, form=form, repeatable=True)
    return Call("GET", path, _read_data, params=params, repeatable=True)


def count(doctype: str, filters: Filters | None = None, or_filters: Filters | None = None) -> Call[int]:
    """How many documents the user may see; `frappe.client.get_count` ignores User Permissions before v16."""
    arguments = {
        "doctype": paths.checked(doctype, "DocType"),
        "filters": encoded(conditions(doctype, filters)),
        "or_filters": encoded(alternatives(doctype, or_filters)) if or_filters else None,
        "fields": "[]",
        "distinct": "false",
    }
    return reading("frappe.desk.reportview.get_count", arguments, read=_read_count)


def child_rows(
    doctype: str, child_doctype: str, *, parentfield: str, names: Sequence[str], fields: Sequence[Field], limit: int
) -> ListQuery:
    """The query for the rows of one child table in many documents, in the order of the documents and their rows."""
    always: tuple[Field, ...] = ("parent", "idx", "name")
    return ListQuery(
        child_doctype,
        fields=("*",) if "*" in fields else (*always, *(field for field in fields if field not in always)),
        filters=[["parenttype", "=", doctype], ["parentfield", "=", parentfield], ["parent", "in", list(names)]],
        order_by="parent asc, idx asc, name asc",
        limit=limit,
        parent=doctype,
    )


def _params(query: ListQuery, *, dict_aggregates: bool) -> dict[str, str]:
    params: dict[str, str | None] = {
        "fields": encoded([_field(field, dict_aggregates=dict_aggregates) for field in query.fields]),
        "filters": _encoded_or_none(conditions(query.doctype, query.filters)),
        "or_filters": _encoded_or_none(alternatives(query.doctype, query.or_filters)),
        "order_by": _order(query),
        "group_by": query.group_by,
        "limit_start": str(query.start) if query.start else None,
        "limit_page_length": str(query.limit),
        "parent": query.parent,
    }
    return {name: text for name, text in params.items() if text is not None}


def _order(query: ListQuery) -> str:
    """Groups have no name: unless told otherwise they come in the order of what they are grouped by."""
    return query.group_by if query.group_by and query.order_by == BY_NAME else query.order_by


def _encoded_or_none(found: list[Condition]) -> str | None:
    return encoded(found) if found else None


def _field(field: Field, *, dict_aggregates: bool) -> object:
    if not isinstance(field, Aggregate):
        return field
    if dict_aggregates:
        return {field.function.upper(): field.field, "as": field.alias}
    return f"{field.function.lower()}({field.field}) as {field.alias}"


def _read_data(reply: Reply) -> list[dict[str, Any]]:
    rows = replies.data(reply, not_found=DocTypeNotFound, refused=BadRequest)
    return rows if isinstance(rows, list) else replies.unexpected("rows", reply)


def _read_message(reply: Reply) -> list[dict[str, Any]]:
    rows = replies.message(reply, not_found=DocTypeNotFound, refused=BadRequest)
    return rows if isinstance(rows, list) else replies.unexpected("rows", reply)


def _read_count(reply: Reply) -> int:
    number = replies.message(reply, not_found=DocTypeNotFound, refused=BadRequest)
    return number if isinstance(number, int) else replies.unexpected("count", reply)


def next_by_offset(query: ListQuery) -> ListQuery:
    """The page after this one, counted; rows that move meanwhile are missed or doubled."""
    return replace(query, start=query.start + query.limit)
