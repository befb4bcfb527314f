"""What a site tells people of their own account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.wire.methods import get_value

_FIELDS: Final = ("name", "enabled", "last_password_reset_date")


@dataclass(frozen=True, slots=True)
class Account:
    """A User as that user may see it: `password_reset` is the day of the last change by the person, or ""."""

    user: str
    is_enabled: bool
    password_reset: str


def own_account(user: str) -> Call[Account | None]:
    """The caller's own User document; None when it is not there under this name (any more).

    Up to 16 Frappe serves a disabled user's bearer all the same, so this has to be looked at. The day changes when
    people set a password themselves, not when an administrator does (both measured on 14 and 15).
    """
    asked = get_value("User", user, _FIELDS)

    def read(reply: Reply) -> Account | None:
        found = asked.read(reply)
        if found is None:
            return None
        return Account(
            user=str(found.get("name")),
            is_enabled=bool(found.get("enabled")),
            password_reset=str(found.get("last_password_reset_date") or ""),
        )

    return Call(asked.method, asked.path, read, params=asked.params, form=asked.form, repeatable=True)
