"""What Frappe says when it refuses: the class, the words, the HTTP status."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, Final

STATUSES: Final = {
    "AuthenticationError": 401,
    "CSRFTokenError": 400,
    "DoesNotExistError": 404,
    "DuplicateEntryError": 409,
    "NameError": 409,
    "PageDoesNotExistError": 404,
    "PermissionError": 403,
    "SecurityException": 500,
    "SessionExpired": 401,
}
VALIDATION_STATUS: Final = 417


class FrappeError(Exception):
    """An error that the app renders the way the site's version does.

    `thrown` says whether Frappe shows the message to the user (`_server_messages`) or just raises; left out, it
    is true where there is a message and the class is Frappe's own. `extra` are keys that the answer also has;
    `named` says whether Frappe 14 names the class in `exc_type`; `quiet` errors never show a traceback.
    """

    def __init__(
        self,
        exc_type: str,
        message: str = "",
        status: int | None = None,
        title: str | None = None,
        *,
        thrown: bool | None = None,
        raised: str | None = None,
        module: str | None = None,
        extra: Mapping[str, Any] | None = None,
        named: bool | None = None,
        doctype: str | None = None,
    ) -> None:
        super().__init__(message)
        builtin = isinstance(getattr(builtins, exc_type, None), type) and exc_type not in STATUSES
        self.exc_type = exc_type
        self.message = message
        self.status = status or STATUSES.get(exc_type, 500 if builtin else VALIDATION_STATUS)
        self.title = title
        self.thrown = (bool(message) and not builtin) if thrown is None else thrown
        self.raised = message if raised is None else raised
        self.module = module if module is not None else ("" if builtin else "frappe.exceptions")
        self.extra = dict(extra or {})
        self.quiet = False
        self.named = self.thrown if named is None else named
        self.doctype = doctype
        self.last_line: str | None = None

    @property
    def exception(self) -> str:
        """The last line of the traceback."""
        if self.last_line is not None:
            return self.last_line
        name = f"{self.module}.{self.exc_type}" if self.module else self.exc_type
        return f"{name}: {self.raised}" if self.raised else name


def bold(text: object) -> str:
    """Text as Frappe's messages stress it."""
    return f"<strong>{text}</strong>"
