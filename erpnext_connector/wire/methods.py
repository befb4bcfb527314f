"""Calls of whitelisted methods, Frappe's own and any other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

from erpnext_connector.call import Call, Reply
from erpnext_connector.errors import BadRequest, NotFrappe
from erpnext_connector.wire import paths
from erpnext_connector.wire import reply as replies
from erpnext_connector.wire.filters import encoded, plain_value
from erpnext_connector.wire.reply import Json

T = TypeVar("T")

# gunicorn refuses request lines over 4,094 bytes (frappe-quirks 3, lists); the client adds the host and a proxy's path.
LONGEST_URL_BYTES: Final = 3_500
_OF_THE_ENVELOPE: Final = frozenset(
    {"exc", "exc_type", "exception", "_server_messages", "_error_message", "_debug_messages", "_exc_source"}
)


def method(path: str, arguments: Mapping[str, object] | None = None, *, post: bool = False) -> Call[Json]:
    """Call any whitelisted method; the value is what it returned, None when nothing.

    What is called by GET is rolled back at the end (frappe-quirks 3, write), so whatever writes needs `post`. A
    method that answers outside of "message", as those of old do, gives the whole answer as a dict.
    """
    return writing(path, arguments, read=returned) if post else reading(path, arguments, read=returned)


def reading(
    path: str, arguments: Mapping[str, object] | None = None, *, read: Callable[[Reply], T], authenticated: bool = True
) -> Call[T]:
    """A call of a method that changes nothing: GET, or POST where the address would grow too long for the site."""
    address = paths.method(path)
    texts = {name: as_text(value) for name, value in (arguments or {}).items() if value is not None}
    if url_bytes(address, texts) > LONGEST_URL_BYTES:
        return Call("POST", address, read, form=texts, repeatable=True, authenticated=authenticated)
    return Call("GET", address, read, params=texts, repeatable=True, authenticated=authenticated)


def writing(
    path: str, arguments: Mapping[str, object] | None = None, *, read: Callable[[Reply], T], repeatable: bool = False
) -> Call[T]:
    """A call of a method that changes something: POST with a JSON body."""
    body = {name: plain_value(value) for name, value in (arguments or {}).items()}
    return Call("POST", paths.method(path), read, json=body, repeatable=repeatable)


def returned(reply: Reply) -> Json:
    """What a method returned, or all it answered where that is not in "message"."""
    body = replies.json_object(reply)
    if "message" in body:
        return body["message"]
    return {name: value for name, value in body.items() if name not in _OF_THE_ENVELOPE} or None


def as_text(value: object) -> str:
    """An argument as Frappe reads it from a query string or form: text as it is, everything else as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "1" if value else "0"
    return encoded(value)


def url_bytes(path: str, params: Mapping[str, str]) -> int:
    """The length of path and query once encoded; what is not plain takes three bytes for each of its own."""
    return len(path) + sum(len(name) + 2 + _encoded_length(text) for name, text in params.items())


def _encoded_length(text: str) -> int:
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise BadRequest("An argument holds half of a character (a lone surrogate).") from None
    return sum(1 if byte in _PLAIN_BYTES else 3 for byte in raw)


_PLAIN_BYTES: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def ping() -> Call[None]:
    """Does Frappe answer there? Raises `NotFrappe` when something else does. No sign-in needed."""
    return Call("GET", paths.method("ping"), _read_pong, repeatable=True, authenticated=False)


def logged_user() -> Call[str]:
    """Who the credentials belong to: the name of a User; raises `PermissionDenied` without any."""
    return reading("frappe.auth.get_logged_user", read=replies.message)


def versions() -> Call[dict[str, str]]:
    """The installed apps with their versions, such as {"frappe": "15.55.1"}."""
    return reading("frappe.utils.change_log.get_versions", read=_read_versions)


