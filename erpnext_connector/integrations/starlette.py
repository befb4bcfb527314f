"""The connector in a Starlette app.

app = Starlette(routes=[...], lifespan=connector.lifespan)
install(app, connector, prefix="/erpnext")
"""

from __future__ import annotations

from typing import Final

from starlette.applications import Starlette
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from erpnext_connector.connector import Connector
from erpnext_connector.errors import ConnectorError, Misconfigured
from erpnext_connector.web.asgi import FRONT_KEY, Front
from erpnext_connector.web.door import CSRF_FIELD, CSRF_HEADER
from erpnext_connector.web.user import User

__all__ = ["User", "install", "optional_user", "require_csrf", "require_user"]

_FRONT: Final = "erpnext_connector"


def install(app: Starlette, connector: Connector, prefix: str = "/erpnext") -> None:
    """Serve the connector's routes under `prefix`, and answer its errors, from the app's own routes, too."""
    front = Front(connector, prefix)
    app.router.routes.append(Route(f"{front.door.prefix}/{{path:path}}", front, name="erpnext"))
    attach(app, front)


async def require_user(request: Request) -> User:
    """Who is signed in. Raises `NotSignedIn`, which becomes a page with a Sign in button, or JSON for scripts."""
    return await front_of(request).user(request.scope)


async def optional_user(request: Request) -> User | None:
    """Who is signed in, or None."""
    return await front_of(request).visitor(request.scope)


async def require_csrf(request: Request) -> None:
    """Raise `RequestForged` unless the form's `csrf_token`, or the header X-CSRF-Token, is the user's."""
    front = front_of(request)
    user = await front.user(request.scope)
    field = None if CSRF_HEADER in request.headers else (await request.form()).get(CSRF_FIELD)
    front.check_csrf(request.scope, user, field if isinstance(field, str) else None)


def attach(app: Starlette, front: Front) -> None:
    """Make the front known to the app's requests, and let it answer the connector's errors."""
    fronts: list[Front] = getattr(app.state, _FRONT, [])
    if front not in fronts:  # an app may be started more than once
        setattr(app.state, _FRONT, [*fronts, front])
    app.add_exception_handler(ConnectorError, answer_error)
    _add_to_built(app)


async def answer_error(request: Request, error: Exception) -> Response:
    """The page, or the JSON, for an error that one of the app's own routes raised."""
    if not isinstance(error, ConnectorError):
        raise error
    fronts: list[Front] = getattr(request.app.state, _FRONT, [])
    front = request.scope.get(FRONT_KEY) or next(iter(fronts), None)
    if front is None:
        raise error
    told = front.tell(request.scope, error)
    response = Response(told.body, told.status)
    for name, value in told.headers:
        response.headers.append(name, value)
    return response


def front_of(request: Request) -> Front:
    """The front of the app that this request came to; raises `Misconfigured` when there is none, or more than one."""
    fronts: list[Front] = getattr(request.app.state, _FRONT, [])
    if len(fronts) == 1:
        return fronts[0]
    if not fronts:
        raise Misconfigured(
            "No connector is installed in this app, or it was not started.",
            hint="Include ConnectorRouter(connector), or call install(app, connector), and pass connector.lifespan.",
        )
    raise Misconfigured(
        "This app has more than one connector.", hint="Use the user() of each one's own router instead."
    )


def _add_to_built(app: Starlette) -> None:
    """An app that is starting has built its layers already, with the handlers it had then."""
    layer = app.middleware_stack
    if layer is None:
        return
    while layer is not None and not isinstance(layer, ExceptionMiddleware):
        layer = getattr(layer, "app", None)
    if isinstance(layer, ExceptionMiddleware):
        layer.add_exception_handler(ConnectorError, answer_error)
    else:  # somebody's middleware hides what is behind it
        app.middleware_stack = app.build_middleware_stack()
