"""The sandbox's own pages in a real browser: the form of consent of 2026, the page that upsets grants."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessibility import assert_accessible, assert_fits

CALLBACK = "http://127.0.0.1:9/erpnext/callback"
CHALLENGE = {"code_challenge": "x" * 43, "code_challenge_method": "S256"}
COMMAND = "from erpnext_connector.cli.main import main; main()"


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """The variables of a running sandbox of the hardened line."""
    variables: Path = tmp_path_factory.mktemp("sandbox") / "vars.json"
    options = ["--frappe", "2026", "--port", "0", "--vars", str(variables), "--client", f"Dispatch={CALLBACK}"]
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "sandbox", *options], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if variables.exists() or process.poll() is not None:
                break
            time.sleep(0.05)
        yield json.loads(variables.read_text())
    finally:
        process.terminate()
        process.wait(10)


def test_allow_is_a_form_that_leads_back_with_a_code(page: Page, sandbox: dict[str, Any]) -> None:
    asked = {"client_id": sandbox["clients"]["Dispatch"]["client_id"], "redirect_uri": CALLBACK, "state": "s-1"}
    asked |= {"response_type": "code", "scope": "all openid", **CHALLENGE}
    went_to: list[str] = []
    page.route(f"{CALLBACK}*", lambda route: (went_to.append(route.request.url), route.fulfill(body="back"))[1])
    page.goto(f"{sandbox['base_url']}/api/method/frappe.integrations.oauth2.authorize?{urlencode(asked)}")
    page.fill("input[name=usr]", sandbox["sales_user"])
    page.fill("input[name=pwd]", sandbox["sales_password"])
    page.click("main button[type=submit]")
    expect(page).to_have_title("Confirm Access")
    assert_accessible(page)
    page.get_by_role("button", name="Allow").click()
    expect(page.locator("body")).to_have_text("back")
    returned = parse_qs(urlsplit(went_to[0]).query)
    assert returned["state"] == ["s-1"]
    assert len(returned["code"][0]) == 30


def test_a_grant_is_upset_by_a_click(page: Page, sandbox: dict[str, Any]) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(f"{sandbox['base_url']}/sandbox")
    assert_accessible(page)
    assert_fits(page)
    page.get_by_label("User", exact=True).select_option(sandbox["stock_user"])
    page.get_by_role("button", name="Disable a user").click()
    expect(page.get_by_role("status")).to_have_text(f"{sandbox['stock_user']} is disabled")
    page.get_by_role("button", name="Delete an OAuth client").click()
    expect(page.get_by_role("alert")).to_have_text("drop_client needs a client")
    assert_accessible(page)
