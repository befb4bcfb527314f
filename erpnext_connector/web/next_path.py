"""Where a person may be sent after signing in: a path of this app, nothing else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, unquote, urlsplit

_LONGEST: Final = 2_000
# Browsers drop tabs and line ends, and read a backslash as a slash: each may turn a path into another host.
_DANGEROUS: Final = re.compile(r"[\x00-\x20\x7f\\]")
_KEPT: Final = "/:@!$&'()*+,;=~-._?%#"


def own_path(wanted: str | None, *, otherwise: str = "/") -> str:
    """`wanted` if it is a path on this host, percent-encoded where needed; else `otherwise`."""
    if not wanted or len(wanted) > _LONGEST or not wanted.startswith("/") or wanted.startswith("//"):
        return otherwise
    if _DANGEROUS.search(wanted):
        return otherwise
    return quote(wanted, safe=_KEPT)


def path_of_referer(referer: str | None, origins: tuple[str, ...]) -> str | None:
    """The path of the page that asked, when it is one of ours."""
    try:
        parts = urlsplit(referer or "")
    except ValueError:
        return None
    if f"{parts.scheme}://{parts.netloc}" not in origins:
        return None
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def is_below(path: str, prefix: str) -> bool:
    """Whether the path leads to the connector's own routes."""
    plain = unquote(path.partition("?")[0])
    return plain == prefix or plain.startswith(f"{prefix}/")
