"""An app beside a sandbox ERPNext, both really served."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from typing import Any

import httpx2
import pytest

from erpnext_connector import Connector, Event, Manifest, Settings
from erpnext_connector.clock import SystemClock
from erpnext_connector.sandbox.app import create_app
from erpnext_connector.sandbox.data import Dataset
from erpnext_connector.sandbox.demo import prepare
from erpnext_connector.sandbox.faults import Fault
from erpnext_connector.sandbox.loading import open_site
from erpnext_connector.sandbox.site import Site
from tests.integration.apps import APPS
from tests.integration.servers import Served, free_listener, serving, url_of

PASSWORDS = {"Administrator": "admin", "sales@example.com": "sales-Pw-1", "stock@example.com": "stock-Pw-1"}
WEBHOOK_SECRET = "a-webhook-secret-that-nobody-guesses"
MANIFEST = """
[app]
name = "Test app"

[[webhook]]
doctype = "Item"
events = ["on_update"]
"""
HTML = {"Accept": "text/html,application/xhtml+xml"}
JSON = {"Accept": "application/json"}


class MovableClock(SystemClock):
    """The machine's own time, moved by `offset_seconds`."""

    offset_seconds = 0.0

    def now(self) -> float:
        return super().now() + self.offset_seconds


class Browser(httpx2.Client):
    """Keeps cookies and follows nothing by itself, so that a test sees each step."""

    def __init__(self) -> None:
        super().__init__(headers=HTML, timeout=20)
        self.visited: list[str] = []

    def go(self, url: str, **options: Any) -> httpx2.Response:
        response = self.get(url, **options)
        self.visited += [str(response.url), response.headers.get("location", "")]
        return response

    def follow(self, response: httpx2.Response, stop_at: str = "\0") -> httpx2.Response:
        """Go where redirects lead, up to the one to an address that begins with `stop_at`."""
        while response.has_redirect_location:
            target = str(response.url.join(response.headers["location"]))
            if target.startswith(stop_at):
                break
            response = self.go(target)
        return response


@dataclass
class Sandbox:
    site: Site
    url: str
    variables: dict[str, Any]
    served: Served | None
    asked: list[str]

    def fault(self, kind: str, **options: Any) -> None:
        self.site.faults.add(Fault(kind, **options))

    def stop(self) -> None:
        if self.served:
            self.served.stop()
            self.served = None


@dataclass
class World:
    """An app and its sandbox; `browser()` makes a person's browser."""

    sandbox: Sandbox
    connector: Connector
    url: str
    clock: MovableClock
    events: list[Event] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)

    def browser(self) -> Browser:
        self.browsers.append(Browser())
        return self.browsers[-1]

    def to_consent(self, browser: Browser, path: str = "/items", user: str = "sales@example.com") -> httpx2.Response:
        """Begin to sign in, log in at ERPNext, and see the consent page."""
        page = browser.follow(browser.go(f"{self.url}/erpnext/login", params={"next": path}))
        if "Confirm Access" in page.text:
            return page
        back = re.search(r'name="redirect-to" value="([^"]*)"', page.text)
        assert back is not None
        form = {"usr": user, "pwd": PASSWORDS[user], "redirect-to": unescape(back[1])}
        page = browser.follow(browser.post(f"{self.sandbox.url}/login", data=form))
        assert "Confirm Access" in page.text
        return page

    def answer(self, browser: Browser, consent: httpx2.Response, button: str) -> str:
        """Click Allow or Deny; the address ERPNext sends the browser back to, which it has yet to open."""
        leads_to = re.search(rf'id="{button}"[^>]*data-leads-to="([^"]*)"', consent.text)
        if leads_to is None:
            return self._post_consent(browser, consent)
        target = str(consent.url.join(unescape(leads_to[1])))
        if target.startswith(self.url):
            return target
        response = browser.follow(browser.go(target), stop_at=self.url)
        return str(response.url.join(response.headers["location"]))

    def _post_consent(self, browser: Browser, consent: httpx2.Response) -> str:
        """Since 2026 Allow is a form with the session's CSRF token."""
        form = re.search(r'action="([^"]*approve[^"]*)".*?name="csrf_token" value="([^"]+)"', consent.text)
        assert form is not None
        target = str(consent.url.join(unescape(form[1])))
        response = browser.follow(browser.post(target, data={"csrf_token": form[2]}), stop_at=self.url)
        return str(response.url.join(response.headers["location"]))

    def sign_in(self, browser: Browser, path: str = "/items", user: str = "sales@example.com") -> httpx2.Response:
        """Sign in; the answer is the one of the app's callback."""
        return browser.go(self.answer(browser, self.to_consent(browser, path, user), "allow"))

    def revoke(self, browser: Browser) -> None:
        """Take the access back on ERPNext's own page."""
        apps = browser.get(f"{self.sandbox.url}/third_party_apps")
        link = re.search(r'href="(/third_party_apps\?app=[^"]*)"', apps.text)
        assert link is not None
        page = browser.get(self.sandbox.url + unescape(link[1]))
        form = dict(re.findall(r'name="(client_id|csrf_token)" value="([^"]*)"', page.text))
        assert browser.post(f"{self.sandbox.url}/third_party_apps", data=form).status_code < 400


