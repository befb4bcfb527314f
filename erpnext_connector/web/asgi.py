"""The connector's routes as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import replace
from typing import Any, Final, TypeVar

from erpnext_connector.connector import Connector
from erpnext_connector.errors import ConnectorError, TooLarge
from erpnext_connector.web import routes
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse
from erpnext_connector.web.offload import Offload
from erpnext_connector.web.trouble import tell
from erpnext_connector.web.user import User

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# HTTP/2 may split cookies over several headers (RFC 9113, 8.2.3), and each proxy may add a header of its own.
_JOINED: Final = {"cookie": "; ", "x-forwarded-for": ", "}

Found = TypeVar("Found")

# So much of a body that is too large is read and dropped, so that the answer is not lost in a broken connection.
_PATIENCE: Final = 16


FRONT_KEY: Final = "erpnext_connector.front"
"""Where a request's scope says which connector was asked for its user: that one answers its errors."""


class Front:
    """A connector's routes under `prefix`, for any ASGI framework; also what its own routes need to know of a user."""

    def __init__(self, connector: Connector, prefix: str = "/erpnext") -> None:
        self.connector = connector
        self.door = Door(connector, prefix)
        self._offload = Offload()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = request_of(scope)
        route = routes.find(request.method, request.path.removeprefix(self.door.prefix))
        limit = route.limit_bytes if route else 0
        body = await _body(receive, limit)
        if body is None:
            return
        # Servers print the query of what they answered into their logs; a callback's holds the code.
        scope["query_string"] = b""
        await _send(await self._answer(request, route, body, limit), send, with_body=request.method != "HEAD")

    async def _answer(self, request: WebRequest, route: routes.Route | None, body: bytes, limit: int) -> WebResponse:
        if route is not None and len(body) > limit:
            return routes.secured(tell(self.door, request, TooLarge(f"The body has more than {limit:,} bytes.")))
        calls_site = route is not None and (route.calls_site or self.door.asks_each_time)
        run = self._offload.run_site if calls_site else self._offload.run_local
        return await run(routes.answer, self.door, replace(request, body=body))

    async def user(self, scope: Scope) -> User:
        """Who makes this request of the app's own routes.

        Raises `NotSignedIn`, and `RequestForged` for a change that another site's page asks for.
        """
        scope[FRONT_KEY] = self
        request = request_of(scope)
        user = await self._looked_up(self.door.user, request)
        self.door.check_origin(request, user.session)
        return user

    async def visitor(self, scope: Scope) -> User | None:
        """The same, None for somebody who is not signed in."""
        scope[FRONT_KEY] = self
        request = request_of(scope)
        visitor = await self._looked_up(self.door.visitor, request)
        if visitor:
            self.door.check_origin(request, visitor.session)
        return visitor

    async def _looked_up(self, look: Callable[[WebRequest], Found], request: WebRequest) -> Found:
        run = self._offload.run_site if self.door.asks_each_time else self._offload.run_local
        return await run(look, request)

    def check_csrf(self, scope: Scope, user: User, field: str | None) -> None:
        """Raise `RequestForged` unless the header, or the form's field, is the session's token."""
        self.door.check_csrf(request_of(scope), user.session, field)

    def tell(self, scope: Scope, error: ConnectorError) -> WebResponse:
        """The answer to a request of the app's own routes that ended in `error`."""
        return routes.secured(tell(self.door, request_of(scope), error))


def request_of(scope: Scope) -> WebRequest:
    """The request without its body."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
        between = _JOINED.get(name)
        headers[name] = f"{headers[name]}{between}{value}" if between and name in headers else value
    root, path = scope.get("root_path", "").rstrip("/"), scope["path"]
    return WebRequest(
        method=scope["method"],
        origin=f"{scope.get('scheme', 'http')}://{headers.get('host', 'localhost')}",
        path=path.removeprefix(root) if path.startswith(f"{root}/") else path,
        root=root,
        query_string=scope.get("query_string", b"").decode("latin-1"),
        headers=headers,
        client=(scope.get("client") or ("",))[0],
    )


async def _body(receive: Receive, limit: int) -> bytes | None:
    """The body, or its first bytes up to one more than the limit; None when the client has gone."""
    kept, size, more = bytearray(), 0, True
    while more and size <= limit * _PATIENCE:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        part = message.get("body", b"")
        size += len(part)
        kept += part[: max(0, limit + 1 - len(kept))]
        more = message.get("more_body", False)
    return bytes(kept)


async def _send(response: WebResponse, send: Send, *, with_body: bool) -> None:
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if response.status != 304:
        headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body if with_body else b""})
