"""What a reply of Frappe means: a value, or one of our errors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NoReturn

import msgspec

from erpnext_connector.call import Reply
from erpnext_connector.errors import (
    BadRequest,
    Conflict,
    ConnectorError,
    CredentialsRefused,
    DocTypeNotFound,
    DocumentNotFound,
    DuplicateName,
    LinkedDocument,
    LinkInvalid,
    MandatoryMissing,
    MethodNotFound,
    NotFound,
    NotFrappe,
    PermissionDenied,
    RateLimited,
    Refused,
    Retryable,
    SiteFault,
    SiteUnavailable,
    StaleDocument,
    TooLarge,
)
from erpnext_connector.wire.text import lines, without_tokens

Json = Any

_BY_CLASS: Final[Mapping[str, type[ConnectorError]]] = {
    "AuthenticationError": CredentialsRefused,
    "SessionExpired": CredentialsRefused,
    "PermissionError": PermissionDenied,
    "DuplicateEntryError": DuplicateName,
    "UniqueValidationError": DuplicateName,
    "TimestampMismatchError": StaleDocument,
    "LinkExistsError": LinkedDocument,
    "DocumentLockedError": Conflict,
    "MandatoryError": MandatoryMissing,
    "LinkValidationError": LinkInvalid,
    "DataError": BadRequest,
    "CSRFTokenError": BadRequest,
    "TooManyRequestsError": RateLimited,
    "RateLimitExceededError": RateLimited,
    "SecurityException": RateLimited,
    "SessionStopped": SiteUnavailable,
    "InReadOnlyMode": SiteUnavailable,
    "QueueOverloaded": SiteUnavailable,
    "QueryDeadlockError": SiteFault,
    "QueryTimeoutError": SiteFault,
}
_BY_STATUS: Final[Mapping[int, type[ConnectorError]]] = {
    401: CredentialsRefused,
    403: PermissionDenied,
    409: DuplicateName,
    413: TooLarge,
    414: TooLarge,
    429: RateLimited,
    500: SiteFault,
    502: SiteUnavailable,
    503: SiteUnavailable,
    504: SiteUnavailable,
    508: SiteUnavailable,
}
# What Python, or the database, says of a request that can't work however often it is sent (frappe-quirks 3).
_OF_THE_REQUEST: Final = frozenset(
    {
        *("AttributeError", "ImportError", "IndexError", "JSONDecodeError", "KeyError", "ModuleNotFoundError"),
        *("ProgrammingError", "TypeError", "ValueError"),
    }
)
# Columns that two joined tables have, columns and DocTypes that do not exist; Frappe 14 calls the last just "Error".
_OF_THE_REQUEST_TEXT: Final = re.compile(r"\(105[24],|No module named '")
_UNKNOWN_METHOD: Final = re.compile(r"has no attribute '|No module named '|Failed to get method for command")
_EXCEPTION: Final = re.compile(r"\s*(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)\s*(?::\s*(.*))?\Z", re.DOTALL)
_HINT_MAY_BE_MISSING: Final = (
    "Check the name, or ask the ERPNext administrator for the permission: "
    "Frappe 16 answers so for what does not exist, too."
)
_HINT_LOCKED: Final = "ERPNext is still working on the document. Try again in a moment."
_HINT_FAULT_OF_REQUEST: Final = "Check the arguments; if they are right, the site's Error Log names the cause."


def error_of(
    reply: Reply, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused
) -> ConnectorError:
    """The error that a reply stands for: one with status 400 or more, or a page where JSON was expected.

    `not_found` and `refused` are the classes for a 404 and a 417 in which Frappe names nothing more exact.
    """
    if reply.status < 400:
        return _not_json(reply)
    body = body_of(reply)
    exc_type, said = _class_of(body)
    kind = _kind(reply, body, exc_type, said, not_found=not_found, refused=refused)
    details: dict[str, Any] = {"upstream_status": reply.status, "exc_type": exc_type or None}
    if issubclass(kind, Retryable):
        details["retry_after_seconds"] = reply.retry_after_seconds
    return kind(_message(body, exc_type, said), hint=_hint(kind, exc_type, body, reply.status), **details)


def raise_for_error(
    reply: Reply, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused
) -> None:
    """Raise what `error_of` says when the status is 400 or more."""
    if reply.status >= 400:
        raise error_of(reply, not_found=not_found, refused=refused)


def data(reply: Reply, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused) -> Json:
    """What /api/resource and API v2 answer: the body's "data"."""
    return field(reply, "data", not_found=not_found, refused=refused)


