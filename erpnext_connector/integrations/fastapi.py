"""The connector in a FastAPI app.

app = FastAPI(lifespan=connector.lifespan)
app.include_router(ConnectorRouter(connector, prefix="/erpnext"))

@app.get("/me")
async def me(user: CurrentUser): ...
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, TypeAlias

from fastapi import APIRouter, Depends, Request
from starlette.applications import Starlette
from starlette.routing import Route

from erpnext_connector.connector import Connector
from erpnext_connector.integrations import starlette as on_starlette
from erpnext_connector.web.asgi import Front
from erpnext_connector.web.user import User

__all__ = ["ConnectorRouter", "CurrentUser", "OptionalUser", "User", "require_csrf"]


class ConnectorRouter(APIRouter):
    """Login, callback, logout, session, link, hooks and ui under `prefix`.

    Including it also starts the connector with the app and makes errors of the connector pages or JSON everywhere.
    """

    def __init__(self, connector: Connector, prefix: str = "/erpnext") -> None:
        self._front = Front(connector, prefix)
        super().__init__(lifespan=self._run)
        self.routes.append(Route(f"{self._front.door.prefix}/{{path:path}}", self._front, name="erpnext"))

    async def user(self, request: Request) -> User:
        """Who is signed in through this very connector: `Depends(router.user)` in an app that has several."""
        return await self._front.user(request.scope)

    async def visitor(self, request: Request) -> User | None:
        """The same, None for somebody who is not signed in."""
        return await self._front.visitor(request.scope)

    @asynccontextmanager
    async def _run(self, app: Starlette) -> AsyncIterator[None]:
        on_starlette.attach(app, self._front)
        async with self._front.connector:
            yield


async def _current_user(request: Request) -> User:
    return await on_starlette.require_user(request)


async def _optional_user(request: Request) -> User | None:
    return await on_starlette.optional_user(request)


async def require_csrf(request: Request) -> None:
    """For routes that take forms, `dependencies=[Depends(require_csrf)]`: refuses what the user's page did not send."""
    await on_starlette.require_csrf(request)


CurrentUser: TypeAlias = Annotated[User, Depends(_current_user)]
"""Who is signed in; anybody else is asked to, and comes back."""

OptionalUser: TypeAlias = Annotated[User | None, Depends(_optional_user)]
"""Who is signed in, or None."""
