"""The sandbox's desk: which documents there are, in lists with a search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, urlencode

from erpnext_connector.sandbox import accounts, query
from erpnext_connector.sandbox.columns import ListArguments
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.meta import NUMBER_TYPES, VALUELESS_TYPES, WHOLE_TYPES, DocType
from erpnext_connector.sandbox.pages import message, render
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Site

PAGE_LENGTH: Final = 20
SHOWN_COLUMNS: Final = 3
LONG_TYPES: Final = frozenset({"Text", "Small Text", "Long Text", "Text Editor", "Code", "JSON", "HTML Editor"})
SET_UP: Final = ("OAuth Client", "OAuth Bearer Token", "Webhook", "Webhook Request Log", "User", "Deleted Document")


def home(site: Site, request: Request, user: str) -> Response:
    """The DocTypes that the user may read."""
    if user == accounts.GUEST:
        return to_login(request)
    listed = [_tile(site, user, doctype) for doctype in readable(site, user)]
    documents = [tile for tile in listed if tile["name"] not in SET_UP]
    set_up = [tile for tile in listed if tile["name"] in SET_UP]
    return render(site, request, "home.html", protect=True, documents=documents, set_up=set_up)


def documents(site: Site, request: Request, user: str, slug: str) -> Response:
    """A DocType's documents, the last changed first; `search` looks into its search fields."""
    if user == accounts.GUEST:
        return to_login(request)
    doctype = of_slug(site, user, slug)
    if doctype is None:
        return no_list(site, request, slug)
    text = request.query.get("search", "").strip()
    given = request.query.get("start", "")
    start = int(given) if given.isdecimal() else 0
    columns = shown_columns(doctype, SHOWN_COLUMNS)
    found = query.run(site, user, _asked(doctype, columns, text, start))
    here = list_url(site, doctype)
    return render(
        site,
        request,
        "list.html",
        protect=True,
        doctype=doctype.name,
        here=here,
        search=text,
        searched=[_label(doctype, name) for name in _searched(doctype)],
        columns=columns,
        rows=[_row(here, columns, row) for row in found[:PAGE_LENGTH]],
        submittable=doctype.is_submittable,
        may_create=_may_create(site, user, doctype),
        first=start + 1,
        total=None if text else query.count(site, user, ListArguments(doctype.name)),
        previous_page=_page(here, text, max(start - PAGE_LENGTH, 0)) if start else None,
        next_page=_page(here, text, start + PAGE_LENGTH) if len(found) > PAGE_LENGTH else None,
        notice=request.query.get("notice", ""),
    )


def readable(site: Site, user: str) -> list[DocType]:
    """The DocTypes with a list of their own that the user may read: those of the dataset, then a few of Frappe's."""
    own = [doctype for doctype in site.schema if doctype.custom and not doctype.istable and not doctype.issingle]
    system = [found for found in map(site.schema.find, SET_UP) if found]
    return [doctype for doctype in (*own, *system) if site.part(Permissions).allows(doctype, "read", user)]


def of_slug(site: Site, user: str, slug: str) -> DocType | None:
    """The readable DocType that an address names."""
    return next((doctype for doctype in readable(site, user) if _slug(doctype) == slug), None)


def list_url(site: Site, doctype: DocType) -> str:
    """Where the DocType's list is."""
    return f"{accounts.home_page(site)}/{_slug(doctype)}"


def document_url(site: Site, doctype: DocType, name: str) -> str:
    """Where a document's form is."""
    return f"{list_url(site, doctype)}/{quote(name, safe='')}"


def shown_columns(doctype: DocType, limit: int) -> list[dict[str, object]]:
    """The first fields that fit into a table's cells."""
    left_out = {doctype.naming_field, "naming_series"}
    fields = [
        field
        for field in doctype.value_fields
        if field.fieldtype not in LONG_TYPES | {"Password"} and field.fieldname not in left_out and not field.hidden
    ]
    numbers = NUMBER_TYPES | (WHOLE_TYPES - {"Check"})
    return [
        {"fieldname": field.fieldname, "label": field.shown_label, "number": field.fieldtype in numbers}
        for field in fields[:limit]
    ]


def cell(value: object) -> str:
    """A value as a table shows it."""
    if isinstance(value, float):
        return f"{value:,.2f}"
    return "" if value is None else str(value)


def to_login(request: Request) -> Response:
    """The login page, with the way back."""
    asked = f"{request.path}?{request.query_string}" if request.query_string else request.path
    return Response.redirect(f"/login?{urlencode({'redirect-to': quote(asked, safe='/?&=%+')})}")


def no_list(site: Site, request: Request, slug: str) -> Response:
    """What is said of a DocType that is not there, or not for this user."""
    return message(site, request, "Not Found", f"There is no list “{slug}” that you may see.", 404)


def _may_create(site: Site, user: str, doctype: DocType) -> bool:
    """Whether a form can make a document: neither rows nor a name of one's own can be typed in."""
    needs_more = (doctype.autoname or "").lower() == "prompt" or any(field.reqd for field in doctype.table_fields)
    return not needs_more and site.part(Permissions).allows(doctype, "create", user)


def _tile(site: Site, user: str, doctype: DocType) -> dict[str, object]:
    count = query.count(site, user, ListArguments(doctype.name))
    return {"name": doctype.name, "count": count, "url": list_url(site, doctype)}


def _asked(doctype: DocType, columns: Sequence[Mapping[str, object]], text: str, start: int) -> ListArguments:
    found = [[name, "like", f"%{text}%"] for name in _searched(doctype)] if text else None
    return ListArguments(
        doctype=doctype.name,
        fields=["name", "docstatus", "modified", *(column["fieldname"] for column in columns)],
        or_filters=found,
        order_by="modified desc, name asc",
        start=start,
        limit=PAGE_LENGTH + 1,
    )


def _searched(doctype: DocType) -> list[str]:
    listed = [name.strip() for name in (doctype.search_fields or "").split(",")]
    chosen = ["name", doctype.title_field or "", *listed]
    return list(dict.fromkeys(name for name in chosen if name and _has_column(doctype, name)))


def _has_column(doctype: DocType, fieldname: str) -> bool:
    return fieldname == "name" or doctype.fieldtype(fieldname) not in VALUELESS_TYPES | {None}


def _row(here: str, columns: Sequence[Mapping[str, object]], row: Mapping[str, Any]) -> dict[str, object]:
    return {
        "name": row["name"],
        "docstatus": row.get("docstatus", 0),
        "url": f"{here}/{quote(str(row['name']), safe='')}",
        "modified": str(row.get("modified", ""))[:16],
        "values": [cell(row.get(str(column["fieldname"]))) for column in columns],
    }


def _label(doctype: DocType, fieldname: str) -> str:
    return "Name" if fieldname == "name" else doctype.label(fieldname)


def _slug(doctype: DocType) -> str:
    return doctype.name.lower().replace(" ", "-")


def _page(here: str, text: str, start: int) -> str:
    chosen = {"search": text, "start": start}
    return f"{here}?{urlencode({name: value for name, value in chosen.items() if value})}"
