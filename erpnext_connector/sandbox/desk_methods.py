"""The functions that Frappe's desk calls: counts, meta, assignments, versions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.sandbox import meta_view, query, render, tables
from erpnext_connector.sandbox.arguments import Arguments
from erpnext_connector.sandbox.columns import ListArguments
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.removal import assigned_users
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import parse_json, to_int

RELEASES: Final = {
    13: ("13.58.21", "version-13"),
    14: ("14.93.2", "version-14"),
    15: ("15.55.1", "version-15"),
    16: ("16.4.1", ""),
    2026: ("17.0.0-dev", "develop"),
}
DESCRIPTION: Final = "Full stack web framework with Python, Javascript, MariaDB, Redis, Node"


def only_for(site: Site, user: str, role: str) -> None:
    """Raise PermissionError for who does not have the role."""
    if user != "Administrator" and role not in site.roles(user):
        raise FrappeError("PermissionError")


def ping(_site: Site, _request: Request, _user: str) -> str:
    """A sign of life."""
    return "pong"


def get_versions(site: Site, _request: Request, _user: str) -> dict[str, Any]:
    """The installed apps."""
    version, branch = RELEASES[site.frappe]
    shown = {"title": "Frappe Framework", "description": DESCRIPTION, "branch": branch, "version": version}
    return {"frappe": shown}


def count(site: Site, user: str, given: Mapping[str, Any]) -> int:
    """`frappe.desk.reportview.get_count`: how many documents the user's list has."""
    doctype = given.get("doctype")
    if not doctype:
        raise FrappeError("TypeError", "execute() missing 1 required positional argument: 'doctype'")
    asked = ListArguments(str(doctype), filters=given.get("filters"), or_filters=given.get("or_filters"))
    found = query.count(site, user, asked)
    limit = to_int(given.get("limit") or 0)
    return min(found, limit) if limit else found


def report_count(site: Site, request: Request, user: str) -> int:
    """How many documents the user's list has."""
    return count(site, user, request.arguments)


def report_list(site: Site, request: Request, user: str) -> list[Any]:
    """A list as the desk asks for it."""
    given = request.arguments
    if not given.get("doctype"):
        raise FrappeError("TypeError", "execute() missing 1 required positional argument: 'doctype'")
    asked = ListArguments(
        doctype=str(given["doctype"]),
        fields=given.get("fields"),
        filters=given.get("filters"),
        or_filters=given.get("or_filters"),
        group_by=given.get("group_by") or None,
        order_by=given.get("order_by") or None,
        start=to_int(given.get("start") or given.get("limit_start") or 0),
        limit=to_int(given.get("page_length") or given.get("limit_page_length") or given.get("limit") or 0) or None,
    )
    return query.run(site, user, asked)


def report_get(site: Site, request: Request, user: str) -> object:
    """A list as the desk asks for it, its keys apart from its values."""
    rows = report_list(site, request, user)
    if not rows:
        return []
    keys = list(rows[0])
    return {"keys": keys, "values": [[row[key] for key in keys] for row in rows], "user_info": {}}


def getdoctype(site: Site, request: Request, _user: str) -> render.Body:
    """The DocType with its fields; with its child tables when asked `with_parent`, as the desk does."""
    given = Arguments.of(request, "getdoctype")
    (name,) = given.need("doctype")
    doctype = site.doctype(name)
    found = meta_view.with_children(site, doctype)
    return render.Body({"docs": found, "user_settings": "{}"})


def getdoc(site: Site, request: Request, user: str) -> render.Body:
    """A document as the desk's form loads it."""
    given = Arguments.of(request, "getdoc")
    doctype_name, name = given.need("doctype", "name")
    doctype = site.doctype(doctype_name)
    document = site.stored.find(doctype.name, str(name))
    if document is None:
        return render.Body({})
    if not site.part(Permissions).allows(doctype, "read", user, document):
        label = f"{doctype.name} {document['name']}"
        raise FrappeError(
            "PermissionError", label, thrown=False, extra={"_error_message": f"Insufficient Permission for {label}"}
        )
    return render.Body(
        {"docs": [site.part(Documents).readable(document, user, in_form=True)], "docinfo": {"user_info": {}}}
    )


