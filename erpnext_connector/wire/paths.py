"""Where a document or a method is found in a site's REST API."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

from erpnext_connector.errors import BadRequest

# The RPC functions live under their Python path; v1 answers are the same on all versions (frappe-protocol 2.1).
_METHOD: Final = re.compile(r"[A-Za-z_][\w.-]*\Z", re.ASCII)


def collection(doctype: str) -> str:
    """The path of a DocType's documents."""
    return f"/api/resource/{_segment(doctype, 'DocType')}"


def document(doctype: str, name: str) -> str:
    """The path of a document; check `is_reachable` first."""
    return f"{collection(doctype)}/{_segment(name, 'name')}"


def method(path: str) -> str:
    """The path of a whitelisted method such as "frappe.client.get_list"."""
    if not _METHOD.match(path):
        raise BadRequest(f"{path!r} is not the dotted path of a method.")
    return f"/api/method/{path}"


def is_reachable(name: str) -> bool:
    """Whether a document can be named in a path.

    Clients and proxies resolve "." and "..", and bench's nginx redirects what ends in ".html" or a slash
    (frappe-protocol 2.1): such documents are reached by methods that take the name as an argument.
    """
    return name not in (".", "..") and not name.endswith((".html", "/"))


def checked(text: str, what: str) -> str:
    """`text` if it can name something; an empty name would turn a document's path into the list's."""
    if not isinstance(text, str) or not text.strip():
        raise BadRequest(f"The {what} is empty.")
    return text


def _segment(text: str, what: str) -> str:
    try:
        return quote(checked(text, what), safe="")
    except UnicodeEncodeError:
        raise BadRequest(f"The {what} holds half of a character (a lone surrogate).") from None
