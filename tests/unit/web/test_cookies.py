from __future__ import annotations

from erpnext_connector.secret import Secret
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.web.cookies import Cookies
from erpnext_connector.web.message import WebRequest

RING = KeyRing([b"k" * 32])
TOKEN = Secret("a-session-token")
COOKIES = Cookies("Test app", "/erpnext")


def showing(header: tuple[str, str]) -> WebRequest:
    cookie = header[1].split(";")[0]
    return WebRequest("GET", "https://app.example.com", "/", headers={"cookie": cookie})


def test_a_cookie_gives_its_token_back() -> None:
    for secure in (True, False):
        header = COOKIES.with_session(TOKEN, RING, secure=secure)
        assert "a-session-token" not in header[1]
        assert COOKIES.session(showing(header), RING, secure=secure) == TOKEN


def test_over_https_the_cookie_is_bound_to_the_host() -> None:
    _, value = COOKIES.with_session(TOKEN, RING, secure=True)
    assert value.startswith("__Host-test-app-erpnext-")
    assert value.endswith("; Path=/; Max-Age=604800; HttpOnly; SameSite=Lax; Secure")


def test_a_cookie_of_http_is_no_session_over_https() -> None:
    header = COOKIES.with_session(TOKEN, RING, secure=False)
    assert COOKIES.session(showing(header), RING, secure=True) is None


def test_cookies_of_another_kind_app_prefix_or_key_do_not_open() -> None:
    browser = COOKIES.with_browser(TOKEN, RING, secure=False)
    renamed = (browser[0], browser[1].replace("-signin=", "-session="))
    assert COOKIES.session(showing(renamed), RING, secure=False) is None
    other_key = COOKIES.with_session(TOKEN, KeyRing([b"o" * 32]), secure=False)
    assert COOKIES.session(showing(other_key), RING, secure=False) is None
    for other in (Cookies("Other app", "/erpnext"), Cookies("Test app", "/other")):
        header = other.with_session(TOKEN, RING, secure=False)
        name = COOKIES.with_session(TOKEN, RING, secure=False)[1].partition("=")[0]
        moved = (header[0], f"{name}={header[1].partition('=')[2]}")
        assert COOKIES.session(showing(moved), RING, secure=False) is None


def test_a_new_key_still_opens_what_the_old_one_sealed() -> None:
    header = COOKIES.with_session(TOKEN, RING, secure=False)
    rotated = KeyRing([b"n" * 32, b"k" * 32])
    assert COOKIES.session(showing(header), rotated, secure=False) == TOKEN


def test_forgetting_empties_the_cookie() -> None:
    _, value = COOKIES.without_session(secure=False)
    assert "=; Path=/; Max-Age=0" in value


def test_an_app_in_any_script_has_names_that_cookies_can_have() -> None:
    _, value = Cookies("配送", "/").with_session(TOKEN, RING, secure=False)
    assert value.isascii()
    assert value.startswith("app-")
