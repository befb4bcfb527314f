"""Sign-ins that go wrong, each told on a page with a way on."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from erpnext_connector import Connector, Forbidden, Manifest, Profile
from erpnext_connector.store.sites import Site
from tests.integration.apps import APPS
from tests.integration.servers import free_listener, serving, url_of
from tests.integration.world import JSON, MANIFEST, Sandbox, World, settings_for

# Asked again and again, a site that is down is not asked any more.
DOWN = {"site_unreachable", "circuit_open"}
TOKEN_PATH = "/api/method/frappe.integrations.oauth2.get_token"
USERINFO_PATH = "/api/method/frappe.integrations.oauth2.openid_profile"


def has_sign_in_button(page: httpx2.Response, next_path: str) -> bool:
    return f'href="/erpnext/login?next={next_path}"' in page.text and ">Sign in<" in page.text


def tokens_at(world: World) -> list[dict[str, object]]:
    """The bearer tokens that ERPNext holds."""
    return world.connector.as_app().list("OAuth Bearer Token", fields=["status", "user"]).all()


def is_signed_out(world: World, browser: httpx2.Client) -> bool:
    return browser.get(f"{world.url}/erpnext/session", headers=JSON).status_code == 401


def test_deny_leads_to_a_friendly_page_that_keeps_the_way(world: World) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser, "/items?page=3"), "deny")
    assert parse_qs(urlsplit(returned).query) == {"error": ["access_denied"]}
    page = browser.go(returned)
    assert page.status_code == 403
    assert "You chose not to give this app access" in page.text
    assert has_sign_in_button(page, "%2Fitems%3Fpage%3D3")
    assert browser.get(returned, headers=JSON).json()["error"]["code"] == "consent_refused"
    assert world.sign_in(browser).status_code == 303


def test_a_state_is_good_once(world: World) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser), "allow")
    assert browser.go(returned).status_code == 303
    again = browser.go(returned)
    assert again.status_code == 400
    assert "has expired, was used already" in again.text
    assert has_sign_in_button(again, "%2F")
    assert browser.get(returned, headers=JSON).json()["error"]["code"] == "state_unknown"
    assert not is_signed_out(world, browser)


def test_who_comes_back_late_can_start_again(world: World) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser), "allow")
    world.clock.offset_seconds = 601
    late = browser.go(returned)
    assert late.status_code == 400
    assert has_sign_in_button(late, "%2F")
    assert is_signed_out(world, browser)


def test_the_callback_of_one_browser_does_nothing_in_another(world: World) -> None:
    mine, other = world.browser(), world.browser()
    returned = world.answer(mine, world.to_consent(mine), "allow")
    assert other.go(returned).status_code == 400
    assert is_signed_out(world, other)
    assert mine.go(returned).status_code == 303


@pytest.mark.parametrize("query", ["", "code=x", "state=x", "code=x&state=%00", "error=server_error", "error=nonsense"])
def test_a_callback_that_makes_no_sense_is_a_page(world: World, query: str) -> None:
    page = world.browser().go(f"{world.url}/erpnext/callback?{query}")
    assert page.status_code in (400, 503)
    assert has_sign_in_button(page, "%2F")


@pytest.mark.parametrize(
    "wanted",
    ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/evil.example", "javascript:alert(1)", ""],
)
def test_next_never_leads_elsewhere(world: World, wanted: str) -> None:
    assert world.sign_in(world.browser(), wanted).headers["location"] == "/"


def test_next_may_be_any_page_of_the_app(world: World) -> None:
    location = world.sign_in(world.browser(), "/Aufträge?q=a b&x=%2F#unten").headers["location"]
    assert location == "/"  # a blank is no part of an address
    location = world.sign_in(world.browser(), "/Aufträge?q=a%20b&x=%2F").headers["location"]
    assert location == "/Auftr%C3%A4ge?q=a%20b&x=%2F"


def test_two_tabs_may_sign_in_side_by_side(world: World) -> None:
    browser = world.browser()
    first = world.answer(browser, world.to_consent(browser, "/items?tab=1"), "allow")
    second = world.answer(browser, world.to_consent(browser, "/items?tab=2"), "allow")
    assert browser.go(first).headers["location"] == "/items?tab=1"
    assert browser.go(second).headers["location"] == "/items?tab=2"


def test_each_sign_in_makes_a_new_session_and_ends_the_old_one(world: World) -> None:
    browser = world.browser()
    world.sign_in(browser)
    before = dict(browser.cookies)
    world.sign_in(browser)
    assert dict(browser.cookies) != before
    with httpx2.Client(cookies=before) as thief:
        assert is_signed_out(world, thief)


def test_erpnext_down_at_the_start_is_a_page_that_tries_again(world: World) -> None:
    world.sandbox.stop()
    page = world.browser().go(f"{world.url}/erpnext/login?next=/items")
    assert page.status_code == 503
    assert "ERPNext can’t answer right now" in page.text
    assert 'href="/erpnext/login?next=/items">Try again<' in page.text
    told = httpx2.get(f"{world.url}/erpnext/login", headers=JSON).json()["error"]
    assert told["code"] in DOWN


def test_erpnext_hanging_at_the_start_keeps_nobody_waiting_for_long(world: World) -> None:
    world.sandbox.fault("slow", path="/api/method/ping", seconds=6)
    started = time.monotonic()
    page = world.browser().go(f"{world.url}/erpnext/login")
    assert time.monotonic() - started < 6
    assert "<code>site_unavailable</code>" in page.text


@pytest.mark.parametrize(
    ("fault", "path", "code"),
    [
        ("error", TOKEN_PATH, "site_unavailable"),
        ("drop", TOKEN_PATH, "site_unavailable"),
        ("too_many_requests", TOKEN_PATH, "rate_limited"),
        ("error", USERINFO_PATH, "site_fault"),
    ],
)
def test_erpnext_failing_in_the_middle_is_a_page_that_starts_again(
    world: World, fault: str, path: str, code: str
) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser), "allow")
    world.sandbox.fault(fault, path=path, seconds=0.01)
    page = browser.go(returned)
    assert page.status_code >= 429
    assert f"<code>{code}</code>" in page.text
    assert has_sign_in_button(page, "%2Fitems")
    assert is_signed_out(world, browser)
    world.sandbox.site.faults.clear()
    assert world.sign_in(browser).status_code == 303


def test_erpnext_gone_at_the_callback_is_a_page_that_starts_again(world: World) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser), "allow")
    world.sandbox.stop()
    page = browser.go(returned)
    assert page.status_code == 503
    assert has_sign_in_button(page, "%2Fitems")
    assert is_signed_out(world, browser)


def test_erpnext_down_when_the_token_is_old_signs_nobody_out(world: World) -> None:
    browser = world.browser()
    world.sign_in(browser)
    world.clock.offset_seconds = 4000
    world.sandbox.fault("error", path=TOKEN_PATH)
    page = browser.go(f"{world.url}/items")
    assert page.status_code == 503
    assert "<code>site_unavailable</code>" in page.text
    assert "Sign in" not in page.text
    world.sandbox.site.faults.clear()
    world.clock.offset_seconds += 2  # nobody asks before
    assert len(browser.go(f"{world.url}/items").json()) == 2


def test_erpnext_going_away_during_work_is_a_page_that_tries_again(world: World) -> None:
    browser = world.browser()
    world.sign_in(browser)
    world.sandbox.stop()
    page = browser.go(f"{world.url}/items?page=1")
    assert page.status_code == 503
    assert 'href="/items?page=1">Try again<' in page.text
    told = browser.get(f"{world.url}/items", headers=JSON)
    assert told.json()["error"]["code"] in DOWN
    assert not is_signed_out(world, browser)


def test_the_administrator_is_refused_and_nothing_is_kept(world: World) -> None:
    browser = world.browser()
    page = world.sign_in(browser, user="Administrator")
    assert page.status_code == 403
    assert "<code>account_refused</code>" in page.text
    assert has_sign_in_button(page, "%2Fitems")
    assert is_signed_out(world, browser)
    assert world.connector.running.vault.users("main") == ()
    assert [row["status"] for row in tokens_at(world)] == ["Revoked"]


def test_the_app_may_refuse_a_person(world: World) -> None:
    met: list[tuple[str, str]] = []

    @world.connector.on_sign_in
    def refuse(profile: Profile, site_id: str) -> None:
        met.append((profile.user, site_id))
        raise Forbidden("Only drivers may use this app.", hint="Ask dispatch@example.com.")

    browser = world.browser()
    page = world.sign_in(browser)
    assert met == [("sales@example.com", "main")]
    assert page.status_code == 403
    assert "Only drivers may use this app." in page.text
    assert is_signed_out(world, browser)
    assert world.connector.running.vault.users("main") == ()
    assert [row["status"] for row in tokens_at(world)] == ["Revoked"]


def test_the_app_meets_the_person_and_may_ask_erpnext_at_once(world: World) -> None:
    met: list[object] = []

    @world.connector.on_sign_in
    def meet(profile: Profile) -> None:
        client = world.connector.client("main", profile.user)
        met.append((profile.full_name, client.call("frappe.auth.get_logged_user")))

    world.sign_in(world.browser())
    assert met == [("Sally Example", "sales@example.com")]


def test_a_client_that_erpnext_does_not_know_is_named(world: World) -> None:
    browser = world.browser()
    returned = world.answer(browser, world.to_consent(browser), "allow")
    site = world.connector.running.reach.site("main")
    world.connector.running.sites.put(Site("main", site.address, "nobody"))
    world.connector.running.reach._known.clear()
    page = browser.go(returned)
    assert page.status_code == 500
    assert "<code>client_refused</code>" in page.text
    assert has_sign_in_button(page, "%2Fitems")


def test_localhost_is_sent_to_the_address_that_erpnext_comes_back_to(world: World) -> None:
    there = world.url.replace("127.0.0.1", "localhost")
    moved = world.browser().go(f"{there}/erpnext/login?next=/items")
    assert moved.headers["location"] == f"{world.url}/erpnext/login?next=/items&here=1"


def test_an_unknown_site_is_not_found(world: World) -> None:
    page = world.browser().go(f"{world.url}/erpnext/login?site=nowhere")
    assert page.status_code == 404
    assert "knows no such site" in page.text


def test_several_sites_are_offered_to_choose_from(world: World) -> None:
    sites = world.connector.running.sites
    sites.remove("main")
    for name in ("acme", "brown"):
        sites.put(Site(name, f"https://{name}.example.com", "client"))
    page = world.browser().go(f"{world.url}/erpnext/login?next=/items")
    assert 'href="/erpnext/login?next=%2Fitems&amp;site=acme">acme.example.com<' in page.text


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"ERPNEXT_URL": ""}, "setting_missing"),
        ({"ERPNEXT_CLIENT_ID": ""}, "setting_missing"),
        ({"ERPNEXT_URL": "SELF"}, "not_frappe"),
        ({"ERPNEXT_URL": "http://127.0.0.1:9"}, "site_unreachable"),
    ],
    ids=["no site", "no client id", "not Frappe", "nobody there"],
)
def test_a_wrong_setting_is_told_on_a_page_and_as_json(
    sandbox: Callable[[str, int], Sandbox], tmp_path: Path, changes: dict[str, str], code: str
) -> None:
    listener = free_listener()
    url = url_of(listener)
    changes = {name: value.replace("SELF", url) for name, value in changes.items()}
    connector = Connector(Manifest.parse(MANIFEST), settings_for(sandbox(url, 15), url, tmp_path, **changes))
    with serving(APPS["fastapi"](connector), listener):
        page = httpx2.get(f"{url}/erpnext/login", headers={"Accept": "text/html"})
        assert f"<code>{code}</code>" in page.text
        assert httpx2.get(f"{url}/erpnext/login", headers=JSON).json()["error"]["code"] in {
            code,
            *(DOWN if code in DOWN else ()),
        }
