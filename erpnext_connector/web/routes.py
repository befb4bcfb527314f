"""Which handler answers which path below the prefix."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from erpnext_connector.errors import BadRequest, ConnectorError, NotFound
from erpnext_connector.inbox import MAX_BODY_BYTES
from erpnext_connector.web import account, assets, hooks, links, signin
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse
from erpnext_connector.web.trouble import tell

Handler = Callable[..., WebResponse]

_FORM_BYTES: Final = 64 * 1024
# A referrer would carry codes and paths elsewhere; nothing here is for caches or frames.
_HEADERS: Final = (
    ("Cache-Control", "no-store"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """A path; what the pattern's groups match is passed to the handler.

    `calls_site` says that the handler may have to wait for ERPNext.
    """

    method: str
    pattern: re.Pattern[str]
    handler: Handler
    calls_site: bool = False
    limit_bytes: int = _FORM_BYTES


def _at(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


ROUTES: Final = (
    Route("GET", _at("/login"), signin.login, calls_site=True),
    Route("GET", _at("/callback"), signin.callback, calls_site=True),
    Route("GET", _at("/logout"), account.show_logout),
    Route("POST", _at("/logout"), account.logout, calls_site=True),
    Route("GET", _at("/session"), account.session),
    Route("GET", _at("/link/(.+)"), links.link, calls_site=True),
    Route("POST", _at("/hooks/([^/]+)"), hooks.hook, limit_bytes=MAX_BODY_BYTES),
    Route("GET", _at("/ui/(.+)"), assets.asset),
)


def find(method: str, path: str) -> Route | None:
    """The route for this path below the prefix; None where there is none."""
    method = "GET" if method == "HEAD" else method
    return next((route for route in ROUTES if route.method == method and route.pattern.fullmatch(path)), None)


def answer(door: Door, request: WebRequest) -> WebResponse:
    """The response to a request below the prefix; every `ConnectorError` becomes a page or JSON."""
    try:
        response = _handled(door, request)
    except ConnectorError as error:
        if error.http_status >= 500:
            _log.warning("%s %r ended with %s: %s", request.method, request.path, error.code, error.message)
        response = tell(door, request, error)
    return secured(response)


def secured(response: WebResponse) -> WebResponse:
    """With the headers that everything of ours has."""
    return response.with_headers(*_HEADERS)


def _handled(door: Door, request: WebRequest) -> WebResponse:
    path = request.path.removeprefix(door.prefix)
    route = find(request.method, path)
    if route is None:
        return _nowhere(door, request, path)
    matched = route.pattern.fullmatch(path)
    groups = matched.groups() if matched else ()
    return route.handler(door, request, *groups)


def _nowhere(door: Door, request: WebRequest, path: str) -> WebResponse:
    allowed = sorted({route.method for route in ROUTES if route.pattern.fullmatch(path)})
    if not allowed:
        raise NotFound("There is no such page.", hint="Check the address.")
    error = BadRequest(f"This address takes {' and '.join(allowed)} only.")
    return replace(tell(door, request, error), status=405).with_headers(("Allow", ", ".join(allowed)))
