"""The same small app in each framework."""

from __future__ import annotations

from typing import Any

from fastapi import Depends, FastAPI
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from erpnext_connector import Connector, errors
from erpnext_connector.integrations import starlette as on_starlette
from erpnext_connector.integrations.fastapi import ConnectorRouter, CurrentUser, OptionalUser, require_csrf


def error_classes() -> dict[str, type[errors.ConnectorError]]:
    classes = [errors.ConnectorError]
    for one in classes:
        classes.extend(one.__subclasses__())
    return {one.code: one for one in classes}


def fastapi_app(connector: Connector) -> Any:
    app = FastAPI(lifespan=connector.lifespan)
    app.include_router(ConnectorRouter(connector, prefix="/erpnext"))

    @app.get("/")
    async def home(user: OptionalUser) -> dict[str, str | None]:
        return {"name": user.full_name if user else None}

    @app.get("/items")
    async def items(user: CurrentUser) -> list[str]:
        return [row["name"] for row in await user.erpnext.list("Item", limit=2)]

    @app.get("/items-in-a-thread")
    def items_in_a_thread(user: CurrentUser) -> list[str]:
        return [row["name"] for row in user.erpnext_sync.list("Item", limit=2)]

    @app.get("/as-app")
    def as_app(user: CurrentUser) -> str:
        return connector.as_app(user.site).call("frappe.auth.get_logged_user")

    @app.post("/save")
    async def save(user: CurrentUser) -> str:
        return user.user

    @app.post("/save-with-token", dependencies=[Depends(require_csrf)])
    async def save_with_token(request: Request) -> dict[str, Any]:
        return {"form": dict(await request.form())}

    @app.get("/trouble/{code}")
    async def trouble(code: str) -> None:
        raise error_classes()[code]

    return app


def starlette_app(connector: Connector) -> Any:
    async def home(request: Request) -> Response:
        user = await on_starlette.optional_user(request)
        return JSONResponse({"name": user.full_name if user else None})

    async def items(request: Request) -> Response:
        user = await on_starlette.require_user(request)
        return JSONResponse([row["name"] for row in await user.erpnext.list("Item", limit=2)])

    def items_in_a_thread(request: Request, user: on_starlette.User) -> Response:
        return JSONResponse([row["name"] for row in user.erpnext_sync.list("Item", limit=2)])

    async def threaded(request: Request) -> Response:
        from starlette.concurrency import run_in_threadpool

        return await run_in_threadpool(items_in_a_thread, request, await on_starlette.require_user(request))

    async def as_app(request: Request) -> Response:
        user = await on_starlette.require_user(request)
        return JSONResponse(await connector.as_app_async(user.site).call("frappe.auth.get_logged_user"))

    async def save(request: Request) -> Response:
        return JSONResponse((await on_starlette.require_user(request)).user)

    async def save_with_token(request: Request) -> Response:
        await on_starlette.require_csrf(request)
        return JSONResponse({"form": dict(await request.form())})

    async def trouble(request: Request) -> Response:
        raise error_classes()[request.path_params["code"]]

    routes = [
        Route("/", home),
        Route("/items", items),
        Route("/items-in-a-thread", threaded),
        Route("/as-app", as_app),
        Route("/save", save, methods=["POST"]),
        Route("/save-with-token", save_with_token, methods=["POST"]),
        Route("/trouble/{code}", trouble),
    ]
    app = Starlette(routes=routes, lifespan=connector.lifespan)
    on_starlette.install(app, connector, prefix="/erpnext")
    return app


APPS = {"fastapi": fastapi_app, "starlette": starlette_app}
