"""A document's form at the sandbox's desk, to change something upstream by hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from erpnext_connector.sandbox import accounts, desk, removal
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.meta import VALUELESS_TYPES, DocType, Field
from erpnext_connector.sandbox.pages import message, render
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Site

NEW: Final = "new"
ROW_COLUMNS: Final = 8
HTML_TAG: Final = re.compile(r"</?[A-Za-z][^>]*>")
KINDS: Final = {
    "Check": "check",
    "Int": "number",
    "Float": "number",
    "Currency": "number",
    "Percent": "number",
    "Date": "date",
    "Select": "select",
    "Password": "password",
    **dict.fromkeys(desk.LONG_TYPES, "text"),
}

Document = Mapping[str, Any]


def document(site: Site, request: Request, user: str, slug: str, name: str) -> Response:
    """One document's form; a POST saves, submits, cancels, renames or deletes it."""
    if user == accounts.GUEST:
        return desk.to_login(request)
    doctype = desk.of_slug(site, user, slug)
    if doctype is None:
        return desk.no_list(site, request, slug)
    try:
        kept = {} if name == NEW else site.part(Documents).get(doctype.name, name, user)
    except FrappeError as error:
        title = "Not Found" if error.status == 404 else "Not Permitted"
        return message(site, request, title, _plain(site, error), error.status)
    if request.method == "POST":
        return _change(site, request, user, doctype, kept)
    return _show(site, request, user, doctype, kept)


def _change(site: Site, request: Request, user: str, doctype: DocType, kept: Document) -> Response:
    action = ACTIONS.get(request.form.get("action", ""), _save)
    try:
        target, notice = action(site, request, user, doctype, kept)
    except FrappeError as error:
        return _show(site, request, user, doctype, kept, problem=_plain(site, error))
    return Response.redirect(f"{target}?{urlencode({'notice': notice})}", status=303)


def _show(site: Site, request: Request, user: str, doctype: DocType, kept: Document, *, problem: str = "") -> Response:
    name = str(kept.get("name", ""))
    given = request.form if problem and request.form.get("action") == "save" else None
    may = _actions(site, user, doctype, kept)
    return render(
        site,
        request,
        "document.html",
        status=417 if problem else 200,
        protect=True,
        doctype=doctype.name,
        name=name,
        here=desk.document_url(site, doctype, name or NEW),
        list_url=desk.list_url(site, doctype),
        modified=str(kept.get("modified", "")),
        modified_by=kept.get("modified_by", ""),
        docstatus=kept.get("docstatus", 0),
        submittable=doctype.is_submittable,
        fields=[_shown(doctype, field, kept, given, locked=not may["write"]) for field in _form_fields(doctype)],
        tables=[_table(site, field, kept) for field in doctype.table_fields],
        may=may,
        problem=problem,
        notice="" if problem else request.query.get("notice", ""),
    )


def _form_fields(doctype: DocType) -> list[Field]:
    return [field for field in doctype.fields if field.fieldtype not in VALUELESS_TYPES and not field.hidden]


def _shown(
    doctype: DocType, field: Field, kept: Document, given: Mapping[str, str] | None, *, locked: bool
) -> dict[str, object]:
    kind = KINDS.get(field.fieldtype, "input")
    value = kept.get(field.fieldname) if kept else field.default
    locked = locked or _is_locked(doctype, field, kept)
    if given is not None and not locked:
        value = given.get(field.fieldname)
    return {
        "fieldname": field.fieldname,
        "label": field.shown_label,
        "kind": kind,
        "value": str(value or 0) not in ("0", "0.0") if kind == "check" else desk_value(value),
        "options": (field.options or "").split("\n"),
        "required": bool(field.reqd),
        "locked": locked,
    }


def desk_value(value: object) -> object:
    """A value as an input shows it."""
    return "" if value is None else value


def _is_locked(doctype: DocType, field: Field, kept: Document) -> bool:
    submitted = int(kept.get("docstatus") or 0) == 1
    named_by = bool(kept) and field.fieldname == doctype.naming_field
    return named_by or bool(field.read_only) or (submitted and not field.allow_on_submit)


