"""Calls that read and change documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import BadRequest, DocTypeNotFound, DocumentNotFound
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.filters import encoded, plain_value
from erpnext_connector.wire.methods import reading, writing

MOST_INSERTS: Final = 200
"""Frappe refuses more documents in one `insert_many` (frappe-quirks 3, write)."""

# What an amended document, or a row of it, does not take over from the cancelled one (the desk does the same).
_OWN_TO_A_DOCUMENT: Final = frozenset(
    {
        *("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "amended_from"),
        *("amendment_date", "cancel_reason", "parent", "workflow_state", "_user_tags", "_comments", "_assign"),
        *("_liked_by", "_seen"),
    }
)


@dataclass(frozen=True, slots=True)
class FailedUpdate:
    """One document that a bulk update left as it was, with Frappe's reason."""

    document: Mapping[str, Any]
    message: str
    exc_type: str | None


def get_document(doctype: str, name: str) -> Call[dict[str, Any]]:
    """A document with its child rows; fields that are null upstream are missing (frappe-quirks 3, get one)."""
    if not paths.is_reachable(name):
        return reading("frappe.client.get", _named(doctype, name), read=_read_message)
    return Call("GET", paths.document(doctype, name), _read_data, repeatable=True)


def insert(doctype: str, values: Mapping[str, object]) -> Call[dict[str, Any]]:
    """Create a document; the value is the document as it was saved."""
    body = {**_plain(values), "doctype": doctype}
    return Call("POST", paths.collection(doctype), _read_created, json=body)


def insert_many(documents: Sequence[Mapping[str, object]]) -> Call[tuple[str, ...]]:
    """Create up to 200 documents, each naming its `doctype`, all or none; the value is their names in order."""
    if not documents or len(documents) > MOST_INSERTS:
        raise BadRequest(f"insert_many takes 1 to {MOST_INSERTS} documents, not {len(documents)}.")
    if not all(document.get("doctype") for document in documents):
        raise BadRequest("Each document needs its doctype.")
    return writing("frappe.client.insert_many", {"docs": list(documents)}, read=_read_names)


def update(doctype: str, name: str, changes: Mapping[str, object]) -> Call[dict[str, Any]]:
    """Change fields of a document; the value is the document after it.

    With `modified` (the exact text that was read) in `changes`, Frappe refuses when somebody else saved in between:
    `StaleDocument`. Without it the last writer wins. A child table in `changes` replaces all of its rows.
    """
    if not paths.is_reachable(name):
        return set_value(doctype, name, changes)
    # Sent twice, a submission or a change of a given version is refused the second time: its outcome has to be known.
    repeatable = not {"modified", "docstatus"} & changes.keys()
    return Call("PUT", paths.document(doctype, name), _read_data, json=_plain(changes), repeatable=repeatable)


def set_value(doctype: str, name: str, values: Mapping[str, object]) -> Call[dict[str, Any]]:
    """Change fields without reading the document before; the value is the document after it, for a row its parent."""
    return writing("frappe.client.set_value", {**_named(doctype, name), "fieldname": dict(values)}, read=_read_message)


def bulk_update(documents: Sequence[Mapping[str, object]]) -> Call[tuple[FailedUpdate, ...]]:
    """Change many documents, each naming its `doctype` and `docname`; the value is those that failed.

    The others are saved (frappe-quirks 3, write).
    """
    if not all(document.get("doctype") and document.get("docname") for document in documents):
        raise BadRequest("Each document needs its doctype and docname.")
    # v13 to v15 call json.loads on the argument themselves: it has to be text (frappe-protocol 2.6).
    return writing("frappe.client.bulk_update", {"docs": encoded(list(documents))}, read=_read_failures)


def submit(doctype: str, name: str, *, modified: str | None = None) -> Call[dict[str, Any]]:
    """Submit a draft; with `modified`, only the version that was read."""
    return update(doctype, name, {"docstatus": 1, **({"modified": modified} if modified else {})})


def cancel(doctype: str, name: str) -> Call[dict[str, Any]]:
    """Cancel a submitted document."""
    return writing("frappe.client.cancel", _named(doctype, name), read=_read_message)


def amendment(cancelled: Mapping[str, object]) -> dict[str, object]:
    """The draft that amends a cancelled document; insert it to get its name (Frappe has no method for that)."""
    if cancelled.get("docstatus") != 2:
        raise BadRequest("Only a cancelled document can be amended.", hint="Cancel it first.")
    return {**_copied(cancelled), "amended_from": cancelled["name"]}


def delete(doctype: str, name: str) -> Call[None]:
    """Delete a document; raises `DocumentNotFound`, or `LinkedDocument` with what refers to it."""
    if not paths.is_reachable(name):
        return writing("frappe.client.delete", _named(doctype, name), read=_read_nothing, repeatable=True)
    return Call("DELETE", paths.document(doctype, name), _read_nothing, repeatable=True)


def _named(doctype: str, name: str) -> dict[str, object]:
    return {"doctype": paths.checked(doctype, "DocType"), "name": paths.checked(name, "name")}


def _plain(values: Mapping[str, object]) -> dict[str, object]:
    return {field: plain_value(value) for field, value in values.items()}


def _copied(document: Mapping[str, object]) -> dict[str, object]:
    kept = {field: value for field, value in document.items() if field not in _OWN_TO_A_DOCUMENT}
    return {field: _copied_rows(value) for field, value in kept.items() if not field.startswith("__")}


def _copied_rows(value: object) -> object:
    if not isinstance(value, list):
        return value
    return [_copied(row) if isinstance(row, Mapping) else row for row in value]


def _object(reply: Reply, key: str, **classes: Any) -> dict[str, Any]:
    value = replies.field(reply, key, **classes)
    return value if isinstance(value, dict) else replies.unexpected("document", reply)


_read_data = partial(_object, key="data", not_found=DocumentNotFound)
_read_message = partial(_object, key="message", not_found=DocumentNotFound)


def _read_created(reply: Reply) -> dict[str, Any]:
    _raise_for_unknown_doctype(reply)
    return _object(reply, "data", not_found=DocTypeNotFound)


def _read_names(reply: Reply) -> tuple[str, ...]:
    _raise_for_unknown_doctype(reply)
    names = replies.message(reply)
    return tuple(names) if isinstance(names, list) else replies.unexpected("names", reply)


def _raise_for_unknown_doctype(reply: Reply) -> None:
    """Creating a document of an unknown DocType is a 500: its Python module is missing (frappe-quirks 3, write)."""
    if reply.status != 500:
        return
    error = replies.error_of(reply)
    if error.exc_type in ("ImportError", "ModuleNotFoundError") or "No module named 'frappe." in error.message:
        raise DocTypeNotFound(upstream_status=reply.status, exc_type=error.exc_type)


def _read_nothing(reply: Reply) -> None:
    replies.json_object(reply, not_found=DocumentNotFound)


def _read_failures(reply: Reply) -> tuple[FailedUpdate, ...]:
    said = replies.message(reply)
    rows = said.get("failed_docs") if isinstance(said, dict) else None
    return tuple(_failure(row) for row in rows or ())


def _failure(row: Mapping[str, Any]) -> FailedUpdate:
    """The reason is the traceback's last line."""
    lines = str(row.get("exc") or "").strip().splitlines()
    exc_type, text = replies.exception_of(lines[-1]) if lines else ("", "")
    message = replies.shown(text) or exc_type or "ERPNext refused it."
    return FailedUpdate(row.get("doc") or {}, message, exc_type or None)
