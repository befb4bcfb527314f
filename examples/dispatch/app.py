"""Dispatch plans deliveries beside ERPNext: pages and a database of its own, ERPNext's people, customers and items."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import RedirectResponse, Response, StreamingResponse
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates

from erpnext_connector import Connector, Event, NotFound, PermissionDenied, Profile
from erpnext_connector.errors import RequestForged
from erpnext_connector.integrations.fastapi import ConnectorRouter, CurrentUser, OptionalUser, require_csrf
from examples.dispatch.changes import Changes
from examples.dispatch.deliveries import Deliveries
from examples.dispatch.draft import Draft, Problems, TypedRow
from examples.dispatch.upstream import look_up

HERE = Path(__file__).parent

connector = Connector.from_file(HERE / "connector.toml")
deliveries = Deliveries(Path(os.environ.get("DISPATCH_DATABASE", "dispatch.sqlite3")))
changes = Changes()
pages = Jinja2Templates(HERE / "templates")

app = FastAPI(title="Dispatch", lifespan=connector.lifespan, openapi_url=None)
app.include_router(ConnectorRouter(connector, prefix="/erpnext"))
app.mount("/static", StaticFiles(directory=HERE / "static"))


@connector.on_sign_in
def meet(profile: Profile) -> None:
    deliveries.meet(profile.identity, profile.full_name)


@connector.on("Item")
@connector.on("Customer")
def tell_open_pages(event: Event) -> None:
    changes.publish(event.doctype or "", event.name or "")


@app.get("/")
async def home(request: Request, user: OptionalUser) -> Response:
    if user is None:
        return pages.TemplateResponse(request, "welcome.html")
    planned = deliveries.all()
    upstream = await look_up(user.erpnext, planned, "Customer")
    return pages.TemplateResponse(
        request, "deliveries.html", {"user": user, "deliveries": planned, "upstream": upstream}
    )


@app.get("/deliveries/new")
async def new(request: Request, user: CurrentUser) -> Response:
    tomorrow = datetime.now().astimezone().date() + timedelta(days=1)
    return _form(request, user, Draft(day=tomorrow.isoformat()), {})


@app.post("/deliveries/new")
async def plan(request: Request, user: CurrentUser) -> Response:
    draft = Draft.read(await request.form())
    try:
        await require_csrf(request)
    except RequestForged:  # signed in anew in another tab: what was typed should not be lost
        return _form(request, user, draft, {"form": "You signed in again meanwhile. Please save once more."})
    names = {} if draft.problems() else await _confirmed(user, draft)
    problems = draft.problems(names)
    if problems:
        return _form(request, user, draft, problems)
    delivery_id = deliveries.plan(*draft.checked(names), planned_by=user.identity)
    return RedirectResponse(f"/deliveries/{delivery_id}#saved", status_code=303)


@app.get("/deliveries/{delivery_id}")
async def show(request: Request, user: CurrentUser, delivery_id: int) -> Response:
    delivery = deliveries.get(delivery_id)
    if delivery is None:
        raise HTTPException(404)
    upstream = await look_up(user.erpnext, [delivery], "Customer", "Item")
    return pages.TemplateResponse(request, "delivery.html", {"user": user, "delivery": delivery, "upstream": upstream})


@app.exception_handler(404)
async def nothing_here(request: Request, _error: Exception) -> Response:
    return pages.TemplateResponse(request, "nothing.html", status_code=404)


@app.get("/changes")
async def stream_changes(_user: CurrentUser) -> Response:
    return StreamingResponse(changes.stream(), media_type="text/event-stream")


async def _confirmed(user: CurrentUser, draft: Draft) -> dict[str, str | None]:
    """A browser can send anything: each link as ERPNext spells it, or None where the user may not link to it."""
    return {field: await _confirmed_name(user, doctype, name) for field, doctype, name in draft.links()}


async def _confirmed_name(user: CurrentUser, doctype: str, name: str) -> str | None:
    try:
        found = await user.erpnext.validate_link(doctype, name)
    except (NotFound, PermissionDenied):
        return None
    return str(found["name"]) if found else None


def _form(request: Request, user: CurrentUser, draft: Draft, problems: Problems) -> Response:
    context = {"user": user, "draft": draft, "problems": problems, "blank": TypedRow()}
    return pages.TemplateResponse(request, "new.html", context, status_code=422 if problems else 200)