@pytest.fixture
def framework() -> str:
    """Tests that tell the frameworks apart parametrize it."""
    return "fastapi"


@pytest.fixture
def frappe() -> int:
    """What the sandbox speaks as."""
    return 15


@pytest.fixture
def changes() -> dict[str, str]:
    """What else is set in the app's environment."""
    return {}


def recording(application: Any) -> tuple[Any, list[str]]:
    """The application, and a list that grows with what it is asked: "GET /api/method/ping"."""
    asked: list[str] = []

    async def recorded(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            asked.append(f"{scope['method']} {scope['path']}")
        await application(scope, receive, send)

    return recorded, asked


@pytest.fixture
def sandbox() -> Iterator[Callable[[str, int], Sandbox]]:
    """Start a sandbox that knows the app at this address."""
    running: list[Sandbox] = []

    def start(app_url: str, frappe: int) -> Sandbox:
        site = open_site(frappe)
        application, asked = recording(create_app(site=site, webhook_speed=20))
        known = prepare(site, Dataset.built_in().users(), {"Test app": f"{app_url}/erpnext/callback"})
        served = Served(application, free_listener(), name="erpnext")
        running.append(Sandbox(site, served.url, known.variables, served, asked))
        return running[-1]

    yield start
    for one in running:
        one.stop()


def environment_for(sandbox: Sandbox, app_url: str, tmp_path: Path) -> dict[str, str]:
    """What one would set for this sandbox."""
    client = sandbox.variables["clients"]["Test app"]
    return {
        "ERPNEXT_URL": sandbox.url,
        "ERPNEXT_CLIENT_ID": client["client_id"],
        "ERPNEXT_CLIENT_SECRET": client["client_secret"],
        "ERPNEXT_API_KEY": sandbox.variables["api_key"],
        "ERPNEXT_API_SECRET": sandbox.variables["api_secret"],
        "ERPNEXT_WEBHOOK_SECRET": WEBHOOK_SECRET,
        "CONNECTOR_URL": app_url,
        "CONNECTOR_DATABASE_URL": f"sqlite:///{tmp_path / 'connector.sqlite3'}",
        "CONNECTOR_KEY_FILE": str(tmp_path / "connector.key"),
    }


def settings_for(sandbox: Sandbox, app_url: str, tmp_path: Path, **changes: str) -> Settings:
    return Settings.from_environment({**environment_for(sandbox, app_url, tmp_path), **changes})


@pytest.fixture
def store_url(tmp_path: Path, sqlite_template: Path) -> str:
    """Where the app keeps what it knows: a file, unless a test is about databases."""
    path = tmp_path / "connector.sqlite3"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture
def world(
    framework: str,
    frappe: int,
    sandbox: Callable[[str, int], Sandbox],
    tmp_path: Path,
    store_url: str,
    changes: dict[str, str],
) -> Iterator[World]:
    listener = free_listener()
    erpnext = sandbox(url_of(listener), frappe)
    clock = MovableClock()
    settings = settings_for(erpnext, url_of(listener), tmp_path, CONNECTOR_DATABASE_URL=store_url, **changes)
    connector = Connector(Manifest.parse(MANIFEST), settings, clock=clock)
    world = World(erpnext, connector, url_of(listener), clock)
    connector.on("Item", "on_update")(world.events.append)
    with serving(APPS[framework](connector), listener):
        yield world
    for browser in world.browsers:
        browser.close()
