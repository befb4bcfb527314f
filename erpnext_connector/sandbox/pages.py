"""The sandbox's pages for people: login, consent, third-party apps."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from erpnext_connector.sandbox import accounts, records, token_rows
from erpnext_connector.sandbox.data import Dataset, UserEntry
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request, Response
from erpnext_connector.sandbox.sessions import Session
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import HARDENED

STATUSES: Final = {0: "Draft", 1: "Submitted", 2: "Cancelled"}


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("erpnext_connector.sandbox"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(
    site: Site, request: Request, template: str, *, status: int = 200, protect: bool = False, **values: object
) -> Response:
    """One page for the request's session; `protect` gives the session a CSRF token, as Frappe's desk does."""
    session = accounts.session_of(site, request)
    if session and protect:
        session = site.sessions.protect(session)
    page = _environment().get_template(template)
    text = page.render(_shared(site, session) | values)
    return Response.html(text, status=status)


def _shared(site: Site, session: Session | None) -> dict[str, object]:
    user = (records.read(site, "User", session.user) if session else None) or {}
    return {
        "frappe": site.frappe,
        "user": {"name": session.user, "full_name": accounts.full_name(user) or session.user} if session else None,
        "home": accounts.home_page(site) if session else "/login",
        "token": lambda: _token_field(session),
        "status": _status_tag,
        "notice": "",
        "problem": "",
    }


def _token_field(session: Session | None) -> Markup:
    token = session.csrf_token if session else None
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token or "")


def _status_tag(docstatus: object) -> Markup:
    word = STATUSES.get(int(str(docstatus or 0)), "Draft")
    return Markup('<span class="tag {}">{}</span>').format(word.lower(), word)


def message(site: Site, request: Request, title: str, text: str, status: int) -> Response:
    """A page that says one thing, with a way on."""
    return render(site, request, "message.html", status=status, title=title, message=text)


def consent(
    site: Site, request: Request, user: str, *, app_name: str, details: list[str], leads_to: tuple[str, str]
) -> Response:
    """The page that asks whether the app may act as the user; `leads_to` are where Allow and Deny go."""
    document = records.read(site, "User", user) or {}
    success_url, failure_url = leads_to
    return render(
        site,
        request,
        "consent.html",
        app_name=app_name,
        details=details,
        signed_in_as=accounts.full_name(document) or user,
        success_url=success_url,
        failure_url=failure_url,
        posts=site.frappe >= HARDENED,
        protect=site.frappe >= HARDENED,
    )


def login(site: Site, request: Request, _user: str) -> Response:
    """The login page; whoever is signed in already is sent on."""
    if request.method == "POST":
        return _try_login(site, request)
    if accounts.session_of(site, request):
        return Response.redirect(_next(site, request))
    return _login_page(site, request)


def _login_page(site: Site, request: Request, *, problem: str = "", status: int = 200) -> Response:
    redirect_to = str(request.arguments.get("redirect-to") or "")
    return render(
        site,
        request,
        "login.html",
        status=status,
        problem=problem,
        redirect_to=redirect_to,
        for_app="oauth2.authorize" in redirect_to,
        usr=str(request.arguments.get("usr") or ""),
        accounts=_demo_accounts(site),
    )


def _demo_accounts(site: Site) -> list[UserEntry]:
    """The made-up people whose password is still the one of the dataset."""
    people = [user for user in Dataset.built_in().users().users if "@" in user.name]
    return [user for user in people if site.password("User", user.name, "password") == user.password]


def _try_login(site: Site, request: Request) -> Response:
    try:
        answer = accounts.login(site, request, accounts.GUEST)
    except FrappeError as error:
        problem = error.message or str(error.extra.get("message"))
        return _login_page(site, request, problem=problem, status=error.status)
    redirect = Response.redirect(_next(site, request))
    redirect.headers.extend(header for header in answer.headers if header[0] == "set-cookie")
    return redirect


def _next(site: Site, request: Request) -> str:
    """Where to go after login: only to this site itself, else to the desk."""
    target = str(request.arguments.get("redirect-to") or "")
    parts = urlsplit(target)
    if target and not parts.netloc and not parts.scheme and parts.path.startswith("/") and "\\" not in target:
        return target
    own = target.startswith(f"{request.base_url}/")
    return target if own else accounts.home_page(site)


def logout(site: Site, request: Request, user: str) -> Response:
    """End the session, show the login page."""
    answer = accounts.logout(site, request, user)
    redirect = Response.redirect("/login")
    redirect.headers.extend(header for header in answer.headers if header[0] == "set-cookie")
    return redirect


def third_party_apps(site: Site, request: Request, user: str) -> Response:
    """The apps that hold a token of the user, each with a way to revoke it."""
    if user == accounts.GUEST:
        return message(site, request, "Not Permitted", "You need to be logged in to access this page", 403)
    if request.method == "POST":
        revoke(site, user, str(request.arguments.get("client_id") or ""))
        site.commit()
        return Response.redirect("/third_party_apps")
    chosen = request.query.get("app")
    app = records.read(site, "OAuth Client", chosen) if chosen else None
    if chosen and app is None:
        return message(site, request, "Not Found", "There is no such app.", 404)
    return render(site, request, "third_party_apps.html", app=app, apps=_apps(site, user))


def revoke(site: Site, user: str, client_id: str) -> None:
    """Take an app's access away: all of the user's tokens for this client are gone at once, refresh tokens too."""
    token_rows.take_away(site, user, client_id)


def _apps(site: Site, user: str) -> list[Mapping[str, object]]:
    first: dict[str, str] = {}
    for token in records.find(site, "OAuth Bearer Token", user=user):
        first.setdefault(str(token["client"]), str(token["creation"]))
    names = {name: records.read(site, "OAuth Client", name) or {} for name in first}
    return [
        {"name": name, "app_name": names[name].get("app_name") or name, "creation": creation}
        for name, creation in first.items()
    ]
