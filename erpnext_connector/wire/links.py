"""Calls behind a link field: what may be picked, and whether a pick holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import BadRequest, DocTypeNotFound
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.filters import Filters, conditions, encoded
from erpnext_connector.wire.methods import reading
from erpnext_connector.wire.text import plain

LinkMethod: TypeAlias = Literal["validate_link", "validate_link_and_fetch"]


@dataclass(frozen=True, slots=True)
class LinkOption:
    """A document that may be picked: its name, its title where that differs, and a line of plain text about it."""

    value: str
    label: str | None
    description: str


def search_link(
    doctype: str, text: str, filters: Filters | None = None, limit: int = 10, *, reference_doctype: str | None = None
) -> Call[tuple[LinkOption, ...]]:
    """What ERPNext's own link field would offer the user for `text`, best first."""
    if limit < 1:
        raise BadRequest("limit must be at least 1.")
    arguments = {
        "doctype": paths.checked(doctype, "DocType"),
        "txt": text,
        "filters": encoded(conditions(doctype, filters)) if filters else None,
        "page_length": str(limit),
        "reference_doctype": reference_doctype,
    }
    return reading("frappe.desk.search.search_link", arguments, read=_read_options)


def validate_link(
    doctype: str,
    name: str,
    fields: Sequence[str] = (),
    *,
    method: LinkMethod = "validate_link",
    filters: Filters | None = None,
) -> Call[dict[str, Any] | None]:
    """The document's `name` with `fields` if the user may link to it, else None.

    Frappe up to 15 has `validate_link`, which knows no filters; from 16 on `validate_link_and_fetch` replaces it.
    The wrong one raises `MethodNotFound`.
    """
    arguments: dict[str, object] = {
        "doctype": paths.checked(doctype, "DocType"),
        "docname": paths.checked(name, "name"),
    }
    if method == "validate_link":
        arguments["fields"] = encoded(list(fields))
    else:
        arguments["fields_to_fetch"] = encoded(list(fields)) if fields else None
        arguments["filters"] = encoded(conditions(doctype, filters)) if filters else None
    return reading(f"frappe.client.{method}", arguments, read=partial(_read_link, asked=name))


def _read_options(reply: Reply) -> tuple[LinkOption, ...]:
    """Frappe 13 and 14 answer under "results", later ones under "message" (frappe-quirks 3, search_link)."""
    body = replies.json_object(reply, not_found=DocTypeNotFound)
    rows = body.get("message", body.get("results"))
    if not isinstance(rows, list):
        return replies.unexpected("results", reply)
    return tuple(_option(row) for row in rows if isinstance(row, Mapping) and row.get("value") is not None)


def _option(row: Mapping[str, Any]) -> LinkOption:
    value = str(row["value"])
    label = plain(str(row.get("label") or ""))
    return LinkOption(value, label if label and label != value else None, plain(str(row.get("description") or "")))


def _read_link(reply: Reply, *, asked: str) -> dict[str, Any] | None:
    """Nothing is `{}` or a null name; 16 leaves the name out when no fields were asked for."""
    found = replies.message(reply, not_found=DocTypeNotFound)
    if not isinstance(found, dict) or not found or found.get("name", asked) is None:
        return None
    return {"name": asked, **found}