def message(reply: Reply, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused) -> Json:
    """What a method returned, None when nothing; the body's "message"."""
    return field(reply, "message", not_found=not_found, refused=refused)


def field(
    reply: Reply, name: str, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused
) -> Json:
    """One key of a body that has to be a JSON object; raises what the reply stands for otherwise."""
    return json_object(reply, not_found=not_found, refused=refused).get(name)


def json_object(
    reply: Reply, *, not_found: type[NotFound] = NotFound, refused: type[ConnectorError] = Refused
) -> dict[str, Json]:
    """The whole body, which has to be a JSON object; raises what the reply stands for otherwise."""
    raise_for_error(reply, not_found=not_found, refused=refused)
    try:
        body = reply.json()
    except ValueError:
        raise _not_json(reply) from None
    if not isinstance(body, dict):
        raise _not_json(reply)
    return body


def body_of(reply: Reply) -> dict[str, Json]:
    """The body where it is a JSON object, else an empty one: 500s of gunicorn and nginx are pages."""
    try:
        body = reply.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def unexpected(what: str, reply: Reply) -> NoReturn:
    """Raise for a success that lacks what Frappe always sends with it."""
    raise NotFrappe(f"The site's answer has no {what}.", upstream_status=reply.status)


def _not_json(reply: Reply) -> ConnectorError:
    """Frappe 14 answers errors in HTML with status 200 when asked for text; so do portals in between."""
    return NotFrappe("The site answered with a page where data was expected.", upstream_status=reply.status)


def _class_of(body: Mapping[str, Json]) -> tuple[str, str]:
    """The name of the exception with its text; Frappe 14 often names it in `exception` alone (frappe-quirks 3)."""
    first = _first_v2_error(body)
    text = body.get("exception")
    named, said = exception_of(text) if isinstance(text, str) else ("", "")
    exc_type = body.get("exc_type")
    # A wrong password on Frappe 14 has exc_type DoesNotExistError and exception AuthenticationError: the latter is it.
    if named == "AuthenticationError" or not isinstance(exc_type, str):
        exc_type = named or str(first.get("type") or "")
    return exc_type, said


def exception_of(line: str) -> tuple[str, str]:
    """The class and the text of a traceback's last line such as `frappe.exceptions.LinkExistsError: in use`."""
    found = _EXCEPTION.match(line)
    return (found[1], (found[2] or "").strip()) if found else ("", line.strip())


def _first_v2_error(body: Mapping[str, Json]) -> Mapping[str, Json]:
    errors = body.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return first if isinstance(first, dict) else {}


def _kind(
    reply: Reply,
    body: Mapping[str, Json],
    exc_type: str,
    said: str,
    *,
    not_found: type[NotFound],
    refused: type[ConnectorError],
) -> type[ConnectorError]:
    if body.get("session_expired"):
        return CredentialsRefused
    if exc_type in _BY_CLASS:
        return _BY_CLASS[exc_type]
    if reply.status in (404, 410):
        return _missing(body, exc_type, not_found)
    if reply.status == 417:
        return MethodNotFound if _UNKNOWN_METHOD.search(_server_text(body) or said) else refused
    if reply.status == 409 and exc_type == "NameError":
        return refused
    if reply.status == 500 and (exc_type in _OF_THE_REQUEST or _OF_THE_REQUEST_TEXT.search(said)):
        return BadRequest
    return _BY_STATUS.get(reply.status) or (SiteFault if reply.status >= 500 else BadRequest)


