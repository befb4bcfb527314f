"""REST as Frappe has had it from the beginning: /api/resource."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.sandbox import query, removal, render
from erpnext_connector.sandbox.columns import ListArguments
from erpnext_connector.sandbox.documents import CANCELLED, SUBMITTED, Documents, without_nulls
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import parse_json, to_flag, to_int

PAGE: Final = 20
METHODS_OF_DOCUMENTS: Final = """save insert delete reload db_set db_get db_insert db_update validate run_method
    load_from_db set_title_field as_dict get update append check_permission has_permission on_update
    on_submit on_cancel"""
NOT_WHITELISTED: Final = frozenset(METHODS_OF_DOCUMENTS.split())


def resource(site: Site, request: Request, user: str, doctype: str, name: str | None) -> Response:
    """The answer to a request to /api/resource/<doctype>[/<name>]."""
    if name:
        return _document(site, request, user, doctype, name)
    if request.method in ("GET", "HEAD"):
        return _answer(site, request, list_documents(site, request, user, doctype))
    if request.method == "POST":
        return _answer(site, request, _create(site, request, user, doctype))
    if site.frappe >= 15 and request.method in ("PUT", "DELETE"):
        return render.werkzeug_page(405, "Method Not Allowed")
    return no_such_route(site, request)


def _document(site: Site, request: Request, user: str, doctype: str, name: str) -> Response:
    method = request.arguments.get("run_method")
    if request.method in ("GET", "HEAD"):
        if method:
            return run_method(site, request, user, (doctype, name, str(method)))
        return _answer(site, request, _read(site, request, user, doctype, name))
    if request.method == "PUT":
        changes = form_data(site, request)
        return _answer(site, request, without_nulls(update(site, doctype, name, changes, user)))
    if request.method == "DELETE":
        removal.delete(site, doctype, name, user)
        body = {"message": "ok"} if site.frappe < 15 else {"data": "ok"}
        return render.success(site, request, render.Body(body, status=202), key="data")
    if request.method == "POST":
        if not method:
            return _no_method(site, request)
        return run_method(site, request, user, (doctype, name, str(method)))
    return no_such_route(site, request)


def _no_method(site: Site, request: Request) -> Response:
    if site.frappe < 15:
        return render.success(site, request, None, key="data")
    raise FrappeError("KeyError", "'run_method'")


def no_such_route(site: Site, request: Request) -> Response:
    """No such address, or not with this verb."""
    if site.frappe < 15:
        if request.path.startswith("/api/resource/"):
            return render.success(site, request, None, key="data")
        return render.json_answer(site, request, {}, 404)
    raise FrappeError("DoesNotExistError")


def _answer(site: Site, request: Request, value: object) -> Response:
    return render.success(site, request, value, key="data")


def list_documents(site: Site, request: Request, user: str, doctype: str) -> list[Any]:
    """The rows that the request's arguments ask for."""
    arguments = dict(request.arguments)
    if "limit_page_length" not in arguments:
        arguments["limit_page_length"] = arguments.get("limit") or PAGE
    if arguments.get("fields"):
        arguments["fields"] = parse_json(arguments["fields"])
    if arguments.get("as_dict") is not None:
        arguments["as_dict"] = to_flag(arguments["as_dict"])
    return get_list(site, user, doctype, arguments)


def get_list(site: Site, user: str, doctype: str, arguments: Mapping[str, Any]) -> list[Any]:
    """`frappe.client.get_list`; `limit_page_length` 0 is no limit."""
    asked = ListArguments(
        doctype=doctype,
        fields=arguments.get("fields"),
        filters=arguments.get("filters"),
        or_filters=arguments.get("or_filters"),
        group_by=arguments.get("group_by") or None,
        order_by=arguments.get("order_by") or None,
        start=to_int(arguments.get("limit_start") or 0),
        limit=to_int(arguments.get("limit_page_length", PAGE)) or None,
        as_list=not arguments.get("as_dict", True),
        parent=arguments.get("parent"),
    )
    rows = query.run(site, user, asked)
    expand = parse_json(arguments.get("expand")) if site.frappe >= 16 else None
    if expand and not asked.as_list:
        _expand_rows(site, site.doctype(doctype).name, rows, expand)
    return rows


def _create(site: Site, request: Request, user: str, doctype: str) -> Document:
    values = {**form_data(site, request), "doctype": doctype}
    document = insert(site, values, user)
    return document if site.frappe < 15 else without_nulls(document)


def insert(site: Site, values: Mapping[str, Any], user: str) -> Document:
    """Insert a document; a POST to a DocType that does not exist is a server error, as on a real one."""
    if site.schema.find(values.get("doctype")) is None:
        raise no_module(str(values.get("doctype")))
    return site.part(Documents).insert(values, user)


def no_module(doctype: str) -> FrappeError:
    """The error for a new document of a DocType that does not exist."""
    error = FrappeError("ImportError", f"Module import failed for {doctype}")
    error.last_line = f"Error: No module named 'frappe.core.doctype.{doctype.lower().replace(' ', '_')}'"
    return error


