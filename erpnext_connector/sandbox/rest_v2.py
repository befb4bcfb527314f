"""REST as Frappe 15 and 16 have it beside the old one: /api/v2."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from erpnext_connector.sandbox import desk_methods, meta_view, query, removal, render, rest
from erpnext_connector.sandbox.columns import ListArguments
from erpnext_connector.sandbox.documents import Documents, without_nulls
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import parse_json, to_int

DOCUMENT: Final = re.compile(r"/api/v2/document/([^/]+)(?:/(.+?))?/?", re.DOTALL)
DOCTYPE: Final = re.compile(r"/api/v2/doctype/([^/]+)/(meta|count)/?")
METHOD: Final = re.compile(r"/api/v2/method/(.+?)/?", re.DOTALL)


def handle(site: Site, request: Request, user: str, call: Callable[[str], object]) -> Response:
    """The answer to a request below /api/v2; `call` runs a method by its name."""
    found = METHOD.fullmatch(request.path)
    if found:
        return render.success(site, request, call(found[1]), key="data")
    found = DOCTYPE.fullmatch(request.path)
    if found and request.method in ("GET", "HEAD"):
        return render.success(site, request, _about(site, request, user, *found.groups()), key="data")
    found = DOCUMENT.fullmatch(request.path)
    if not found:
        raise FrappeError("DoesNotExistError")
    doctype, name = found.groups()
    if name is None:
        return render.success(site, request, _collection(site, request, user, doctype), key="data")
    return _document(site, request, user, doctype, name)


def _about(site: Site, request: Request, user: str, doctype: str, what: str) -> object:
    if what == "count":
        return desk_methods.count(site, user, {**request.arguments, "doctype": doctype})
    if user == "Guest":
        raise FrappeError("PermissionError")
    return meta_view.meta(site, site.doctype(doctype))


def _collection(site: Site, request: Request, user: str, doctype: str) -> object:
    if request.method in ("GET", "HEAD"):
        return _list(site, request, user, doctype)
    if request.method != "POST":
        raise FrappeError("DoesNotExistError")
    values = {**request.arguments, "doctype": doctype}
    return _shown(site, rest.insert(site, values, user))


def _shown(site: Site, document: Document) -> Document:
    return document if site.frappe >= 16 else without_nulls(document)


def _list(site: Site, request: Request, user: str, doctype: str) -> object:
    arguments: dict[str, Any] = dict(request.arguments)
    if site.frappe < 16:
        if arguments.get("fields"):
            arguments["fields"] = parse_json(arguments["fields"])
        arguments["limit_page_length"] = arguments.get("limit") or rest.PAGE
        return rest.get_list(site, user, doctype, arguments)
    limit = to_int(arguments.get("limit", rest.PAGE))
    asked = ListArguments(
        doctype=doctype,
        fields=parse_json(arguments.get("fields")),
        filters=parse_json(arguments.get("filters")),
        group_by=arguments.get("group_by") or None,
        order_by=arguments.get("order_by") or None,
        start=to_int(arguments.get("start", 0)),
        limit=limit + 1,
        as_list=not arguments.get("as_dict", True),
        legacy=False,
    )
    rows = query.run(site, user, asked)
    return render.Body({"data": rows[:limit], "has_next_page": len(rows) > limit})


def _document(site: Site, request: Request, user: str, doctype: str, name: str) -> Response:
    method = re.fullmatch(r"(.+)/method/([^/]+)", name, re.DOTALL)
    if method and request.method in ("GET", "POST"):
        value = rest.call_document(site, request, user, (doctype, method[1], method[2]))
        return render.success(site, request, _with_document(site, value), key="data")
    if site.frappe >= 16 and name.endswith("/copy") and request.method == "GET":
        return render.success(site, request, _copy(site, doctype, name[:-5], user), key="data")
    return render.success(site, request, _one(site, request, user, doctype, name), key="data")


def _with_document(site: Site, value: object) -> object:
    """Frappe 16 sends the document along."""
    if site.frappe >= 16 and isinstance(value, dict):
        return render.Body({"data": value, "docs": [value]})
    return value


def _copy(site: Site, doctype_name: str, name: str, user: str) -> Document:
    doctype, document = site.doctype(doctype_name), site.stored.load(doctype_name, name)
    site.part(Permissions).check_document(doctype, "read", user, document)
    dropped = {"name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "amended_from"}
    dropped |= {field.fieldname for field in doctype.fields if field.no_copy}
    return without_nulls({key: value for key, value in document.items() if key not in dropped})


def _one(site: Site, request: Request, user: str, doctype: str, name: str) -> object:
    if request.method in ("GET", "HEAD"):
        document = site.stored.load(doctype, name)
        site.part(Permissions).check_document(site.doctype(doctype), "read", user, document)
        return _shown(site, site.part(Documents).readable(document, user))
    if request.method in ("PUT", "PATCH"):
        return _shown(site, rest.update(site, doctype, name, request.arguments, user))
    if request.method == "DELETE":
        removal.delete(site, doctype, name, user)
        return render.Body({"data": "ok"}, status=202)
    raise FrappeError("DoesNotExistError")
