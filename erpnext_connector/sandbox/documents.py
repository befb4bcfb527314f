"""Documents: read, inserted, saved, submitted and cancelled by Frappe's rules."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from erpnext_connector.sandbox import naming, query, tables, validation
from erpnext_connector.sandbox.collation import fold
from erpnext_connector.sandbox.columns import ListArguments, hides_levels
from erpnext_connector.sandbox.controllers import CONTROLLERS
from erpnext_connector.sandbox.conversion import convert, storable
from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.inserted import FOLLOWING
from erpnext_connector.sandbox.links import check_links_to
from erpnext_connector.sandbox.meta import (
    CHILD_FIELDS,
    NUMBER_TYPES,
    TABLE_TYPES,
    WHOLE_TYPES,
    DocType,
    Field,
)
from erpnext_connector.sandbox.permissions import ADMINISTRATOR, Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.tables import KEY, quoted, table
from erpnext_connector.sandbox.values import to_int

DRAFT: Final = 0
SUBMITTED: Final = 1
CANCELLED: Final = 2
UNSAVED: Final = "__unsaved"
EVENTS: Final = {
    "save": ("on_update", "on_change"),
    "submit": ("on_update", "on_submit", "on_change"),
    "cancel": ("on_cancel", "on_change"),
    "update_after_submit": ("on_update_after_submit", "on_change"),
}


class Documents:
    """The documents of a site, read and written as a user may."""

    def __init__(self, site: Site) -> None:
        self._site = site

    # --- reading

    def first(self, doctype_name: str, filters: Mapping[str, Any]) -> Document:
        """The first document that fits; FrappeError DoesNotExistError where none does."""
        asked = ListArguments(doctype_name, filters=dict(filters), limit=1, ignore_permissions=True, strict=False)
        found = query.run(self._site, "Administrator", asked)
        if not found:
            raise FrappeError("DoesNotExistError", f"{doctype_name} {dict(filters)} not found", doctype=doctype_name)
        return self._site.stored.load(doctype_name, found[0]["name"])

    def get(self, doctype_name: object, name: object, user: str) -> Document:
        """The document as `user` may read it; FrappeError DoesNotExistError or PermissionError else."""
        doctype = self._site.doctype(doctype_name)
        document = self._site.stored.load(doctype.name, name)
        if self._site.frappe >= 16:
            self._site.part(Permissions).check_document(doctype, "read", user, document)
        else:
            self._site.part(Permissions).refuse(doctype, "read", user, document)
        return self.readable(document, user)

    def readable(self, document: Document, user: str, *, in_form: bool = False) -> Document:
        """The document without the values of permission levels that the user can't read.

        Before Frappe 15 only the desk's form hides them, unless a setting says otherwise.
        """
        if not (in_form or hides_levels(self._site)):
            return document
        doctype = self._site.doctype(document["doctype"])
        guarded = [field for field in doctype.fields if field.permlevel]
        levels = self._site.part(Permissions).levels(doctype, "read", user) if guarded else set()
        return document | {field.fieldname: _no_value(field) for field in guarded if field.permlevel not in levels}

    # --- writing

    def insert(self, values: Mapping[str, Any], user: str, *, ignore_permissions: bool = False) -> Document:
        """Insert a new document; gives it with the fields that the rules filled in."""
        doctype = self._site.doctype(values.get("doctype"))
        document = self._new(doctype, values, user)
        if self._site.frappe >= 16 and not ignore_permissions:
            self._site.part(Permissions).check_document(doctype, "create", user, document | {"name": None})
        action = self._transition(doctype, document, None, user, ignore_permissions=ignore_permissions)
        validation.check_links(self._site, doctype, document)
        if self._site.frappe < 16 and not ignore_permissions:
            self._site.part(Permissions).check_document(doctype, "create", user, document | {"name": None})
        naming.set_name(self._site, doctype, document)
        self._name_rows(doctype, document, new=True)
        self._validate(doctype, document, None, user)
        self._write_new(doctype, document)
        self._after_insert(doctype, document)
        events = ("after_insert", "on_update", *(("on_submit",) if action == "submit" else ()))
        self._site.emit(document, *events)
        return document

    def _new(self, doctype: DocType, values: Mapping[str, Any], user: str) -> Document:
        """The document with defaults and stamps, its rows numbered."""
        document = self._known(doctype, values)
        validation.set_defaults(self._site, doctype, document, user)
        moment = self._site.now()
        document |= {"owner": user, "modified_by": user, "creation": moment, "modified": moment}
        document["docstatus"] = to_int(document.get("docstatus"))
        document["idx"] = to_int(document.get("idx"))
        self._prepare_rows(doctype, document, {}, user)
        return document

    def _insert_freely(self, values: Document) -> Document:
        return self.insert(values, ADMINISTRATOR, ignore_permissions=True)

    def _known(self, doctype: DocType, values: Mapping[str, Any]) -> Document:
        """The values that the DocType has fields for, every field present."""
        known = {*doctype.columns, *(field.fieldname for field in doctype.table_fields)}
        document: Document = dict.fromkeys(doctype.columns)
        document |= {key: value for key, value in values.items() if key in known or key == "__newname"}
        document["doctype"] = doctype.name
        for field in doctype.table_fields:
            document[field.fieldname] = _row_values(document.get(field.fieldname))
        return document

    def _prepare_rows(self, doctype: DocType, document: Document, before: Mapping[str, Any], user: str) -> None:
        """Bring rows into shape: known fields, defaults, number, stamps."""
        for field in doctype.table_fields:
            child = self._site.doctype(field.options)
            old = {row["name"]: row for row in before.get(field.fieldname) or ()}
            rows = []
            for number, given in enumerate(document[field.fieldname], 1):
                known = old.get(given.get("name"))
                row = self._known(child, given)
                if known is None and not (before and given.get("name")):
                    validation.set_defaults(self._site, child, row, user)
                    row[UNSAVED] = 1
                    row["name"] = None
                row |= {"owner": row.get("owner") or document["owner"], "modified_by": user}
                row |= {"creation": row.get("creation") or document["creation"], "modified": document["modified"]}
                row |= {"docstatus": document["docstatus"], "idx": to_int(given.get("idx")) or number}
                row |= {"parentfield": field.fieldname, "parenttype": doctype.name, "parent": document.get("name")}
                rows.append(row)
            document[field.fieldname] = rows

    def _name_rows(self, doctype: DocType, document: Document, *, new: bool) -> None:
        for _, row in validation.rows_of(self._site, doctype, document):
            row["parent"] = document["name"]
            if new or not row.get("name"):
                row["name"] = self._site.random_name()

    def _validate(self, doctype: DocType, document: Document, before: Document | None, user: str) -> None:
        check = CONTROLLERS.get(doctype.name)
        if check:
            check(self._site, document)
            self._prepare_rows(doctype, document, before or {}, user)
            self._name_rows(doctype, document, new=False)
        validation.check_mandatory(self._site, doctype, document)
        self._convert(doctype, document)
        naming_field = doctype.naming_field
        if naming_field and naming_field in doctype.by_name:
            document[naming_field] = document["name"]
        validation.check_values(self._site, doctype, document)
        self._keep_passwords(doctype, document)
        if before is not None:
            validation.check_set_only_once(doctype, document, before)

    def _convert(self, doctype: DocType, document: Document) -> None:
        convert(doctype, document)
        for child, row in validation.rows_of(self._site, doctype, document):
            convert(child, row)

    def _keep_passwords(self, doctype: DocType, document: Document) -> None:
        """Passwords are kept apart; documents show as many stars."""
        for field in doctype.value_fields:
            value = document.get(field.fieldname)
            if field.fieldtype != "Password" or not value or set(str(value)) == {"*"}:
                continue
            self._site.keep_password(doctype.name, document["name"], field.fieldname, str(value))
            document[field.fieldname] = "*" * len(str(value))

    def _write_new(self, doctype: DocType, document: Document) -> None:
        if doctype.issingle:
            self._site.write_single(doctype.name, document)
            return
        self._check_unique(doctype, document)
        try:
            tables.insert_many(self._site.db, doctype, [storable(doctype, document)])
        except sqlite3.IntegrityError:
            name = document["name"]
            self._site.say(f"{doctype.name} {bold(name)} already exists", title="Duplicate Name", indicator="red")
            cause = f"IntegrityError(1062, \"Duplicate entry '{name}' for key 'PRIMARY'\")"
            text = f"('{doctype.name}', '{name}', {cause})"
            raise FrappeError("DuplicateEntryError", text, thrown=False) from None
        for child, row in validation.rows_of(self._site, doctype, document):
            tables.insert_many(self._site.db, child, [storable(child, row)])

    def _check_unique(self, doctype: DocType, document: Document) -> None:
        """Raise where another document has a unique field's value; empty values don't count."""
        for field in doctype.value_fields:
            value = document.get(field.fieldname)
            if not field.unique or value in (None, "") or field.fieldname == doctype.naming_field:
                continue
            column = quoted(field.fieldname)
            sql = f"SELECT 1 FROM {table(doctype)} WHERE fold({column}) = ? AND {KEY} != ?"
            if self._site.db.execute(sql, (fold(value), fold(document["name"]))).fetchone():
                self._site.say(f"{field.shown_label} must be unique")
                cause = f"IntegrityError(1062, \"Duplicate entry '{value}' for key '{field.fieldname}'\")"
                text = f"('{doctype.name}', '{document['name']}', {cause})"
                raise FrappeError("UniqueValidationError", text, thrown=False)

    def _after_insert(self, doctype: DocType, document: Document) -> None:
        following = FOLLOWING.get(doctype.name)
        if following:
            following(self._site, document, self._insert_freely)
        original = document.get("amended_from")
        if original and self._site.stored.value(doctype.name, str(original), "docstatus") != CANCELLED:
            text = f"{original} cannot be amended because it is not cancelled. Please cancel the document first."
            raise FrappeError("ValidationError", text, title="Amendment Not Allowed")

    def update(self, doctype_name: object, name: object, changes: Mapping[str, Any], user: str) -> Document:
        """Load a document, put `changes` over it, save it."""
        before = self._site.stored.load(doctype_name, name)
        return self.save({**before, **changes, "doctype": before["doctype"]}, user)

    def save(self, values: Mapping[str, Any], user: str, *, ignore_permissions: bool = False) -> Document:
        """Save a document as it is given; a field left out is emptied. A stale `modified` is an error."""
        doctype = self._site.doctype(values.get("doctype"))
        if values.get("__islocal") or not values.get("name"):
            return self.insert(values, user, ignore_permissions=ignore_permissions)
        before = self._site.stored.load(doctype.name, values["name"])
        document = self._known(doctype, values)
        document["docstatus"] = to_int(document.get("docstatus"))
        if not ignore_permissions:
            self._site.part(Permissions).check_document(doctype, "write", user, document)
        self._check_latest(doctype, document, before)
        document |= {"modified": self._site.now(), "modified_by": user, "name": before["name"]}
        for key in ("owner", "creation"):
            document[key] = document.get(key) or before[key]
        action = self._transition(doctype, document, before, user, ignore_permissions=ignore_permissions)
        self._prepare_rows(doctype, document, before, user)
        self._name_rows(doctype, document, new=False)
        if action != "cancel":
            validation.check_links(self._site, doctype, document)
            self._validate(doctype, document, before, user)
        else:
            self._convert(doctype, document)
            self._check_not_linked_by_submitted(doctype, document)
        if action == "update_after_submit":
            validation.check_unchanged_after_submit(self._site, doctype, document, before)
        self._write(doctype, document, before)
        self._site.emit(document, *EVENTS[action])
        return document

    def _check_latest(self, doctype: DocType, document: Document, before: Document) -> None:
        if str(document.get("modified")) == str(before["modified"]):
            return
        which = f"{before['name']} ({doctype.name})" if self._site.frappe >= 16 else "Document"
        times = f"({before['modified']}, {self._site.now()})"
        text = f"Error: {which} has been modified after you have opened it {times}. "
        raise FrappeError("TimestampMismatchError", text + "Please refresh to get the latest document.")

    def _transition(
        self, doctype: DocType, document: Document, before: Document | None, user: str, *, ignore_permissions: bool
    ) -> str:
        """What the change of docstatus amounts to; FrappeError where it is not allowed."""
        old = before["docstatus"] if before else DRAFT
        new = document["docstatus"]
        if before and doctype.issingle:
            return "save"
        if old == CANCELLED:
            raise FrappeError("ValidationError", "Cannot edit cancelled document", thrown=False)
        actions = {
            (DRAFT, DRAFT): ("save", None),
            (DRAFT, SUBMITTED): ("submit", "submit"),
            (SUBMITTED, SUBMITTED): ("update_after_submit", "submit"),
            (SUBMITTED, CANCELLED): ("cancel", "cancel"),
        }
        if (old, new) not in actions:
            self._refuse_transition(old, new)
        action, right = actions[old, new]
        if right and not ignore_permissions:
            self._site.part(Permissions).check_document(doctype, right, user, document)
        return action

    def _refuse_transition(self, old: int, new: int) -> None:
        names = {DRAFT: "0 (Draft)", SUBMITTED: "1 (Submitted)", CANCELLED: "2 (Cancelled)"}
        if new not in names:
            raise FrappeError("ValidationError", f"('Invalid docstatus', {new})", thrown=False)
        text = f"Cannot change docstatus from {names[old]} to {names[new]}"
        raise FrappeError("DocstatusTransitionError", text, thrown=False)

    def _check_not_linked_by_submitted(self, doctype: DocType, document: Document) -> None:
        check_links_to(self._site, doctype, document, cancelling=True)

    def _write(self, doctype: DocType, document: Document, before: Document) -> None:
        if doctype.issingle:
            self._site.write_single(doctype.name, document)
            return
        self._check_unique(doctype, document)
        columns = [name for name in doctype.columns if name not in ("name", *CHILD_FIELDS)]
        if doctype.istable:
            columns += [name for name in CHILD_FIELDS if document.get(name)]
        kept = storable(doctype, document)
        tables.update(self._site.db, doctype, before["name"], {name: kept.get(name) for name in columns})
        for field in doctype.table_fields:
            known = {row["name"] for row in before[field.fieldname]}
            self._write_rows(doctype, document, field.fieldname, known)

    def _write_rows(self, doctype: DocType, document: Document, fieldname: str, known: set[str]) -> None:
        """Rows that are no longer there go, the others are written; a row of an unknown name is lost, as in Frappe."""
        child = self._site.doctype(doctype.by_name[fieldname].options)
        sql = f"DELETE FROM {table(child)} WHERE parent = ? AND parenttype = ? AND parentfield = ?"
        self._site.db.execute(sql, (document["name"], doctype.name, fieldname))
        rows = [row for row in document[fieldname] if row.get(UNSAVED) or row["name"] in known]
        tables.insert_many(self._site.db, child, [storable(child, row) for row in rows])

    def change_state(self, doctype_name: object, name: object, docstatus: int, user: str) -> Document:
        """Submit (1) or cancel (2) a document."""
        return self.save({**self._site.stored.load(doctype_name, name), "docstatus": docstatus}, user)

    def comment(self, document: Document, comment_type: str, content: str, user: str) -> None:
        """Write an entry of the document's timeline."""
        values = {"doctype": "Comment", "comment_type": comment_type, "content": content, "comment_email": user}
        values |= {"reference_doctype": document["doctype"], "reference_name": document["name"]}
        self.insert(values, user, ignore_permissions=True)


def _no_value(field: Field) -> Any:
    """What a document shows of a field that was taken out of it."""
    if field.fieldtype in TABLE_TYPES:
        return []
    return 0 if field.fieldtype in WHOLE_TYPES else 0.0 if field.fieldtype in NUMBER_TYPES else None


def without_nulls(document: Mapping[str, Any]) -> Document:
    """The document as answers show it: fields without a value are left out."""
    return {
        key: [without_nulls(row) for row in value] if isinstance(value, list) else value
        for key, value in document.items()
        if value is not None
    }


def _row_values(value: Any) -> list[Mapping[str, Any]]:
    if not value:
        return []
    if not isinstance(value, (list, tuple)):
        raise FrappeError("TypeError", f"'{type(value).__name__}' object does not support item assignment")
    return list(_checked_rows(value))


def _checked_rows(rows: Any) -> Iterator[Mapping[str, Any]]:
    for row in rows:
        if not isinstance(row, Mapping):
            raise FrappeError("TypeError", f"'{type(row).__name__}' object does not support item assignment")
        yield row
