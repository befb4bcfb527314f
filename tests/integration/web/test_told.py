"""Every error of the package, told by an app's own routes as a page and as JSON."""

from __future__ import annotations

import httpx2
import pytest

from tests.integration.apps import APPS, error_classes
from tests.integration.world import HTML, JSON, World


@pytest.mark.parametrize("framework", sorted(APPS))
def test_every_error_is_a_page_and_json(world: World) -> None:
    with httpx2.Client() as client:
        for code, error in error_classes().items():
            address = f"{world.url}/trouble/{code}"
            page = client.get(address, headers=HTML)
            assert page.status_code == error.http_status
            assert f"<code>{code}</code>" in page.text
            assert page.headers["content-security-policy"].startswith("default-src 'none'")
            assert "<a class=" in page.text
            told = client.get(address, headers=JSON)
            assert told.status_code == error.http_status
            assert set(told.json()["error"]) == {"code", "message", "hint"}
            assert told.json()["error"]["code"] == code
            assert ("sign_in_url" in told.json()) == (error.http_status == 401)


def test_pages_are_for_one_person_and_no_frame(world: World) -> None:
    page = httpx2.get(f"{world.url}/erpnext/logout", headers=HTML)
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-frame-options"] == "DENY"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "script" not in page.text


def test_the_files_of_the_pages_are_served_and_kept(world: World) -> None:
    script = httpx2.get(f"{world.url}/erpnext/ui/erpnext-link.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    again = httpx2.get(f"{world.url}/erpnext/ui/erpnext-link.js", headers={"If-None-Match": script.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = httpx2.head(f"{world.url}/erpnext/ui/pages.css")
    assert (head.status_code, head.content) == (200, b"")
    for name in ("none.css", "..%2Fdoor.py", "../../door.py", "%00.css"):
        assert httpx2.get(f"{world.url}/erpnext/ui/{name}").status_code == 404


def test_an_unknown_page_below_the_prefix_is_not_found(world: World) -> None:
    assert httpx2.get(f"{world.url}/erpnext/nothing", headers=JSON).json()["error"]["code"] == "not_found"
    assert httpx2.get(f"{world.url}/erpnext/", headers=HTML).status_code == 404
