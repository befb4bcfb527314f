"""What axe has to say about a page."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}


def assert_accessible(page: Page) -> None:
    """No violation of WCAG 2.2 AA or of axe's best practices."""
    found = Axe().run(page, options=RULES).response["violations"]
    assert not found, "\n".join(
        f"{page.url}: {rule['id']}: {rule['help']}: {node['html']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    )


def assert_fits(page: Page) -> None:
    """Nothing is wider than the screen."""
    overflow = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert overflow <= 0, f"{page.url} is {overflow} px wider than the screen"