def get_value(
    doctype: str, name: str | Mapping[str, object], fields: tuple[str, ...] | list[str], *, parent: str | None = None
) -> Call[dict[str, Any] | None]:
    """Some fields of one document, found by name or by filters; None when there is none that the user may see."""
    arguments = {
        "doctype": paths.checked(doctype, "DocType"),
        "filters": encoded({"name": name} if isinstance(name, str) else name),
        "fieldname": encoded(list(fields)),
        "parent": parent,
    }
    return reading("frappe.client.get_value", arguments, read=_read_object_or_none)


def exists(doctype: str, name: str) -> Call[bool]:
    """Whether there is a document of that name that the user may see; upper and lower case count as one there."""
    arguments = {
        "doctype": paths.checked(doctype, "DocType"),
        "filters": encoded({"name": paths.checked(name, "name")}),
        "fieldname": "name",
    }
    return reading("frappe.client.get_value", arguments, read=lambda reply: bool(_read_object_or_none(reply)))


def rename(doctype: str, old_name: str, new_name: str, *, merge: bool = False) -> Call[str]:
    """Rename a document; the value is the name it got. `merge` joins it with an existing one."""
    arguments = {
        "doctype": paths.checked(doctype, "DocType"),
        "old_name": paths.checked(old_name, "old name"),
        "new_name": paths.checked(new_name, "new name"),
        "merge": int(merge),
    }
    return writing("frappe.client.rename_doc", arguments, read=replies.message)


def assign(
    doctype: str, name: str, users: list[str] | tuple[str, ...], *, description: str = "", **details: object
) -> Call[tuple[str, ...]]:
    """Assign a document to users, who get a ToDo; the value is all users it is assigned to now.

    `details` may hold date, priority, notify and what else `frappe.desk.form.assign_to.add` takes.
    """
    if not users or isinstance(users, str):
        raise BadRequest("Name the users to assign to as a list.")
    arguments = {
        **details,
        "doctype": paths.checked(doctype, "DocType"),
        "name": paths.checked(name, "name"),
        "assign_to": encoded(list(users)),
        "description": description,
    }
    return writing("frappe.desk.form.assign_to.add", arguments, read=_read_assigned)


def apply_workflow(document: Mapping[str, object], action: str) -> Call[dict[str, Any]]:
    """Take a workflow action ("Approve") on a document that was read before; the value is the document after it."""
    arguments = {"doc": encoded(document), "action": paths.checked(action, "action")}
    return writing("frappe.model.workflow.apply_workflow", arguments, read=_read_object)


def workflow_transitions(document: Mapping[str, object]) -> Call[list[dict[str, Any]]]:
    """The workflow transitions that the user may take now; each names its `action` and `next_state`."""
    return reading("frappe.model.workflow.get_transitions", {"doc": encoded(document)}, read=_read_list)


def _read_pong(reply: Reply) -> None:
    if reply.status >= 500 or reply.status == 429:
        replies.raise_for_error(reply)
    if replies.body_of(reply).get("message") != "pong":
        raise NotFrappe("Something answers at that address, but not as a Frappe site does.")


def _read_versions(reply: Reply) -> dict[str, str]:
    apps = replies.message(reply)
    if not isinstance(apps, dict):
        return replies.unexpected("versions", reply)
    return {app: str(about.get("version", "")) for app, about in apps.items() if isinstance(about, dict)}


def _read_object(reply: Reply) -> dict[str, Any]:
    value = replies.message(reply)
    return value if isinstance(value, dict) else replies.unexpected("document", reply)


def _read_object_or_none(reply: Reply) -> dict[str, Any] | None:
    """Nothing found is `{}` (frappe-quirks 3, lists), or nothing at all."""
    value = replies.message(reply)
    return value if isinstance(value, dict) and value else None


def _read_list(reply: Reply) -> list[dict[str, Any]]:
    value = replies.message(reply)
    return value if isinstance(value, list) else []


def _read_assigned(reply: Reply) -> tuple[str, ...]:
    return tuple(str(row.get("owner", "")) for row in _read_list(reply) if isinstance(row, dict))