def _table(site: Site, field: Field, kept: Document) -> dict[str, object]:
    columns = desk.shown_columns(site.doctype(field.options), ROW_COLUMNS)
    names = [str(column["fieldname"]) for column in columns]
    rows = [{name: desk.cell(row.get(name)) for name in names} for row in kept.get(field.fieldname) or []]
    return {"label": field.shown_label, "columns": columns, "rows": rows}


def _actions(site: Site, user: str, doctype: DocType, kept: Document) -> dict[str, bool]:
    """What the user may do with the document as it stands."""

    def allowed(right: str) -> bool:
        return site.part(Permissions).allows(doctype, right, user)

    if not kept:
        return {"write": allowed("create"), "submit": False, "cancel": False, "rename": False, "delete": False}
    status = int(kept.get("docstatus") or 0)
    late = any(field.allow_on_submit for field in doctype.fields)
    return {
        "write": allowed("write") and (status == 0 or (status == 1 and late)),
        "submit": bool(doctype.is_submittable) and status == 0 and allowed("submit"),
        "cancel": status == 1 and allowed("cancel"),
        "rename": bool(doctype.allow_rename) and not doctype.is_submittable and allowed("write"),
        "delete": status != 1 and allowed("delete"),
    }


def _given(doctype: DocType, kept: Document, form: Mapping[str, str]) -> dict[str, object]:
    """The form's fields as the document takes them; fields that were locked are left alone."""
    values: dict[str, object] = {}
    for field in _form_fields(doctype):
        if _is_locked(doctype, field, kept):
            continue
        if field.fieldtype == "Check":
            values[field.fieldname] = int(field.fieldname in form)
        elif field.fieldname in form:
            values[field.fieldname] = form[field.fieldname].replace("\r\n", "\n") or None
    return values


def _save(site: Site, request: Request, user: str, doctype: DocType, kept: Document) -> tuple[str, str]:
    values = _given(doctype, kept, request.form)
    if kept:
        saved = _update(site, user, doctype, kept, request, values)
    else:
        saved = site.part(Documents).insert({"doctype": doctype.name, **values}, user)
    return desk.document_url(site, doctype, str(saved["name"])), "Saved."


def _submit(site: Site, request: Request, user: str, doctype: DocType, kept: Document) -> tuple[str, str]:
    values = _given(doctype, kept, request.form) | {"docstatus": 1}
    saved = _update(site, user, doctype, kept, request, values)
    return desk.document_url(site, doctype, str(saved["name"])), "Submitted."


def _cancel(site: Site, request: Request, user: str, doctype: DocType, kept: Document) -> tuple[str, str]:
    saved = _update(site, user, doctype, kept, request, {"docstatus": 2})
    return desk.document_url(site, doctype, str(saved["name"])), "Cancelled."


def _rename(site: Site, request: Request, user: str, doctype: DocType, kept: Document) -> tuple[str, str]:
    old = str(kept["name"])
    new = removal.rename(site, doctype.name, old, request.form.get("new_name", "").strip(), user)
    return desk.document_url(site, doctype, new), f"Renamed from {old}."


def _delete(site: Site, _request: Request, user: str, doctype: DocType, kept: Document) -> tuple[str, str]:
    removal.delete(site, doctype.name, kept["name"], user)
    return desk.list_url(site, doctype), f"{kept['name']} is deleted."


Action = Callable[[Site, Request, str, DocType, Document], tuple[str, str]]
ACTIONS: Final[Mapping[str, Action]] = {
    "save": _save,
    "submit": _submit,
    "cancel": _cancel,
    "rename": _rename,
    "delete": _delete,
}


def _update(site: Site, user: str, doctype: DocType, kept: Document, request: Request, values: Document) -> Document:
    """Save, as long as nobody else did since the form was opened."""
    read = {"modified": request.form.get("modified") or kept["modified"]}
    return site.part(Documents).update(doctype.name, str(kept["name"]), {**values, **read}, user)


def _plain(site: Site, error: FrappeError) -> str:
    """What an error says, without HTML."""
    said = error.message or " ".join(str(one["message"]) for one in site.messages) or error.raised
    return HTML_TAG.sub("", said) or error.exc_type
