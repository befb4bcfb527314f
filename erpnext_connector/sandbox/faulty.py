"""The ASGI layer that makes requests go wrong as the faults in force say."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from erpnext_connector.sandbox.faults import Fault, Faults, read_fault

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

CONTROL_PATH: Final = "/sandbox/faults"
ERROR_PAGE: Final = b"<html><head><title>Internal Server Error</title></head><body><h1>500</h1></body></html>"


class FaultyApplication:
    """An ASGI application around another one: most requests pass, some meet a fault."""

    def __init__(self, application: Application, faults: Faults) -> None:
        self._application = application
        self._faults = faults

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
        elif scope["path"] == CONTROL_PATH:
            await self._control(scope["method"], receive, send)
        else:
            await self._request(scope, receive, send)

    async def _request(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        where = {"method": scope["method"], "path": scope["path"]}
        slow = self._faults.take(["slow"], **where)
        if slow:
            await asyncio.sleep(slow.seconds)
        fault = self._faults.take(["error", "too_many_requests", "drop"], **where)
        if fault:
            await _answer(fault, send)
            return
        late = self._faults.take(["error_after_commit", "drop_after_commit"], **where)
        if late is None:
            await self._application(scope, receive, send)
            return
        await self._application(scope, receive, _swallow)
        await _answer(late, send)

    async def _control(self, method: str, receive: Receive, send: Send) -> None:
        try:
            if method == "POST":
                self._faults.add(read_fault(json.loads(await _body(receive))))
            elif method == "DELETE":
                self._faults.clear()
        except (ValueError, AttributeError, TypeError) as error:
            await _json(send, 400, {"error": str(error)})
            return
        await _json(send, 200, {"faults": [fault.as_dict() for fault in self._faults.active()]})


async def _answer(fault: Fault, send: Send) -> None:
    """Answer as `fault` says; a 500 is the HTML page of the web server in front of Frappe."""
    if fault.kind.startswith("drop"):
        await _hang_up(send)
    elif fault.kind == "too_many_requests":
        headers = [(b"retry-after", str(round(fault.seconds)).encode())]
        await _json(send, 429, {"exc_type": "TooManyRequestsError"}, headers)
    else:
        await _reply(send, 500, ERROR_PAGE, [(b"content-type", b"text/html")])


async def _hang_up(send: Send) -> None:
    """Close the connection: at once where uvicorn lets us, else in the middle of the answer."""
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is not None:
        transport.abort()
        return
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})


async def _json(send: Send, status: int, body: object, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    kind = [(b"content-type", b"application/json"), *(headers or [])]
    await _reply(send, status, json.dumps(body).encode(), kind)


async def _reply(send: Send, status: int, body: bytes, headers: list[tuple[bytes, bytes]]) -> None:
    length = (b"content-length", str(len(body)).encode())
    await send({"type": "http.response.start", "status": status, "headers": [*headers, length]})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    chunks = []
    more = True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _swallow(_message: Message) -> None:
    """Take the application's answer and keep it."""
