"""Which page answers which path of the sandbox."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from erpnext_connector.sandbox import accounts, control, desk, form, openid, pages
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import EVERY, since

Page = Callable[..., Response]
GET: Final = frozenset({"GET", "HEAD"})
GET_AND_POST: Final = GET | {"POST"}


@dataclass(frozen=True, slots=True)
class Route:
    """A page for the paths that match `pattern`; it is called with the site, the request, the user, the groups."""

    pattern: re.Pattern[str]
    page: Page
    methods: frozenset[str] = GET
    versions: frozenset[int] = EVERY


def find(site: Site, request: Request) -> Callable[[str], Response] | None:
    """The page for this request, waiting for its user; None where there is no page."""
    for route in ROUTES:
        found = route.pattern.fullmatch(request.path)
        if found and request.method in route.methods and site.frappe in route.versions:
            page, groups = route.page, found.groups()
            return lambda user: page(site, request, user, *groups)
    return None


def _front(site: Site, request: Request, _user: str) -> Response:
    return Response.redirect(accounts.home_page(site) if accounts.session_of(site, request) else "/login")


def _moved(_site: Site, _request: Request, _user: str) -> Response:
    return Response.redirect("/api/method/frappe.integrations.oauth2.openid_configuration", status=301)


def _at(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.DOTALL)


ROUTES: Final = (
    Route(_at("/"), _front),
    Route(_at("/login"), pages.login, GET_AND_POST),
    Route(_at("/logout"), pages.logout, frozenset({"POST"})),
    Route(_at("/third_party_apps"), pages.third_party_apps, GET_AND_POST),
    Route(_at("/sandbox/?"), control.page, GET_AND_POST),
    Route(_at("/sandbox/upsets"), control.endpoint, GET_AND_POST),
    Route(_at("/(?:app|desk)/?"), desk.home),
    Route(_at("/(?:app|desk)/([^/]+)/?"), desk.documents),
    Route(_at("/(?:app|desk)/([^/]+)/(.+)"), form.document, GET_AND_POST),
    Route(_at(r"/\.well-known/openid-configuration"), _moved, versions=frozenset({15})),
    Route(_at(r"/\.well-known/openid-configuration.*"), openid.openid_configuration, versions=since(16)),
    Route(_at(r"/\.well-known/oauth-authorization-server.*"), openid.server_metadata, versions=since(16)),
    Route(_at(r"/\.well-known/oauth-protected-resource.*"), openid.resource_metadata, versions=since(16)),
)
