"""Frappe's own documents (users, tokens, clients, webhooks), read and written past everybody's permissions."""

from __future__ import annotations

import json
from typing import Any, TypeAlias

from erpnext_connector.sandbox import tables
from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.controllers import CONTROLLERS
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Site

Document: TypeAlias = dict[str, Any]


def read(site: Site, doctype: str, name: str) -> Document | None:
    """The document with its rows; None where there is none."""
    found = site.doctype(doctype)
    if found.issingle:
        return site.read_single(doctype)
    row = site.db.execute(f"SELECT * FROM {tables.table(found)} WHERE {tables.KEY} = ?", (fold(name),)).fetchone()
    return _with_rows(site, found, dict(row)) if row else None


def find(site: Site, doctype: str, **equal: object) -> list[Document]:
    """The documents (without rows) whose fields have these values, oldest first."""
    found = site.doctype(doctype)
    where = " AND ".join(f"{tables.quoted(field)} = ?" for field in equal) or "1"
    sql = f"SELECT * FROM {tables.table(found)} WHERE {where} ORDER BY creation, rowid"
    return [dict(row) for row in site.db.execute(sql, tuple(equal.values()))]


def add(site: Site, document: Document, *, silent: bool = False) -> Document:
    """Insert a document and commit, whatever becomes of the request; gives it as it was written.

    Webhooks hear of it, unless it is added `silent`.
    """
    doctype = site.doctype(document["doctype"])
    moment = site.now()
    stamps = {"creation": moment, "modified": moment, "owner": "Administrator", "modified_by": "Administrator"}
    named = document.get(doctype.naming_field or "name") or site.random_name()
    written = {"docstatus": 0, "idx": 0, **stamps, **document, "name": named}
    check = CONTROLLERS.get(doctype.name)
    if check:
        check(site, written)
    tables.insert_many(site.db, doctype, [written])
    for field in doctype.table_fields:
        rows = [
            _row(site, written, field.fieldname, number, row)
            for number, row in enumerate(written.get(field.fieldname) or [], 1)
        ]
        tables.insert_many(site.db, site.doctype(field.options), rows)
    if not silent:
        site.emit(written, "after_insert", "on_update")
    site.commit()
    return written


def _row(site: Site, parent: Document, fieldname: str, number: int, row: Document) -> Document:
    kept = {key: parent[key] for key in ("creation", "modified", "owner", "modified_by")}
    where = {"parent": parent["name"], "parentfield": fieldname, "parenttype": parent["doctype"]}
    return {"name": site.random_name(), "docstatus": 0, "idx": number, **kept, **where, **row}


def change(site: Site, doctype: str, name: str, **values: object) -> None:
    """Set fields of a document and commit; neither `modified` nor anybody else notices."""
    tables.update(site.db, site.doctype(doctype), name, values)
    site.commit()


def remove(site: Site, doctype: str, name: str) -> None:
    """Delete a document with its rows; it is for good once the request is committed."""
    found = site.doctype(doctype)
    site.db.execute(f"DELETE FROM {tables.table(found)} WHERE {tables.KEY} = ?", (fold(name),))
    for field in found.table_fields:
        child = tables.table(str(field.options))
        site.db.execute(f"DELETE FROM {child} WHERE parent = ? AND parenttype = ?", (name, doctype))


def trash(site: Site, doctype: str, name: str, user: str) -> None:
    """Delete a document as Frappe does for a user whatever the permissions: webhooks hear of it, a copy is kept."""
    document = read(site, doctype, name)
    if document is None:
        return
    site.emit(document, "on_trash", "on_change")
    remove(site, doctype, name)
    keep_deleted(site, document, user)


def keep_deleted(site: Site, document: Document, user: str) -> None:
    """Note a deletion where it can be looked up."""
    moment = site.now()
    values = {"deleted_doctype": document["doctype"], "deleted_name": document["name"], "restored": 0}
    values |= {"data": json.dumps(document, indent=1), "name": site.random_name(), "owner": user}
    values |= {"creation": moment, "modified": moment, "modified_by": user}
    tables.insert_many(site.db, site.doctype("Deleted Document"), [values])


def missing(site: Site, doctype: str, named: object, user: str) -> FrappeError:
    """The error for a document that is not there; Frappe 16 tells (raises) those who may not read the DocType less."""
    if site.frappe >= 16:
        site.part(Permissions).check_doctype(site.doctype(doctype), "read", user)
    return FrappeError("DoesNotExistError", f"{doctype} {named} not found")


def _with_rows(site: Site, doctype: DocType, document: Document) -> Document:
    document.pop(tables.KEY, None)
    document["doctype"] = doctype.name
    for field in doctype.table_fields:
        child = tables.table(str(field.options))
        sql = f"SELECT * FROM {child} WHERE parent = ? AND parentfield = ? AND parenttype = ? ORDER BY idx"
        found = site.db.execute(sql, (document["name"], field.fieldname, doctype.name))
        document[field.fieldname] = [dict(row) for row in found]
    return document
