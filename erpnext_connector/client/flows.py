"""Verbs that take more than one call, or what a caller would have to do around one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, TypeAlias

from erpnext_connector.call import Call
from erpnext_connector.client.flow import Flow, T, ask
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.errors import BadRequest, ConnectorError, MethodNotFound, StaleDocument
from erpnext_connector.wire import links, lists, methods, resources
from erpnext_connector.wire.filters import Filters, conditions
from erpnext_connector.wire.links import LinkMethod
from erpnext_connector.wire.resources import FailedUpdate

Document: TypeAlias = Mapping[str, object]

UPDATES_PER_CALL: Final = 100
_OTHER: Final[Mapping[LinkMethod, LinkMethod]] = {
    "validate_link": "validate_link_and_fetch",
    "validate_link_and_fetch": "validate_link",
}


def update(
    _knowledge: Knowledge,
    document: Document | str,
    name: str | Document | None = None,
    changes: Document | None = None,
    *,
    modified: str | None = None,
) -> Flow[dict[str, Any]]:
    """Save changes to a document; the value is the document after it.

    `update(document, {"territory": "India"})` sends those fields with the `modified` that `document` was read with;
    `update(document)` sends all of it. `update("Customer", "C-1", {...}, modified=...)` says the same without having
    the document. A document that somebody else saved meanwhile raises `StaleDocument` with `mine` and `theirs`.
    Without `modified` the last writer wins. A child table among the changes replaces all of its rows.
    """
    doctype, key, read, sent = _update_of(document, name, changes)
    version = modified or read.get("modified")
    body = {**sent, "modified": version} if version else {**sent}
    call = resources.update(doctype, key, body)
    return (yield from _versioned(call, doctype, key, mine={**read, **sent}))


def submit(_knowledge: Knowledge, doctype: str, name: str, *, modified: str | None = None) -> Flow[dict[str, Any]]:
    """Submit a draft; the value is the document after it. With `modified`, only the version that was read."""
    call = resources.submit(doctype, name, modified=modified)
    return (yield from _versioned(call, doctype, name, mine={"docstatus": 1, "modified": modified}))


def amend(_knowledge: Knowledge, doctype: str, name: str) -> Flow[dict[str, Any]]:
    """Make the draft that amends a cancelled document; the value is that draft, under its new name."""
    cancelled = yield from ask(resources.get_document(doctype, name))
    return (yield from ask(resources.insert(doctype, resources.amendment(cancelled))))


def apply_workflow(_knowledge: Knowledge, doctype: str, name: str, action: str) -> Flow[dict[str, Any]]:
    """Take a workflow action such as "Approve"; the value is the document after it."""
    document = yield from ask(resources.get_document(doctype, name))
    return (yield from ask(methods.apply_workflow(document, action)))


def workflow_actions(_knowledge: Knowledge, doctype: str, name: str) -> Flow[tuple[str, ...]]:
    """The workflow actions that the user may take on the document now."""
    document = yield from ask(resources.get_document(doctype, name))
    transitions = yield from ask(methods.workflow_transitions(document))
    return tuple(dict.fromkeys(str(transition.get("action")) for transition in transitions))


def insert_many(
    _knowledge: Knowledge, documents: Sequence[Document], *, doctype: str | None = None
) -> Flow[tuple[str, ...]]:
    """Create documents; the value is their names in order.

    They go in parts of 200, each all or none. When one fails, the error's `done` holds the names of those that were
    created before it. `doctype` is for documents that don't name their own.
    """
    whole = [{"doctype": doctype, **document} if doctype else document for document in documents]
    names: list[str] = []
    for part in _parts(whole, resources.MOST_INSERTS):
        try:
            names += yield from ask(resources.insert_many(part))
        except ConnectorError as error:
            error.done = tuple(names)
            raise
    return tuple(names)


def bulk_update(
    _knowledge: Knowledge, documents: Sequence[Document], *, doctype: str | None = None
) -> Flow[tuple[FailedUpdate, ...]]:
    """Change fields of many documents; the value is those that failed, with ERPNext's reasons; the others are saved.

    Each document holds its `name` and what to change, and `modified` if only that version may be changed. They go in
    parts of 100; when a whole part fails, the error's `done` holds the names that were tried before it.
    """
    whole = [_named(document, doctype) for document in documents]
    failures: list[FailedUpdate] = []
    tried: list[str] = []
    for part in _parts(whole, UPDATES_PER_CALL):
        try:
            failures += yield from ask(resources.bulk_update(part))
        except ConnectorError as error:
            error.done = tuple(tried)
            raise
        tried += [str(document["docname"]) for document in part]
    return tuple(failures)


def get_value(
    _knowledge: Knowledge,
    doctype: str,
    name: str | Mapping[str, object],
    fields: str | Sequence[str],
    *,
    parent: str | None = None,
) -> Flow[dict[str, Any] | None]:
    """Some fields of one document, found by name or by filters; None when there is none that the user may see."""
    wanted = [fields] if isinstance(fields, str) else list(fields)
    return (yield from ask(methods.get_value(doctype, name, wanted, parent=parent)))


def exists(_knowledge: Knowledge, doctype: str, name: str | Mapping[str, object]) -> Flow[bool]:
    """Whether there is a document of that name, or one that fits the filters, that the user may see."""
    if isinstance(name, str):
        return (yield from ask(methods.exists(doctype, name)))
    return (yield from ask(methods.get_value(doctype, name, ["name"]))) is not None


def assign(
    _knowledge: Knowledge, doctype: str, name: str, users: str | Sequence[str], *, description: str = ""
) -> Flow[tuple[str, ...]]:
    """Assign a document to one user or more, who get a ToDo; the value is all users it is assigned to now."""
    people = [users] if isinstance(users, str) else list(users)
    return (yield from ask(methods.assign(doctype, name, people, description=description)))


def validate_link(
    knowledge: Knowledge, doctype: str, name: str, fields: Sequence[str] = (), *, filters: Filters | None = None
) -> Flow[dict[str, Any] | None]:
    """The document's `name` with `fields` if the user may link to it and it fits the filters, else None.

    The name comes back as ERPNext spells it.
    """
    if not name.strip():
        return None
    try:
        found = yield from ask(
            links.validate_link(doctype, name, fields, method=knowledge.link_method, filters=filters)
        )
    except MethodNotFound:
        method = _OTHER[knowledge.link_method]
        found = yield from ask(links.validate_link(doctype, name, fields, method=method, filters=filters))
        knowledge.link_method = method
    if found and filters and knowledge.link_method == "validate_link":
        return found if (yield from _fits(doctype, str(found["name"]), filters)) else None
    return found


def _fits(doctype: str, name: str, filters: Filters) -> Flow[bool]:
    """Frappe up to 15 checks no filters when it validates a link."""
    both = [*conditions(doctype, filters), [doctype, "name", "=", name]]
    return bool((yield from ask(lists.list_documents(lists.ListQuery(doctype, filters=both, limit=1)))))


def _versioned(call: Call[T], doctype: str, name: str, *, mine: Document) -> Flow[T]:
    """Make the call; when the document is stale, show both versions."""
    try:
        return (yield from ask(call))
    except StaleDocument as stale:
        theirs = yield from _read_or_none(doctype, name)
        raise StaleDocument(
            stale.message, mine=mine, theirs=theirs, upstream_status=stale.upstream_status, exc_type=stale.exc_type
        ) from None


def _read_or_none(doctype: str, name: str) -> Flow[dict[str, Any] | None]:
    try:
        return (yield from ask(resources.get_document(doctype, name)))
    except ConnectorError:
        return None


def _update_of(
    document: Document | str, name: str | Document | None, changes: Document | None
) -> tuple[str, str, Document, Document]:
    """DocType, name, the document as it was read, and what is to be sent."""
    if isinstance(document, str):
        if not isinstance(name, str) or changes is None:
            raise BadRequest("Write update(document, changes) or update(doctype, name, changes).")
        return document, name, {}, changes
    if isinstance(name, str):
        raise BadRequest("Write update(document, changes) or update(doctype, name, changes).")
    doctype, key = document.get("doctype"), document.get("name")
    if not isinstance(doctype, str) or not isinstance(key, str | int):
        raise BadRequest("The document to update needs its doctype and name: pass what get returned.")
    sent = changes if changes is not None else name
    return doctype, str(key), document, document if sent is None else sent


def _named(document: Document, doctype: str | None) -> dict[str, object]:
    """As Frappe's bulk_update wants it: the name under `docname`."""
    named = {"doctype": doctype, **document} if doctype else {**document}
    if "docname" not in named:
        named["docname"] = named.pop("name", None)
    return named


def _parts(documents: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    for start in range(0, len(documents), size):
        yield documents[start : start + size]
