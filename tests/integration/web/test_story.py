"""What a person does with an app, over real HTTP, up to being revoked."""

from __future__ import annotations

import pytest

from tests.integration.world import JSON, World


@pytest.fixture
def store_url(database_url: str) -> str:
    """Both databases."""
    return database_url


@pytest.mark.parametrize(
    ("framework", "frappe"), [("fastapi", 14), ("fastapi", 16), ("fastapi", 2026), ("starlette", 15)]
)
def test_a_person_signs_in_works_and_is_revoked(world: World) -> None:
    browser = world.browser()
    welcome = browser.go(f"{world.url}/items")
    assert welcome.status_code == 401
    assert "Please sign in" in welcome.text
    assert "/erpnext/login?next=%2Fitems" in welcome.text

    returned = world.sign_in(browser)
    assert returned.status_code == 303
    assert returned.headers["location"] == "/items"
    assert len(browser.go(f"{world.url}/items").json()) == 2
    assert len(browser.go(f"{world.url}/items-in-a-thread").json()) == 2
    assert browser.go(f"{world.url}/").json() == {"name": "Sally Example"}
    assert browser.go(f"{world.url}/as-app").json() == "manager@example.com"

    me = browser.get(f"{world.url}/erpnext/session", headers=JSON).json()
    assert me["user"] == me["email"] == "sales@example.com"
    assert me["site"] == "main"
    assert "Sales User" in me["roles"]

    world.revoke(browser)
    lost = browser.go(f"{world.url}/items?page=2")
    assert lost.status_code == 401
    assert "Your access has ended" in lost.text
    assert "/erpnext/login?next=%2Fitems%3Fpage%3D2" in lost.text
    assert browser.go(f"{world.url}/").json() == {"name": None}
    script = browser.get(f"{world.url}/items", headers={**JSON, "Referer": f"{world.url}/list?a=b"})
    assert script.json()["sign_in_url"] == "/erpnext/login?next=%2Flist%3Fa%3Db"

    assert world.sign_in(browser).status_code == 303
    assert len(browser.go(f"{world.url}/items").json()) == 2
