"""Sessions, cookies, and changes that only the person's own pages may ask for."""

from __future__ import annotations

from dataclasses import replace

import httpx2
import pytest

from erpnext_connector.secret import Secret
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.web.cookies import Cookies
from tests.integration.apps import APPS
from tests.integration.world import JSON, Browser, World


def signed_in(world: World) -> tuple[Browser, str]:
    browser = world.browser()
    world.sign_in(browser)
    return browser, browser.get(f"{world.url}/erpnext/session", headers=JSON).json()["csrf_token"]


def status(browser: httpx2.Client, world: World) -> int:
    return browser.get(f"{world.url}/erpnext/session", headers=JSON).status_code


def test_the_session_cookie_is_out_of_reach_of_scripts_and_other_sites(world: World) -> None:
    browser = world.browser()
    cookie = world.sign_in(browser).headers["set-cookie"]
    name, _, rest = cookie.partition("=")
    assert name.startswith("test-app-erpnext-")
    assert "; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax" in rest
    assert "Secure" not in rest  # plain http, on this machine only


def test_signing_out_takes_the_token_of_the_page(world: World) -> None:
    browser, token = signed_in(world)
    refused = browser.post(f"{world.url}/erpnext/logout", data={"csrf_token": "guess"})
    assert refused.status_code == 403
    assert "<code>request_forged</code>" in refused.text
    assert browser.post(f"{world.url}/erpnext/logout", headers=JSON).json()["error"]["code"] == "request_forged"
    assert status(browser, world) == 200
    out = browser.post(f"{world.url}/erpnext/logout", data={"csrf_token": token})
    assert out.status_code == 303
    assert out.headers["location"] == "/erpnext/logout"
    assert "Signed out" in browser.go(f"{world.url}/erpnext/logout").text
    assert status(browser, world) == 401


def test_signing_out_may_lead_to_a_page_of_the_app_alone(world: World) -> None:
    browser, token = signed_in(world)
    out = browser.post(f"{world.url}/erpnext/logout", data={"csrf_token": token, "next": "//evil.example"})
    assert out.headers["location"] == "/"
    assert browser.post(f"{world.url}/erpnext/logout", data={"next": "/bye"}).headers["location"] == "/bye"


def test_scripts_sign_out_with_a_header(world: World) -> None:
    browser, token = signed_in(world)
    said = browser.post(f"{world.url}/erpnext/logout", headers={**JSON, "X-CSRF-Token": token})
    assert said.json() == {"signed_out": True}
    assert status(browser, world) == 401


def test_a_link_to_signing_out_asks_first(world: World) -> None:
    browser, token = signed_in(world)
    page = browser.go(f"{world.url}/erpnext/logout")
    assert "Sally Example" in page.text
    assert f'name="csrf_token" value="{token}"' in page.text
    assert status(browser, world) == 200


def test_signing_out_can_give_the_grant_back(world: World) -> None:
    browser, token = signed_in(world)
    browser.post(f"{world.url}/erpnext/logout", data={"csrf_token": token, "revoke": "1"})
    assert world.connector.running.vault.users("main") == ()
    rows = world.connector.as_app().list("OAuth Bearer Token", fields=["status"]).all()
    assert rows == []  # every pair is gone, not only the newest


def test_a_grant_that_erpnext_can_not_take_back_is_forgotten_all_the_same(world: World) -> None:
    browser, token = signed_in(world)
    world.sandbox.stop()
    page = browser.post(f"{world.url}/erpnext/logout", data={"csrf_token": token, "revoke": "1"})
    assert "ERPNext could not be told" in page.text
    assert f"{world.sandbox.url}/third_party_apps" in page.text
    assert world.connector.running.vault.users("main") == ()


@pytest.mark.parametrize("framework", sorted(APPS))
def test_forms_of_the_app_are_checked_by_their_token(world: World) -> None:
    browser, token = signed_in(world)
    for wrong in ({}, {"csrf_token": "guess"}):
        assert browser.post(f"{world.url}/save-with-token", data=wrong).status_code == 403
    form = {"csrf_token": token, "title": "Grüße"}
    assert browser.post(f"{world.url}/save-with-token", data=form).json() == {"form": form}
    upload = browser.post(f"{world.url}/save-with-token", files={"csrf_token": (None, token), "title": (None, "x")})
    assert upload.json()["form"]["title"] == "x"
    header = browser.post(f"{world.url}/save-with-token", headers={"X-CSRF-Token": token}, json={})
    assert header.status_code == 200


@pytest.mark.parametrize("framework", sorted(APPS))
@pytest.mark.parametrize(
    ("headers", "is_taken"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "https://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_changes_that_another_sites_page_asks_for_are_refused(
    world: World, headers: dict[str, str], is_taken: bool
) -> None:
    browser, token = signed_in(world)
    assert (browser.post(f"{world.url}/save", headers=headers).status_code == 200) is is_taken
    assert browser.post(f"{world.url}/save", headers={**headers, "X-CSRF-Token": token}).status_code == 200


def test_cookies_that_were_not_made_here_are_no_sessions(world: World) -> None:
    browser, _ = signed_in(world)
    (name,) = [name for name in dict(browser.cookies) if name.endswith("-session")]
    real = browser.cookies[name]
    other = Cookies("Test app", "/erpnext").with_session(Secret("x"), KeyRing([b"o" * 32]), secure=False)
    for forged in ("", "x", real[:-2] + "AA", real + "A" * 2000, "ä", other[1].split("=")[1].split(";")[0]):
        with httpx2.Client(headers={"Cookie": f"{name}={forged}".encode()}) as thief:
            assert status(thief, world) == 401


def test_a_session_ends_after_a_week(world: World) -> None:
    browser, _ = signed_in(world)
    world.clock.offset_seconds = 7 * 24 * 3600 + 1
    assert status(browser, world) == 401


def test_an_access_token_that_is_old_is_refreshed_on_the_way(world: World) -> None:
    browser, _ = signed_in(world)
    before = world.connector.running.vault.tokens("main", "sales@example.com")
    world.clock.offset_seconds = 3000
    assert len(browser.go(f"{world.url}/items").json()) == 2
    after = world.connector.running.vault.tokens("main", "sales@example.com")
    assert before is not None
    assert after is not None
    assert before.access != after.access


def test_the_service_accounts_refused_key_is_no_reason_to_sign_in(world: World) -> None:
    browser, _ = signed_in(world)
    site = world.connector.running.reach.site("main")
    world.connector.running.sites.put(replace(site, api_secret=Secret("wrong")))
    world.connector.running.reach._known.clear()
    told = browser.get(f"{world.url}/as-app", headers=JSON)
    assert told.status_code == 500
    assert told.json()["error"]["message"] == "ERPNext refuses the service account's API key."
    assert status(browser, world) == 200
