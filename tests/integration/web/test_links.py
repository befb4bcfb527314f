"""What a link field gets for an answer."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx2
import pytest

from tests.integration.world import JSON, Browser, World


@pytest.fixture
def browser(world: World) -> Browser:
    browser = world.browser()
    world.sign_in(browser)
    return browser


def ask(world: World, browser: httpx2.Client, doctype: str, **query: str) -> httpx2.Response:
    return browser.get(f"{world.url}/erpnext/link/{quote(doctype, safe='')}", params=query, headers=JSON)


def test_a_search_gives_names_titles_and_descriptions(world: World, browser: Browser) -> None:
    found = ask(world, browser, "Customer", txt="aarav").json()
    assert found["doctype"] == "Customer"
    assert 1 < len(found["results"]) <= 20
    assert all(set(row) == {"value", "label", "description"} for row in found["results"])
    assert all(isinstance(value, str) for row in found["results"] for value in row.values())


def test_more_says_that_there_are_more_than_fit(world: World, browser: Browser) -> None:
    few = ask(world, browser, "Item", txt="valve", limit="3").json()
    assert len(few["results"]) == 3
    assert few["more"] is True
    assert ask(world, browser, "Item", txt="no such thing at all").json()["results"] == []


def test_filters_narrow_down(world: World, browser: Browser) -> None:
    filters = {"item_group": "Raw Material"}
    found = ask(world, browser, "Item", txt="a", filters=json.dumps(filters)).json()["results"]
    client = world.connector.client("main", "sales@example.com")
    assert found
    for row in found:
        assert client.get_value("Item", row["value"], "item_group") in ("Raw Material", {"item_group": "Raw Material"})


def test_a_saved_value_gets_its_title(world: World, browser: Browser) -> None:
    name = ask(world, browser, "Item", txt="elbow", limit="1").json()["results"][0]["value"]
    found = ask(world, browser, "Item", value=name).json()
    assert [row["value"] for row in found["results"]] == [name]
    assert found["more"] is False
    assert ask(world, browser, "Item", value="No such item").json()["results"] == []


def test_a_disabled_document_is_not_offered_but_has_not_gone(world: World, browser: Browser) -> None:
    with world.connector.as_app() as erpnext:
        name = erpnext.list("Item", fields=["name"], filters={"disabled": 0}, limit=1).all()[0]["name"]
        erpnext.set_value("Item", name, {"disabled": 1})
    found = ask(world, browser, "Item", value=name).json()["results"]
    assert [row["value"] for row in found] == [name]


@pytest.mark.parametrize(
    ("doctype", "query", "status", "code"),
    [
        ("No Such DocType", {"txt": "a"}, 404, "doctype_not_found"),
        ("No Such DocType", {"value": "a"}, 404, "doctype_not_found"),
        ("Item", {"filters": "{"}, 400, "bad_request"),
        ("Item", {"filters": "3"}, 400, "bad_request"),
        ("Item", {"limit": "0"}, 400, "bad_request"),
        ("Item", {"limit": "many"}, 400, "bad_request"),
        ("Item", {"limit": "1000"}, 400, "bad_request"),
        ("Item", {"txt": "x" * 501}, 400, "bad_request"),
        ("Item", {"value": "x" * 501}, 400, "bad_request"),
    ],
)
def test_bad_questions_are_told_why(
    world: World, browser: Browser, doctype: str, query: dict[str, str], status: int, code: str
) -> None:
    said = ask(world, browser, doctype, **query)
    assert (said.status_code, said.json()["error"]["code"]) == (status, code)
    assert said.json()["error"]["hint"]


def test_a_doctype_that_the_user_may_not_read_is_forbidden(world: World) -> None:
    browser = world.browser()
    world.sign_in(browser, user="stock@example.com")
    said = ask(world, browser, "Customer", txt="a")
    assert (said.status_code, said.json()["error"]["code"]) == (403, "permission_denied")
    page = browser.get(f"{world.url}/erpnext/link/Customer")
    assert "You may not do that" in page.text


def test_who_is_not_signed_in_is_told_where(world: World) -> None:
    said = httpx2.get(f"{world.url}/erpnext/link/Item?txt=a", headers={"Referer": f"{world.url}/deliveries/new"})
    assert said.status_code == 401
    assert said.json()["error"]["code"] == "not_signed_in"
    assert said.json()["sign_in_url"] == "/erpnext/login?next=%2Fdeliveries%2Fnew"


def test_a_revoked_user_is_told_where_to_sign_in(world: World, browser: Browser) -> None:
    world.revoke(browser)
    said = ask(world, browser, "Item", txt="a")
    assert (said.status_code, said.json()["error"]["code"]) == (401, "grant_lost")
    assert said.json()["sign_in_url"].startswith("/erpnext/login?next=")


def test_erpnext_down_is_try_again(world: World, browser: Browser) -> None:
    world.sandbox.stop()
    said = ask(world, browser, "Item", txt="a")
    assert (said.status_code, said.json()["error"]["code"]) == (503, "site_unreachable")
