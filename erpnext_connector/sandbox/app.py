"""The sandbox as an ASGI application."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final
from urllib.parse import unquote

from erpnext_connector.sandbox import (
    accounts,
    client_methods,
    desk_methods,
    files,
    jobs,
    oauth,
    openid,
    passwords,
    registration,
    render,
    rest,
    rest_v2,
    routes,
    search,
    tokens,
    workflow,
)
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.faulty import FaultyApplication
from erpnext_connector.sandbox.http import Request, Response, read_request
from erpnext_connector.sandbox.loading import open_site
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.webhook_documents import send_webhooks

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]

METHODS: Final[dict[str, Method]] = {
    **desk_methods.METHODS,
    **client_methods.METHODS,
    **search.METHODS,
    **files.METHODS,
    **accounts.METHODS,
    **oauth.METHODS,
    **tokens.METHODS,
    **openid.METHODS,
    **registration.METHODS,
    **workflow.METHODS,
    **passwords.METHODS,
}
CHANGING: Final = frozenset({"POST", "PUT", "DELETE", "PATCH"})
API: Final = "/api/"
FIRST_PARTS: Final = 4
WITHOUT_COOKIES: Final = ("set-cookie", "")
log = logging.getLogger(__name__)


class Sandbox:
    """Answers requests for one site, one after another."""

    def __init__(self, site: Site, stop: Callable[[], None] = lambda: None) -> None:
        """`stop` is called when the server shuts down."""
        self.site = site
        self._stop = stop

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send, self._stop)
        elif scope["type"] == "http":
            response = self.answer(scope, await _body(receive))
            await _send(response, send, with_body=scope["method"] != "HEAD")

    def answer(self, scope: Message, body: bytes) -> Response:
        """The answer to one request; what it did is kept when it changes things and went well."""
        with self.site.lock:
            self.site.begin()
            keep = False
            request = Request(scope["method"], scope["path"])
            try:
                request = _read(scope, body, self.site)
                response = self._handled(request)
                keep = request.method in CHANGING and response.status < 400
            except FrappeError as error:
                response = self._failed(request, error, "Guest")
                response.headers += [WITHOUT_COOKIES] if error.exc_type == "JSONDecodeError" else []
            except Exception as error:
                log.exception("the sandbox failed on %s %s", scope["method"], scope["path"])
                response = self._failed(
                    request, FrappeError(type(error).__name__, str(error), 500, thrown=False), "Guest"
                )
            response = render.finish(self.site, request, response)
            self.site.end(keep=keep)
            return response

    def _handled(self, request: Request) -> Response:
        self.site.base_url = request.base_url
        jobs.run_due(self.site)
        user = accounts.authenticate(self.site, request)
        if request.method == "OPTIONS":
            return Response(200, b"", [("content-type", "text/plain; charset=utf-8"), WITHOUT_COOKIES])
        try:
            return self._dispatch(request, user)
        except FrappeError as error:
            return self._failed(request, error, user)

    def _failed(self, request: Request, error: FrappeError, user: str) -> Response:
        """The answer to an error; whatever the request did before is undone."""
        self.site.end(keep=False)
        messages = self.site.messages
        self.site.begin()
        self.site.messages = messages
        return render.failure(self.site, request, error, user)

    def _dispatch(self, request: Request, user: str) -> Response:
        site, path = self.site, request.path
        command = request.arguments.get("cmd")
        if command and not path.startswith(API):
            return render.success(site, request, self._call(request, user, str(command)), key="message")
        if path.startswith(API):
            return self._api(request, user)
        if path.startswith(("/files/", "/private/files/")):
            return files.download(site, request, user)
        found = routes.find(site, request)
        if found:
            return found(user)
        return render.page("Not Found", "The page you are looking for does not exist", 404)

    def _api(self, request: Request, user: str) -> Response:
        if render.is_v2(self.site, request):
            return rest_v2.handle(self.site, request, user, lambda name: self._call_v2(request, user, name))
        path = request.path
        if self.site.frappe >= 15 and path.startswith("/api/v1/"):
            path = API + path[8:]
        parts = path[1:].split("/", FIRST_PARTS - 1)
        if len(parts) > 2 and parts[1] == "method" and parts[2]:
            value = self._call(request, user, parts[2])
            return render.success(self.site, request, value, key="message")
        if len(parts) > 2 and parts[1] == "resource" and parts[2]:
            name = parts[3] if len(parts) == FIRST_PARTS else None
            if self.site.frappe >= 15 and name:
                name = name.removesuffix("/") or None
            return rest.resource(self.site, request, user, parts[2], name)
        return rest.no_such_route(self.site, request)

    def _call_v2(self, request: Request, user: str, name: str) -> object:
        doctype, slash, method = name.partition("/")
        if slash:
            found = self.site.doctype(doctype)
            scrubbed = found.name.lower().replace(" ", "_")
            name = f"frappe.{found.module.lower()}.doctype.{scrubbed}.{scrubbed}.{method}"
        return self._call(request, user, name)

    def _call(self, request: Request, user: str, name: str) -> object:
        method = METHODS.get(name)
        if method is None or self.site.frappe not in method.versions:
            raise FrappeError("ValidationError", f"Failed to get method for command {name} with {_why(name)}")
        if user == "Guest" and not method.admits_guests(self.site.frappe):
            raise rest.not_whitelisted(self.site, name)
        if request.method not in method.verbs and not (request.method == "HEAD" and "GET" in method.verbs):
            raise FrappeError("PermissionError", "Not permitted")
        return method.function(self.site, request, user)


def _why(name: str) -> str:
    """What Python says of a name that leads nowhere."""
    parts = name.split(".")
    if len(parts) == 1:
        return repr(name)
    if parts[0] != "frappe":
        return f"App {parts[0]} is not installed"
    known = {module for method in METHODS for module in _prefixes(method)}
    for count in range(1, len(parts)):
        module = ".".join(parts[:count])
        if module not in known and module != "frappe":
            return f"No module named '{module}'"
    return f"module '{'.'.join(parts[:-1])}' has no attribute '{parts[-1]}'"


def _prefixes(name: str) -> list[str]:
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _read(scope: Message, body: bytes, site: Site) -> Request:
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    path = unquote(scope["raw_path"].decode("latin-1").split("?")[0]) if scope.get("raw_path") else scope["path"]
    try:
        return read_request(
            scope["method"], path, scope["query_string"].decode("latin-1"), headers, body, scope["scheme"]
        )
    except json.JSONDecodeError as error:
        if site.frappe >= 16:
            raise FrappeError("DataError", "Invalid request body") from None
        raise FrappeError("JSONDecodeError", str(error), 500, thrown=False, module="json.decoder") from None


async def _body(receive: Receive) -> bytes:
    chunks, more = [], True
    while more:
        message = await receive()
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return b"".join(chunks)


async def _send(response: Response, send: Send, *, with_body: bool) -> None:
    headers = [(name.encode(), value.encode("latin-1", "replace")) for name, value in response.headers if value]
    headers.append((b"content-length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    await send({"type": "http.response.body", "body": response.body if with_body else b""})


async def _lifespan(receive: Receive, send: Send, stop: Callable[[], None]) -> None:
    while True:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            stop()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def create_app(
    frappe: int = 15, *, site: Site | None = None, webhook_speed: float = 1.0, **options: Any
) -> Application:
    """The application for `site`, or for a fresh one of this version; `options` are those of `Site`.

    Webhooks are really sent, `webhook_speed` divides the waits between their attempts; faults happen as
    `site.faults` says.
    """
    found = site or open_site(frappe, **options)
    courier = send_webhooks(found, speed=webhook_speed)
    return FaultyApplication(Sandbox(found, courier.stop), found.faults)
