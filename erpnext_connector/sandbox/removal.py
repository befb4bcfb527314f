"""Deleting and renaming documents, with what links to them."""

from __future__ import annotations

import json
from typing import Final

from erpnext_connector.sandbox import naming, records, tables
from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.links import check_links_to
from erpnext_connector.sandbox.meta import DocType
from erpnext_connector.sandbox.permissions import ADMINISTRATOR, Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.tables import KEY, quoted, table
from erpnext_connector.sandbox.versions import recorded

MANUAL: Final = {
    14: "https://docs.erpnext.com//docs/user/manual/en/setting-up/articles/delete-submitted-document",
    16: "https://docs.frappe.io/erpnext/user/manual/en/delete-submitted-document",
}


def delete(site: Site, doctype_name: object, name: object, user: str, *, ignore_missing: bool = False) -> bool:
    """Delete a document with its rows and attachments; false where it was not there and that is no error."""
    doctype = site.doctype(doctype_name)
    document = site.stored.find(doctype.name, str(name))
    if document is None or (doctype.issingle and site.read_single(doctype.name) is None):
        if ignore_missing:
            return False
        raise FrappeError("DoesNotExistError")
    _check_deletable(site, doctype, document, user)
    site.emit(document, "on_trash", "on_change")
    _check_links(site, doctype, document)
    naming.give_back(site, doctype, document)
    remove_rows(site, doctype, document["name"])
    _remove_attached(site, doctype, document, user)
    _forget(site, doctype, document)
    if doctype.name != "Deleted Document":
        records.keep_deleted(site, document, user)
    return True


def _forget(site: Site, doctype: DocType, document: Document) -> None:
    """What a deletion changes in the site itself."""
    site.db.execute("DELETE FROM passwords WHERE doctype = ? AND name = ?", (doctype.name, document["name"]))
    if doctype.name == "Custom Field":
        site.remove_custom_field(document)
    if doctype.name == "DocType":
        site.schema.remove(document["name"])


def _check_deletable(site: Site, doctype: DocType, document: Document, user: str) -> None:
    if user != ADMINISTRATOR:
        site.part(Permissions).reasons = []
        if not site.part(Permissions).allows(doctype, "delete", user, document):
            if site.frappe >= 16:
                reasons = list(site.part(Permissions).reasons)
                site.part(Permissions).check_doctype(doctype, "delete", user)
                site.part(Permissions).reasons = reasons
            site.part(Permissions).tell_reasons()
            text = f"User not allowed to delete {doctype.name}: {document['name']}"
            raise FrappeError("PermissionError", text)
        if doctype.name == "DocType" and not document.get("custom"):
            raise FrappeError("ValidationError", "Standard DocType can not be deleted.")
    if doctype.is_submittable and document["docstatus"] == 1:
        link = f"<a href='{MANUAL.get(recorded(site.frappe), MANUAL[14])}' target='_blank'> Cancel </a>"
        text = f"{doctype.name} {document['name']}: Submitted Record cannot be deleted. You must {link} it first."
        raise FrappeError("ValidationError", text, named=False)


def _check_links(site: Site, doctype: DocType, document: Document) -> None:
    try:
        check_links_to(site, doctype, document)
    except FrappeError as error:
        if not {"enabled", "disabled"} & set(doctype.by_name):
            raise
        site.note(error)
        text = f"You can disable this {doctype.name} instead of deleting it."
        raise FrappeError("LinkExistsError", text) from error


def remove_rows(site: Site, doctype: DocType, name: str) -> None:
    """Delete a document's rows from their tables, nothing else."""
    if doctype.issingle:
        site.db.execute("DELETE FROM singles WHERE doctype = ?", (doctype.name,))
        return
    site.db.execute(f"DELETE FROM {table(doctype)} WHERE {KEY} = ?", (fold(name),))
    for field in doctype.table_fields:
        sql = f"DELETE FROM {table(str(field.options))} WHERE parent = ? AND parenttype = ?"
        site.db.execute(sql, (name, doctype.name))


def _remove_attached(site: Site, doctype: DocType, document: Document, user: str) -> None:
    """Files, assignments, comments and shares go with the document; a deleted file is noted, too."""
    where = (doctype.name, document["name"])
    files = site.db.execute('SELECT name FROM "tabFile" WHERE attached_to_doctype = ? AND attached_to_name = ?', where)
    for row in files.fetchall():
        found = site.stored.load("File", row["name"])
        remove_rows(site, site.doctype("File"), found["name"])
        records.keep_deleted(site, found, user)
    for name, columns in (
        ("ToDo", ("reference_type", "reference_name")),
        ("Comment", ("reference_doctype", "reference_name")),
        ("DocShare", ("share_doctype", "share_name")),
        ("Version", ("ref_doctype", "docname")),
    ):
        condition = " AND ".join(f"{quoted(column)} = ?" for column in columns)
        site.db.execute(f"DELETE FROM {table(name)} WHERE {condition}", where)


