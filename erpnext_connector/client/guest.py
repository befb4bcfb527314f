"""Finding out that a site took somebody for its Guest."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final

from erpnext_connector.call import Call, Reply
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.errors import ConnectorError
from erpnext_connector.wire.methods import logged_user
from erpnext_connector.wire.site import bad_token_probe

GUEST: Final = "Guest"


def is_guest(knowledge: Knowledge) -> Generator[tuple[Call[Any], bool], Any, bool]:
    """Whether the credentials that met a 403 are dead: up to Frappe 13 nobody says so, they just open nothing.

    Yields calls, with whether they carry the credentials, and takes replies. On a site that answers 401 to a bad token
    it asks nothing once it knows that.
    """
    if knowledge.refuses_bad_tokens is None:
        knowledge.refuses_bad_tokens = _read(bad_token_probe(), (yield bad_token_probe(), False))
    if knowledge.refuses_bad_tokens is not False:
        return False
    answer = yield logged_user(), True
    # Everybody but Guest may ask who they are.
    return (isinstance(answer, Reply) and answer.status == 403) or _read(logged_user(), answer) == GUEST


def _read(call: Call[Any], answer: object) -> Any:
    """What the call tells, or None when that can't be said now."""
    try:
        return call.read(answer) if isinstance(answer, Reply) else None
    except ConnectorError:
        return None
