"""What a link field asks: which documents match, and what a saved one is called."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from erpnext_connector.client import Client
from erpnext_connector.errors import BadRequest, DocumentNotFound
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse, json_response
from erpnext_connector.wire.filters import Filters
from erpnext_connector.wire.links import LinkOption

_DEFAULT_LIMIT: Final = 20
_LARGEST_LIMIT: Final = 100
_LONGEST_TEXT: Final = 500

Row = dict[str, str]


def link(door: Door, request: WebRequest, doctype: str) -> WebResponse:
    """Documents of `doctype` that the user may pick, as ERPNext's own link field would offer them."""
    user = door.user(request)
    query = request.query
    if "value" in query:
        rows, more = _named(user.erpnext_sync, doctype, _short(query["value"], "value")), False
    else:
        limit = _limit(query.get("limit"))
        text, filters = _short(query.get("txt", ""), "txt"), _filters(query.get("filters"))
        found = user.erpnext_sync.search_link(doctype, text, filters, limit + 1)
        rows, more = [_row(option) for option in found[:limit]], len(found) > limit
    return json_response({"doctype": doctype, "results": rows, "more": more})


def _named(erpnext: Client, doctype: str, name: str) -> list[Row]:
    """The document of this name; the search knows its title but leaves out disabled ones, so those go without."""
    for option in erpnext.search_link(doctype, "", {"name": name}, 1):
        if option.value == name:
            return [_row(option)]
    try:
        is_there = erpnext.validate_link(doctype, name) is not None
    except DocumentNotFound:
        return []
    return [{"value": name, "label": name, "description": ""}] if is_there else []


def _row(option: LinkOption) -> Row:
    return {"value": option.value, "label": option.label or option.value, "description": option.description}


def _short(text: str, name: str) -> str:
    if len(text) > _LONGEST_TEXT:
        raise BadRequest(f"{name} is too long.")
    return text


def _limit(text: str | None) -> int:
    if not text:
        return _DEFAULT_LIMIT
    if not text.isascii() or not text.isdecimal() or not 1 <= int(text) <= _LARGEST_LIMIT:
        raise BadRequest(f"limit must be a number from 1 to {_LARGEST_LIMIT}.")
    return int(text)


def _filters(text: str | None) -> Filters | None:
    if not text:
        return None
    try:
        filters: Any = msgspec.json.decode(text)
    except ValueError:
        raise BadRequest("filters is not JSON.", hint='Write it like {"item_group": "Valves"}.') from None
    if not isinstance(filters, dict | list):
        raise BadRequest("filters must be a JSON object or list.", hint='Write it like {"item_group": "Valves"}.')
    return filters or None