def rename(site: Site, doctype_name: object, old: object, new: object, user: str, *, merge: bool = False) -> str:
    """Give a document another name, or merge it into the one that has it; links follow. Gives the new name."""
    if not doctype_name or not old or not new:
        text = "{doctype, old, new} or {doc, new} are required arguments for frappe.model.rename_doc"
        raise FrappeError("TypeError", text)
    doctype = site.doctype(doctype_name)
    document = site.stored.load(doctype.name, old)
    before = str(document["name"])
    after = _checked_new_name(site, doctype, document, str(new), user, merge=merge)
    if not merge:
        _rename_rows(site, doctype, before, after)
    _move_links(site, doctype, before, after)
    renamed = site.stored.load(doctype.name, after)
    said = "merged {} into {}" if merge else "renamed from {} to {}"
    site.part(Documents).comment(renamed, "Edit", said.format(bold(before), bold(after)), user)
    if merge:
        delete(site, doctype.name, before, user)
    text = f"Document renamed from {bold(before)} to {bold(after)}"
    site.say(text, alert=1, indicator="green")
    return after


def _checked_new_name(site: Site, doctype: DocType, document: Document, new: str, user: str, *, merge: bool) -> str:
    existing = site.stored.real_name(doctype.name, new.strip())
    old = str(document["name"])
    if merge and existing is None:
        text = f"{doctype.name} {new} does not exist, select a new target to merge"
        raise FrappeError("ValidationError", text)
    if merge and existing == old:
        raise FrappeError("ValidationError", "No changes made because old and new name are the same.")
    if existing == new and not merge and existing == old:
        raise FrappeError("ValidationError", f"{doctype.name} {bold(new)} already exists")
    if existing is not None and existing != old and not merge:
        text = f"Another {doctype.name} with name {new} exists, select another name"
        raise FrappeError("ValidationError", text)
    site.part(Permissions).reasons = []
    if not site.part(Permissions).allows(doctype, "write", user, document):
        site.part(Permissions).tell_reasons()
        raise FrappeError("ValidationError", f"You need write permission on {doctype.name} {old} to rename")
    if not doctype.allow_rename:
        raise FrappeError("ValidationError", f"{doctype.name} not allowed to be renamed")
    return str(existing) if merge else naming.checked(doctype, new)


def _rename_rows(site: Site, doctype: DocType, old: str, new: str) -> None:
    values = {"name": new}
    if doctype.naming_field and doctype.naming_field in doctype.by_name:
        values[doctype.naming_field] = new
    tables.update(site.db, doctype, old, {KEY: fold(new), **values})
    for field in doctype.table_fields:
        sql = f"UPDATE {table(str(field.options))} SET parent = ? WHERE parent = ? AND parenttype = ?"
        site.db.execute(sql, (new, old, doctype.name))
    site.db.execute("UPDATE passwords SET name = ? WHERE doctype = ? AND name = ?", (new, doctype.name, old))


def _move_links(site: Site, doctype: DocType, old: str, new: str) -> None:
    """Every link follows, without a new `modified`."""
    for other, field in site.schema.links.get(doctype.name, []):
        if other.issingle:
            kept = site.read_single(other.name)
            if kept and kept.get(field.fieldname) == old:
                site.write_single(other.name, kept | {field.fieldname: new})
            continue
        column = quoted(field.fieldname)
        sql = f"UPDATE {table(other)} SET {column} = ? WHERE fold({column}) = ?"
        site.db.execute(sql, (new, fold(old)))
    for name, kind, column in (
        ("File", "attached_to_doctype", "attached_to_name"),
        ("ToDo", "reference_type", "reference_name"),
        ("Comment", "reference_doctype", "reference_name"),
        ("DocShare", "share_doctype", "share_name"),
        ("Version", "ref_doctype", "docname"),
        ("User Permission", "allow", "for_value"),
    ):
        sql = f"UPDATE {table(name)} SET {quoted(column)} = ? WHERE {quoted(kind)} = ? AND {quoted(column)} = ?"
        site.db.execute(sql, (new, doctype.name, old))


def assigned_users(value: object) -> list[str]:
    """The users of an `_assign` column."""
    return [str(one) for one in json.loads(str(value))] if value else []
