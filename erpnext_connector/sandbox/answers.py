"""JSON answers of endpoints that do without Frappe's usual envelope."""

from __future__ import annotations

import json
from typing import Any

from erpnext_connector.sandbox.accounts import session_expired
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.site import Site


def answer(site: Site, request: Request, body: dict[str, Any], *, status: int = 200) -> Response:
    """`body` as the site's version writes it, with what every JSON answer also says."""
    expired = {"session_expired": 1} if session_expired(site, request) else {}
    said = {"_server_messages": json.dumps([json.dumps(one) for one in site.messages])} if site.messages else {}
    return Response.json(expired | body | said, status=status, ascii_only=site.frappe < 16)


def say_missing(site: Site, message: str) -> None:
    """Tell the user of an error that was caught: it stays among the messages."""
    extra: dict[str, Any] = {} if site.frappe < 15 else {"__frappe_exc_id": site.token_bytes(28).hex()}
    if site.frappe >= 16:
        extra["as_table"] = False
    site.say(message, indicator="red", raise_exception=1, **extra)