def assign_to_add(site: Site, request: Request, user: str) -> list[dict[str, str]]:
    """Assign a document to users; gives everybody that it is assigned to."""
    given = request.arguments
    users = parse_json(given.get("assign_to")) or []
    document = site.stored.load(given.get("doctype"), given.get("name"))
    doctype = site.doctype(document["doctype"])
    site.part(Permissions).check_document(doctype, "read", user, document)
    already = {one["owner"] for one in _assignments(site, doctype.name, document["name"])}
    doubled = []
    for assignee in users:
        if assignee in already:
            doubled.append(assignee)
            continue
        already.add(assignee)
        _assign(site, document, assignee, given, user)
    if doubled:
        site.say(f"Already in the following Users ToDo list:<br><br>{'<br>'.join(doubled)}")
    _write_assigned(site, doctype.name, document["name"])
    return _assignments(site, doctype.name, document["name"])


def _assign(site: Site, document: Document, assignee: str, given: Mapping[str, Any], user: str) -> None:
    doctype, name = site.doctype(document["doctype"]), document["name"]
    values = {"doctype": "ToDo", "allocated_to": assignee, "assigned_by": user, "status": "Open"}
    values |= {"reference_type": doctype.name, "reference_name": name, "priority": given.get("priority") or "Medium"}
    values |= {"description": given.get("description") or f"Assignment for {doctype.name} {name}"}
    site.part(Documents).insert(values | {"date": given.get("date") or site.today()}, user, ignore_permissions=True)
    if site.part(Permissions).allows(doctype, "read", assignee, document):
        return
    if not site.part(Permissions).allows(doctype, "share", user, document):
        raise FrappeError("PermissionError", f"No permission to share {doctype.name} {name}")
    share = {"doctype": "DocShare", "user": assignee, "share_doctype": doctype.name, "share_name": name, "read": 1}
    site.part(Documents).insert(share, user, ignore_permissions=True)


def assign_to_remove(site: Site, request: Request, user: str) -> list[dict[str, str]]:
    """Take an assignment back; gives those that are left."""
    doctype_name, name, assignee = Arguments.of(request, "remove").need("doctype", "name", "assign_to")
    document = site.stored.load(doctype_name, name)
    doctype = site.doctype(document["doctype"])
    site.part(Permissions).check_document(doctype, "read", user, document)
    for one in _assignments(site, doctype.name, document["name"]):
        if one["owner"] == assignee:
            tables.update(site.db, site.doctype("ToDo"), one["name"], {"status": "Cancelled"})
    _write_assigned(site, doctype.name, document["name"])
    return _assignments(site, doctype.name, document["name"])


def assign_to_get(site: Site, request: Request, user: str) -> list[dict[str, str]]:
    """Everybody that a document is assigned to."""
    given = parse_json(request.arguments.get("args")) or request.arguments
    document = site.stored.load(given.get("doctype"), given.get("name"))
    site.part(Permissions).check_document(site.doctype(document["doctype"]), "read", user, document)
    return _assignments(site, document["doctype"], document["name"])


def _assignments(site: Site, doctype: str, name: str) -> list[dict[str, str]]:
    sql = """SELECT allocated_to AS owner, name FROM "tabToDo" WHERE reference_type = ? AND reference_name = ?
        AND status NOT IN ('Cancelled', 'Closed') AND allocated_to IS NOT NULL ORDER BY modified DESC LIMIT 5"""
    return [dict(row) for row in site.db.execute(sql, (doctype, name))]


def _write_assigned(site: Site, doctype: str, name: str) -> None:
    users = [one["owner"] for one in reversed(_assignments(site, doctype, name))]
    value = json.dumps(users) if users else ""
    before = site.db.execute(f"SELECT _assign FROM {tables.table(doctype)} WHERE name = ?", (name,)).fetchone()
    if before is not None and assigned_users(before["_assign"]) != users:
        tables.update(site.db, site.doctype(doctype), name, {"_assign": value})


METHODS: Final = {
    "ping": Method(ping, guest=True),
    "frappe.ping": Method(ping, guest=True),
    "frappe.handler.ping": Method(ping, guest=True),
    "frappe.utils.change_log.get_versions": Method(get_versions),
    "frappe.desk.reportview.get": Method(report_get),
    "frappe.desk.reportview.get_list": Method(report_list),
    "frappe.desk.reportview.get_count": Method(report_count),
    "frappe.desk.form.load.getdoctype": Method(getdoctype),
    "frappe.desk.form.load.getdoc": Method(getdoc),
    "frappe.desk.form.assign_to.add": Method(assign_to_add),
    "frappe.desk.form.assign_to.remove": Method(assign_to_remove),
    "frappe.desk.form.assign_to.get": Method(assign_to_get),
}
