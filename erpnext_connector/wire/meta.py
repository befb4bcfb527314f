"""What a DocType is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import DocTypeNotFound
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.methods import reading

_TABLES: Final = frozenset({"Table", "Table MultiSelect"})


@dataclass(frozen=True, slots=True)
class DocField:
    """One field of a DocType; `options` is what a link or a table refers to, or the choices of a select."""

    fieldname: str
    fieldtype: str
    label: str
    options: str
    is_mandatory: bool


@dataclass(frozen=True, slots=True)
class DocTypeMeta:
    """A DocType with its fields in order; `raw` is all that Frappe says of it."""

    doctype: str
    fields: tuple[DocField, ...]
    title_field: str | None
    search_fields: tuple[str, ...]
    is_submittable: bool
    is_child: bool
    raw: Mapping[str, Any]

    def child_doctype(self, fieldname: str) -> str | None:
        """The DocType of a child table's rows; None when the field is no child table."""
        return next(
            (field.options for field in self.fields if field.fieldname == fieldname and field.fieldtype in _TABLES),
            None,
        )


def meta(doctype: str) -> Call[DocTypeMeta]:
    """Fields and properties of a DocType with the site's customizations; any user may ask.

    It is the same method on every version; API v2's is missing on 13 and 14.
    """
    arguments = {"doctype": paths.checked(doctype, "DocType")}
    return reading("frappe.desk.form.load.getdoctype", arguments, read=partial(_read_meta, doctype=doctype))


def _read_meta(reply: Reply, *, doctype: str) -> DocTypeMeta:
    documents = replies.field(reply, "docs", not_found=DocTypeNotFound)
    rows = [row for row in documents if isinstance(row, dict)] if isinstance(documents, list) else []
    found = next((row for row in rows if str(row.get("name", "")).casefold() == doctype.casefold()), None)
    return _meta(found) if found else replies.unexpected("DocType", reply)


def _meta(raw: Mapping[str, Any]) -> DocTypeMeta:
    search_fields = (part.strip() for part in str(raw.get("search_fields") or "").split(","))
    return DocTypeMeta(
        doctype=str(raw["name"]),
        fields=tuple(_field(row) for row in raw.get("fields") or ()),
        title_field=raw.get("title_field") or None,
        search_fields=tuple(filter(None, search_fields)),
        is_submittable=bool(raw.get("is_submittable")),
        is_child=bool(raw.get("istable")),
        raw=raw,
    )


def _field(row: Mapping[str, Any]) -> DocField:
    return DocField(
        fieldname=str(row.get("fieldname") or ""),
        fieldtype=str(row.get("fieldtype") or ""),
        label=str(row.get("label") or ""),
        options=str(row.get("options") or ""),
        is_mandatory=bool(row.get("reqd")),
    )