def form_data(site: Site, request: Request) -> dict[str, Any]:
    """The document in a body: JSON itself, or under `data`."""
    data = request.arguments.get("data")
    if data is None:
        return request.arguments
    found = data
    if isinstance(data, str):
        try:
            found = json.loads(data)
        except ValueError:
            return request.arguments
    if not isinstance(found, dict):
        if site.frappe < 15 or (isinstance(data, (int, float)) or (request.has_json and not isinstance(data, list))):
            raise FrappeError("ValidationError", "Invalid request arguments")
        raise FrappeError("TypeError", "pop expected at most 1 argument, got 2")
    return found


def update(site: Site, doctype: str, name: str, changes: Mapping[str, Any], user: str) -> Document:
    """Put changes over a document; a row's parent is saved with it."""
    document = site.part(Documents).update(doctype, name, changes, user)
    if site.doctype(doctype).istable and document.get("parenttype"):
        site.part(Documents).update(document["parenttype"], document["parent"], {}, user)
    return document


def _read(site: Site, request: Request, user: str, doctype: str, name: str) -> Document:
    document = site.part(Documents).get(doctype, name, user)
    if site.frappe >= 16 and to_flag(request.arguments.get("expand_links")) is True:
        return expand_links(site, document)
    return without_nulls(document)


def expand_links(site: Site, document: Document) -> Document:
    """The document with every linked one in place of its name; nobody asks whether the user may read those."""
    doctype = site.doctype(document["doctype"])
    expanded = dict(document)
    for field in doctype.link_fields:
        if document.get(field.fieldname):
            expanded[field.fieldname] = without_nulls(site.stored.load(field.options, document[field.fieldname]))
    for field in doctype.table_fields:
        child = site.doctype(field.options)
        rows = [dict(row) for row in document[field.fieldname]]
        _expand_rows(site, child.name, rows, [link.fieldname for link in child.link_fields])
        expanded[field.fieldname] = rows
    return expanded


def _expand_rows(site: Site, doctype_name: str, rows: list[Any], fieldnames: list[str]) -> None:
    """Put a dict of the linked document's columns in place of each name."""
    doctype = site.doctype(doctype_name)
    for fieldname in fieldnames:
        field = doctype.by_name.get(fieldname)
        if field is None or field.fieldtype != "Link":
            continue
        target = site.doctype(field.options)
        for row in rows:
            found = site.stored.find(target.name, str(row[fieldname])) if row.get(fieldname) else None
            if found:
                row[fieldname] = {column: found[column] for column in target.columns}


def run_method(site: Site, request: Request, user: str, called: tuple[str, str, str]) -> Response:
    """Call a method of a document; what a GET does is undone."""
    return _answer(site, request, call_document(site, request, user, called))


def call_document(site: Site, request: Request, user: str, called: tuple[str, str, str]) -> object:
    """The value of a document's method; a Response where there is no such method."""
    doctype_name, name, method = called
    doctype, document = site.doctype(doctype_name), site.stored.load(doctype_name, name)
    if method not in ("submit", "cancel", "rename", "add_comment"):
        if method in NOT_WHITELISTED:
            raise not_whitelisted(site, f"frappe.model.document.{method}")
        return render.werkzeug_page(404, "Not Found")
    right = "write" if request.method == "POST" else "read"
    if site.frappe >= 16 or render.is_v2(site, request):
        site.part(Permissions).check_document(doctype, right, user, document)
    elif not site.part(Permissions).allows(doctype, right, user, document):
        site.part(Permissions).tell_reasons()
        raise FrappeError("PermissionError", "Not permitted")
    return _called(site, request, user, document, method)


def _called(site: Site, request: Request, user: str, document: Document, method: str) -> object:
    arguments = request.arguments
    if method == "add_comment":
        site.part(Documents).comment(
            document, str(arguments.get("comment_type") or "Comment"), str(arguments.get("text") or ""), user
        )
        return None
    if method == "rename":
        if "name" not in arguments:
            raise FrappeError("TypeError", "Document.rename() missing 1 required positional argument: 'name'")
        merge = to_flag(arguments.get("merge")) is True
        removal.rename(site, document["doctype"], document["name"], arguments["name"], user, merge=merge)
        return None
    docstatus = SUBMITTED if method == "submit" else CANCELLED
    changed = site.part(Documents).change_state(document["doctype"], document["name"], docstatus, user)
    return without_nulls(changed)


def not_whitelisted(site: Site, function: str) -> FrappeError:
    """The error for a function that is not for this caller."""
    login = " Login to access" if site.frappe >= 16 else ""
    text = f"<details><summary>You are not permitted to access this resource.{login}</summary>"
    text += f"Function <strong>{function}</strong> is not whitelisted.</details>"
    return FrappeError("PermissionError", text, title="Method Not Allowed")
