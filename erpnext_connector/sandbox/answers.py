"""JSON answers of endpoints that do without Frappe's usual envelope."""

from __future__ import annotations

import json
from typing import Any

from erpnext_connector.sandbox.http import Response
from erpnext_connector.sandbox.site import Site


def answer(site: Site, body: dict[str, Any], *, status: int = 200) -> Response:
    """`body` as the site's version writes it, with what was said to the user."""
    said = {"_server_messages": json.dumps([json.dumps(one) for one in site.messages])} if site.messages else {}
    return Response.json(body | said, status=status, ascii_only=site.frappe < 16)


def say_missing(site: Site, message: str) -> None:
    """Tell the user of an error that was caught: it stays among the messages."""
    extra: dict[str, Any] = {} if site.frappe < 15 else {"__frappe_exc_id": site.token_bytes(28).hex()}
    if site.frappe >= 16:
        extra["as_table"] = False
    site.say(message, indicator="red", raise_exception=1, **extra)
