from __future__ import annotations

import pytest

from erpnext_connector import Connector, Manifest, Settings, errors
from erpnext_connector.secret import Secret
from erpnext_connector.store.sessions import Session
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest

SESSION = Session(Secret("id"), "main", "ann@example.com", Secret("token"), 0.0)
HTML = {"accept": "text/html"}


def door(prefix: str = "/erpnext", **told: str) -> Door:
    return Door(Connector(Manifest.parse('[app]\nname = "x"'), Settings.from_environment(told)), prefix)


def request(method: str = "GET", origin: str = "http://127.0.0.1:8000", path: str = "/", **more: object) -> WebRequest:
    return WebRequest(method, origin, path, **more)  # type: ignore[arg-type]


def test_the_redirect_uri_is_below_the_public_address() -> None:
    assert door(CONNECTOR_URL="https://a.example/").redirect_uri(request()) == "https://a.example/erpnext/callback"
    below = door("erp/", CONNECTOR_URL="https://a.example/tools/app")
    assert below.redirect_uri(request()) == "https://a.example/tools/app/erp/callback"


def test_on_this_machine_the_request_tells_the_address() -> None:
    assert door().redirect_uri(request(root="/app")) == "http://127.0.0.1:8000/app/erpnext/callback"


def test_elsewhere_the_address_has_to_be_set() -> None:
    for origin in ("https://app.example.com", "http://localhost.evil.example", "http://a b", "http://"):
        with pytest.raises(errors.SettingMissing, match="CONNECTOR_URL"):
            door().redirect_uri(request(origin=origin))


def test_the_manifest_may_hold_the_address_and_the_environment_wins() -> None:
    manifest = Manifest.parse('[app]\nname = "x"\nurl = "https://m.example"')
    assert Door(Connector(manifest, Settings())).configured_url == "https://m.example"
    assert Door(Connector(manifest, Settings(public_url="https://e.example"))).configured_url == "https://e.example"


def test_signing_in_comes_back_to_the_page_that_was_asked_for() -> None:
    asked = request(path="/a b", query_string="c=d", headers=HTML)
    assert door().sign_in_path(asked) == "/erpnext/login?next=%2Fa%2520b%3Fc%3Dd"


def test_scripts_and_forms_come_back_to_the_page_they_were_on() -> None:
    headers = {"accept": "application/json", "referer": "http://127.0.0.1:8000/page?x=1"}
    assert door().sign_in_path(request(path="/api", headers=headers)) == "/erpnext/login?next=%2Fpage%3Fx%3D1"
    form = request("POST", path="/save", headers={**HTML, "referer": "http://127.0.0.1:8000/form"})
    assert door().sign_in_path(form) == "/erpnext/login?next=%2Fform"
    foreign = request("POST", path="/save", headers={**HTML, "referer": "https://evil.example/form"})
    assert door().sign_in_path(foreign) == "/erpnext/login?next=%2F"


def test_signing_in_never_comes_back_to_signing_in() -> None:
    for path in ("/erpnext/login", "/erpnext/callback?code=x", "/%65rpnext/logout"):
        assert door().next_path(request(), path) == "/"


def test_below_a_path_the_home_is_there() -> None:
    below = door(CONNECTOR_URL="https://a.example/tools/app")
    assert below.home(request()) == "/tools/app/"
    assert below.path(request(), "/login") == "/tools/app/erpnext/login"
    assert door().path(request(root="/r"), "/login") == "/r/erpnext/login"


def test_cookies_are_secure_where_browsers_come_by_https() -> None:
    assert door(CONNECTOR_URL="https://a.example").is_secure(request())
    assert not door().is_secure(request())
    assert door().is_secure(request(origin="https://127.0.0.1"))


def test_the_token_counts_in_a_header_or_a_form() -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    door().check_csrf(request("POST", headers={"x-csrf-token": "token"}), SESSION)
    door().check_csrf(request("POST", headers=form, body=b"csrf_token=token"), SESSION)
    door().check_csrf(request("POST"), SESSION, "token")
    for headers, body in (({}, b""), (form, b"csrf_token=x"), ({"x-csrf-token": ""}, b""), ({}, b"csrf_token=token")):
        with pytest.raises(errors.RequestForged):
            door().check_csrf(request("POST", headers=headers, body=body), SESSION)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"sec-fetch-site": "same-origin", "origin": "https://behind.example"},
        {"origin": "http://127.0.0.1:8000"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": "https://a.example"},
        {"origin": "https://evil.example", "x-csrf-token": "token"},
    ],
)
def test_changes_from_our_own_pages_are_taken(headers: dict[str, str]) -> None:
    door(CONNECTOR_URL="https://a.example/app").check_origin(request("POST", headers=headers), SESSION)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site", "origin": "http://127.0.0.1:8000"},
        {"origin": "null"},
        {"origin": "https://a.example.evil.example"},
        {"origin": "http://127.0.0.1:9000"},
    ],
)
def test_changes_from_elsewhere_are_refused(headers: dict[str, str]) -> None:
    with pytest.raises(errors.RequestForged):
        door(CONNECTOR_URL="https://a.example").check_origin(request("DELETE", headers=headers), SESSION)
    door(CONNECTOR_URL="https://a.example").check_origin(request("GET", headers=headers), SESSION)
