"""What link fields show while somebody types: frappe.desk.search."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.sandbox import query, render
from erpnext_connector.sandbox.arguments import Arguments
from erpnext_connector.sandbox.columns import ListArguments, check_list_permission
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.values import parse_json, to_flag, to_int
from erpnext_connector.sandbox.versions import recorded

SEARCHED_TYPES: Final = frozenset(
    {"Data", "Text", "Small Text", "Long Text", "Link", "Select", "Read Only", "Text Editor"}
)
PAGE: Final = {14: 20, 15: 10, 16: 10}
CACHED: Final = ("cache-control", "private,max-age=300,stale-while-revalidate=300")


def search_link(site: Site, request: Request, user: str) -> object:
    """The documents that a link field offers: value, description, and a label (always in Frappe 16)."""
    given = Arguments.of(request, "search_link")
    doctype_name, text = given.need("doctype", "txt")
    if given.get("query"):
        return render.page("Invalid Method", "Method not found", 404)
    doctype = site.doctype(doctype_name)
    rows = search(site, user, doctype, {**given.given, "txt": str(text).strip()})
    found = [_option(site, doctype, row) for row in rows]
    if site.frappe < 15:
        return render.Body({"results": found})
    headers = (CACHED,) if site.frappe >= 16 and request.method == "GET" else ()
    key = "data" if render.is_v2(site, request) else "message"
    return render.Body({key: found}, headers=headers)


def search_widget(site: Site, request: Request, user: str) -> object:
    """The rows behind the link field's offers."""
    given = Arguments.of(request, "search_widget")
    doctype_name, _ = given.need("doctype", "txt")
    rows = search(site, user, site.doctype(doctype_name), given.given)
    return render.Body({"values": rows}) if site.frappe < 15 else rows


def search(site: Site, user: str, doctype: DocType, given: Mapping[str, Any]) -> list[list[Any]]:
    """Rows of name (and label, where titles are shown), title, search fields."""
    text = str(given.get("txt") or "")
    filters = _filters(site, doctype, given)
    found = ListArguments(
        doctype=doctype.name,
        fields=_fields(doctype, str(given.get("searchfield") or "name")),
        filters=filters,
        or_filters=_text_filters(doctype, text) if text else None,
        order_by=_order(doctype),
        start=to_int(given.get("start") or 0),
        limit=_page_length(site, given) or None,
        as_list=True,
        reference_doctype=given.get("reference_doctype"),
        ignore_permissions=doctype.name == "DocType" or _ignores(site, given),
        strict=False,
        relevance_to=text.replace("%", "").replace("@", ""),
    )
    if found.ignore_permissions and doctype.name != "DocType":
        check_list_permission(site, doctype, user, given.get("reference_doctype"))
    rows = query.run(site, user, found)
    return sorted(rows, key=lambda row: (not str(row[0]).casefold().startswith(text.casefold()), str(row[0])))


def _page_length(site: Site, given: Mapping[str, Any]) -> int:
    value = given.get("page_length", PAGE[recorded(site.frappe)])
    if site.frappe >= 15 and not str(value).lstrip("-").isdigit():
        text = f"Argument 'page_length' should be of type 'int' but got '{type(value).__name__}' instead."
        raise FrappeError("FrappeTypeError", text, 417, thrown=False)
    return to_int(value)


def _ignores(site: Site, given: Mapping[str, Any]) -> bool:
    asked = to_flag(given.get("ignore_user_permissions")) is True
    if not asked or site.frappe < 16:
        return asked
    doctype = site.schema.find(given.get("reference_doctype"))
    field = doctype.by_name.get(str(given.get("link_fieldname"))) if doctype else None
    return bool(field and field.ignore_user_permissions)


def _filters(site: Site, doctype: DocType, given: Mapping[str, Any]) -> list[Any]:
    filters = parse_json(given.get("filters")) if given.get("filters") else []
    disabled_too = False
    if isinstance(filters, Mapping):
        kept = dict(filters)
        disabled_too = site.frappe >= 16 and kept.pop("include_disabled", None) == 1
        pairs = ((key, value if isinstance(value, list) else ["=", value]) for key, value in kept.items())
        filters = [[doctype.name, key, *value[:2]] for key, value in pairs]
    found = list(filters)
    for fieldname, operator in (("enabled", "="), ("disabled", "!=")):
        field = doctype.by_name.get(fieldname)
        if field and field.fieldtype == "Check" and not disabled_too:
            found.append([doctype.name, fieldname, operator, 1])
    return found


def _text_filters(doctype: DocType, text: str) -> list[Any]:
    names = ["name", doctype.title_field, *_search_fields(doctype)]
    searched = [name for name in names if name == "name" or doctype.fieldtype(name or "") in SEARCHED_TYPES]
    return [[doctype.name, name, "like", f"%{text}%"] for name in searched]


def _search_fields(doctype: DocType) -> list[str]:
    return [name.strip() for name in (doctype.search_fields or "").split(",") if name.strip()]


def _fields(doctype: DocType, searchfield: str) -> list[str]:
    names = ["name", doctype.title_field, searchfield, *_search_fields(doctype)]
    found = [name for name in dict.fromkeys(names) if name]
    if doctype.show_title_field_in_link and doctype.title_field:
        found.insert(1, f"{doctype.title_field} as label")
    return found


def _order(doctype: DocType) -> str:
    drafts_first = "docstatus asc, " if doctype.is_submittable else ""
    return f"idx desc, {drafts_first}{doctype.sort_field or 'modified'} {doctype.sort_order or 'desc'}"


def _option(site: Site, doctype: DocType, row: list[Any]) -> dict[str, str]:
    value, parts = row[0], row[1:]
    option = {"value": value}
    if doctype.show_title_field_in_link:
        label = parts[0] if parts else value
        rest = parts[2:] if len(parts) > 1 and parts[1] == label else parts[1:]
        return option | {"label": label, "description": _described([value, *rest])}
    if site.frappe >= 16:
        option["label"] = value
    return option | {"description": _described(parts)}


def _described(parts: list[Any]) -> str:
    return ", ".join(dict.fromkeys(str(part) for part in parts if part))


METHODS: Final = {
    "frappe.desk.search.search_link": Method(search_link),
    "frappe.desk.search.search_widget": Method(search_widget),
}