def _missing(body: Mapping[str, Json], exc_type: str, not_found: type[NotFound]) -> type[NotFound]:
    """Which thing a 404 misses; "DocType" stays untranslated, other words of the message may not."""
    text = _server_text(body) or _v2_text(body)
    if exc_type != "DoesNotExistError" or not text:
        return not_found
    if re.match(r"DocType\b", text):
        return DocTypeNotFound
    return DocumentNotFound if not_found is NotFound else not_found


def _hint(kind: type[ConnectorError], exc_type: str, body: Mapping[str, Json], status: int) -> str | None:
    if exc_type == "DocumentLockedError":
        return _HINT_LOCKED
    if kind is BadRequest and status >= 500:
        return _HINT_FAULT_OF_REQUEST
    if kind is PermissionDenied and str(body.get("_error_message", "")).endswith("DocType"):
        return _HINT_MAY_BE_MISSING
    return None


def _message(body: Mapping[str, Json], exc_type: str, said: str) -> str | None:
    """The first of what Frappe says for people: to be shown, then of permissions, then the exception's own text."""
    for text in (_server_text(body), shown(body.get("_error_message")), _v2_text(body), shown(body.get("message"))):
        if text:
            return text
    return _oauth_text(body) or _exception_text(exc_type, said)


def _server_text(body: Mapping[str, Json]) -> str:
    """`_server_messages`: what was thrown, else all that was said, each once."""
    said = [entry for entry in server_messages(body) if entry.text]
    thrown = [entry for entry in said if entry.is_thrown]
    return _sentences(entry.text for entry in thrown or said)


def _sentences(texts: Iterable[str]) -> str:
    """Several messages as one, each once and ended by a full stop."""
    *first, last = dict.fromkeys(texts) or [""]
    return "".join(f"{text} " if text.endswith((".", "!", "?", ":")) else f"{text}. " for text in first) + last


class ServerMessage(msgspec.Struct, frozen=True):
    """One message Frappe would show in its desk, as plain text."""

    text: str
    title: str
    is_thrown: bool


def server_messages(body: Mapping[str, Json]) -> tuple[ServerMessage, ...]:
    """What Frappe would have shown: `_server_messages` is JSON text of a list of JSON texts (frappe-quirks 3)."""
    entries = _decoded(body.get("_server_messages"))
    return tuple(_server_message(entry) for entry in entries) if isinstance(entries, list) else ()


def _server_message(entry: Json) -> ServerMessage:
    fields = _decoded(entry)
    if not isinstance(fields, dict):
        return ServerMessage(shown(entry), "", is_thrown=False)
    return ServerMessage(shown(fields.get("message")), shown(fields.get("title")), bool(fields.get("raise_exception")))


def _decoded(value: Json) -> Json:
    if not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except ValueError:
        return None


def shown(value: Json) -> str:
    """A message as plain text; Frappe sends a list for a bulleted list, a list of lists for a table."""
    if isinstance(value, str):
        return without_tokens(_sentences(lines(value)))
    if isinstance(value, Sequence):
        return _sentences(filter(None, map(shown, value)))
    return ""


def _v2_text(body: Mapping[str, Json]) -> str:
    return shown(_first_v2_error(body).get("message"))


def _oauth_text(body: Mapping[str, Json]) -> str:
    """RFC 6749's error, under the names oauthlib gives it as well (frappe-quirks 1.3)."""
    described = shown(body.get("error_description")) or shown(body.get("description"))
    return described or shown(body.get("error"))


def _exception_text(exc_type: str, said: str) -> str | None:
    """An exception's own words, unless they quote SQL."""
    if not exc_type:
        return None
    if exc_type in ("OperationalError", "ProgrammingError", "InternalError"):
        return f"ERPNext's database refused the request ({exc_type})."
    text = shown(said)
    if exc_type in _OF_THE_REQUEST:
        return f"ERPNext failed on this request ({exc_type}{f': {text}' if text else ''})."
    return text or None
