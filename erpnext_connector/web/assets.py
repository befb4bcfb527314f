"""The files that browsers load: the link field and the style sheet of the pages."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Final

from erpnext_connector.errors import NotFound
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse
from erpnext_connector.web.palette import accent_rule

_PAGES: Final = "pages.css"
_DIRECTORY: Final = Path(__file__).with_name("static")
_TYPES: Final = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}


def asset(door: Door, request: WebRequest, name: str) -> WebResponse:
    """The file; browsers keep it and ask each time whether it is still the same."""
    if "/" in name or Path(name).suffix not in _TYPES:
        raise NotFound("There is no such file.")
    content, tag = _read(name, door.connector.manifest.app.color if name == _PAGES else None)
    headers = (("ETag", tag), ("Cache-Control", "no-cache"), ("Content-Type", _TYPES[Path(name).suffix]))
    if tag in request.headers.get("if-none-match", ""):
        return WebResponse(304, headers)
    return WebResponse(200, headers, content)


@lru_cache(maxsize=16)
def _read(name: str, color: str | None) -> tuple[bytes, str]:
    """Content, in the app's color if it has one, and tag; raises `NotFound`, which is not remembered."""
    try:
        content = (_DIRECTORY / name).read_bytes()
    except (OSError, ValueError):
        raise NotFound("There is no such file.") from None
    if color:
        content += accent_rule(color).encode()
    return content, f'"{hashlib.sha256(content).hexdigest()[:20]}"'
