"""A call to a site as a value: what to send, and how to read the reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Generic, TypeVar

import msgspec

T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back: status, headers with lower-case names, and the raw body."""

    status: int
    headers: Mapping[str, str]
    content: bytes = b""

    def json(self) -> Any:
        """Decode the body; raises `ValueError` (a `msgspec.DecodeError`) when it is not JSON."""
        return msgspec.json.decode(self.content)

    @property
    def retry_after_seconds(self) -> float | None:
        """How long the site asks us to wait; a date is measured against the reply's own clock. None if not said."""
        said = self.headers.get("retry-after", "").strip()
        if said.isdecimal():
            return float(said)
        until, now = _date(said), _date(self.headers.get("date", ""))
        return max(0.0, (until - now).total_seconds()) if until and now else None


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send in a multipart body."""

    filename: str
    content: bytes
    content_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Call(Generic[T_co]):
    """One HTTP exchange with a site.

    `path` starts with a slash and is percent-encoded already. At most one of `json` and `form` is set,
    and a call with a body has no `params`: Frappe drops the query string when the body is JSON
    (frappe-quirks 3, write). `repeatable` says that sending it twice leaves the site as sending it once does;
    only such a call is sent again when its outcome is unknown. `headers` come on top of those every call has.
    `read` turns the reply into the value or raises one of `erpnext_connector.errors`. "frappe-quirks" names
    facts measured on real servers: tests/contract/ holds the recordings.
    """

    method: str
    path: str
    read: Callable[[Reply], T_co]
    params: Mapping[str, str] = field(default_factory=dict)
    json: Any = None
    form: Mapping[str, str] | None = None
    files: Mapping[str, Upload] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = False
    authenticated: bool = True
    timeout_seconds: float | None = None
