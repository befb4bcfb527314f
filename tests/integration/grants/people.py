"""People with access, and what one can see of it."""

from __future__ import annotations

from erpnext_connector import Bearer, Secret
from erpnext_connector.errors import AccountRefused, SignInRequired
from erpnext_connector.oauth.identity import userinfo
from tests.integration.world import JSON, Browser, World

USER = "sales@example.com"
LINES = [13, 14, 15, 16, 2026]
"""The lines of Frappe that differ in what they do to grants."""


def signed_in(world: World) -> tuple[Browser, Secret]:
    """Somebody's browser, and the access token that came of it."""
    browser = world.browser()
    world.sign_in(browser)
    tokens = world.connector.running.vault.tokens("main", USER)
    assert tokens
    return browser, tokens.access


def opens(world: World, access: Secret) -> bool:
    """Whether ERPNext takes the token."""
    try:
        world.connector.as_anybody("main", Bearer(access)).send(userinfo())
    except (SignInRequired, AccountRefused):  # Frappe 13 answers as its Guest
        return False
    return True


def status(world: World, browser: Browser) -> int:
    """What the app answers to this browser: 200 while it is signed in."""
    return browser.get(f"{world.url}/erpnext/session", headers=JSON).status_code
