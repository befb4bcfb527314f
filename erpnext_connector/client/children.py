"""Child rows for a page of parents."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from erpnext_connector.client.flow import Flow, ask
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.learning import child_doctype
from erpnext_connector.errors import DocumentNotFound, Forbidden, NotFound
from erpnext_connector.wire.lists import ListQuery, child_rows, list_documents, next_by_offset
from erpnext_connector.wire.resources import get_document

CHILD_PAGE_ROWS: Final = 5_000

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ChildTable:
    """A child table with the fields wanted of its rows; `is_listable` until the site refuses to list them."""

    fieldname: str
    fields: tuple[str, ...] = ("*",)
    is_listable: bool = True


def attach_children(
    doctype: str, parents: list[Row], tables: tuple[ChildTable, ...], knowledge: Knowledge
) -> Flow[tuple[ChildTable, ...]]:
    """Give each parent its child rows under each table's name, in their order, for one call per table.

    Where the user may not list the rows, each parent is read by itself, once for all such tables. Returns the tables,
    those marked that can't be listed.
    """
    known: list[ChildTable] = []
    for table in tables:
        is_attached = table.is_listable and (yield from _attach_listed(doctype, parents, table, knowledge))
        known.append(table if is_attached else replace(table, is_listable=False))
    unlisted = tuple(table for table in known if not table.is_listable)
    if unlisted:
        yield from _attach_read(doctype, parents, unlisted)
    return tuple(known)


def _attach_listed(doctype: str, parents: list[Row], table: ChildTable, knowledge: Knowledge) -> Flow[bool]:
    child = yield from child_doctype(doctype, table.fieldname, knowledge)
    names = [str(parent["name"]) for parent in parents]
    query = child_rows(
        doctype, child, parentfield=table.fieldname, names=names, fields=table.fields, limit=CHILD_PAGE_ROWS
    )
    try:
        rows = yield from _all_rows(query)
    except (Forbidden, NotFound):
        return False
    found: dict[str, list[Row]] = {name: [] for name in names}
    for row in rows:
        found.get(str(row.get("parent")), []).append(_chosen(row, table))
    for parent in parents:
        parent[table.fieldname] = found[str(parent["name"])]
    return True


def _all_rows(query: ListQuery) -> Flow[list[Row]]:
    rows = page = yield from ask(list_documents(query))
    while len(page) == query.limit:
        query = next_by_offset(query)
        page = yield from ask(list_documents(query))
        rows = rows + page
    return rows


def _attach_read(doctype: str, parents: list[Row], tables: tuple[ChildTable, ...]) -> Flow[None]:
    """A parent that is deleted meanwhile has no rows."""
    for parent in parents:
        try:
            document = yield from ask(get_document(doctype, str(parent["name"])))
        except DocumentNotFound:
            document = {}
        for table in tables:
            rows = document.get(table.fieldname) or []
            parent[table.fieldname] = [_chosen(row, table) for row in rows]


def _chosen(row: Row, table: ChildTable) -> Row:
    """The fields that were asked for, null where a document leaves them out."""
    return row if "*" in table.fields else {name: row.get(name) for name in table.fields}
