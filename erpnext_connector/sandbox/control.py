"""The sandbox's own page, and its endpoint for programs, to bring about what befalls grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from erpnext_connector.sandbox import pages, records
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.token_rows import CLIENT, TOKEN
from erpnext_connector.sandbox.upsets import UPSETS, Target, bring_about

PATH: Final = "/sandbox"
FIELDS: Final = frozenset({"kind", "user", "client", "password"})


def page(site: Site, request: Request, _user: str) -> Response:
    """Who has tokens here, with a button for everything that can befall them."""
    if request.method != "POST":
        return _page(site, request)
    if _is_foreign(request):
        return pages.message(site, request, "Not Permitted", "Only this sandbox's own page may do that.", 403)
    try:
        return _page(site, request, notice=_happen(site, request.form))
    except (ValueError, FrappeError) as error:
        return _page(site, request, problem=str(error), status=400)


def endpoint(site: Site, request: Request, _user: str) -> Response:
    """GET lists what can be brought about; POST {"kind", "user", "client", "password"} does it."""
    if request.method != "POST":
        return Response.json({kind: upset.about for kind, upset in UPSETS.items()})
    if _is_foreign(request):
        return Response.json({"error": "only this sandbox's own page and programs may do that"}, status=403)
    try:
        return Response.json({"done": _happen(site, request.arguments)})
    except (ValueError, FrappeError) as error:
        return Response.json({"error": str(error)}, status=400)


def _is_foreign(request: Request) -> bool:
    """Whether another site's page sends this: browsers then say which."""
    return request.headers.get("origin", request.base_url) != request.base_url


def _happen(site: Site, given: Mapping[str, object]) -> str:
    unknown = set(given) - FIELDS - {"csrf_token"}
    if unknown:
        raise ValueError(f"an upset has no {', '.join(sorted(unknown))}")
    texts = {name: str(given.get(name) or "") for name in FIELDS - {"kind"}}
    return bring_about(site, str(given.get("kind") or ""), Target(**texts))


def _page(site: Site, request: Request, *, notice: str = "", problem: str = "", status: int = 200) -> Response:
    clients = {str(client["name"]): str(client["app_name"]) for client in records.find(site, CLIENT)}
    users = [user for user in records.find(site, "User") if "@" in str(user["name"])]
    tokens = [
        token | {"app_name": clients.get(str(token["client"]), token["client"]), "dead": _is_dead(site, token)}
        for token in reversed(records.find(site, TOKEN))
    ]
    return pages.render(
        site,
        request,
        "control.html",
        status=status,
        notice=notice,
        problem=problem,
        upsets=UPSETS,
        users=users,
        clients=clients,
        tokens=tokens,
        chosen=Target(user=request.form.get("user", ""), client=request.form.get("client", "")),
    )


def _is_dead(site: Site, token: records.Document) -> str:
    if token["status"] == "Revoked":
        return "revoked"
    return "expired" if str(token["expiration_time"]) <= site.now() else ""
