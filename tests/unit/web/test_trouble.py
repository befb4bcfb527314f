from __future__ import annotations

import msgspec
import pytest

from erpnext_connector import Connector, Manifest, Settings, errors
from erpnext_connector.web.assets import asset
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest, WebResponse
from erpnext_connector.web.trouble import Action, tell

PAGE = {"accept": "text/html"}


def door(app: str = 'name = "Tools & <Co>"') -> Door:
    return Door(Connector(Manifest.parse(f"[app]\n{app}"), Settings()))


def told(error: errors.ConnectorError, *, page: bool = True, method: str = "GET", **more: object) -> WebResponse:
    request = WebRequest(method, "http://127.0.0.1", "/items", query_string="p=1", headers=PAGE if page else {})
    return tell(door(), request, error, **more)  # type: ignore[arg-type]


def header(response: WebResponse, name: str) -> str | None:
    return dict(response.headers).get(name)


def test_a_page_says_what_happened_and_what_to_do() -> None:
    response = told(errors.NotFound("There is no <Item>."))
    html = response.body.decode()
    assert response.status == 404
    assert "<h1>Not found</h1>" in html
    assert "There is no &lt;Item&gt;." in html
    assert "Check the name." in html
    assert "<code>not_found</code>" in html
    assert "<title>Not found · Tools &amp; &lt;Co&gt;</title>" in html


@pytest.mark.parametrize(
    ("error", "button"),
    [
        (errors.NotSignedIn(), 'href="/erpnext/login?next=%2Fitems%3Fp%3D1">Sign in<'),
        (errors.GrantLost(), 'href="/erpnext/login?next=%2Fitems%3Fp%3D1">Sign in<'),
        (errors.ConsentRefused(), ">Sign in<"),
        (errors.StateUnknown(), ">Sign in<"),
        (errors.SiteUnavailable(), 'href="/items?p=1">Try again<'),
        (errors.StaleDocument(), 'href="/items?p=1">Try again<'),
        (errors.PermissionDenied(), 'class="button" href="/">Go to the start page<'),
        (errors.Misconfigured(), 'class="button" href="/">Go to the start page<'),
    ],
)
def test_every_page_has_a_way_on(error: errors.ConnectorError, button: str) -> None:
    assert button in told(error).body.decode()


def test_what_was_posted_is_not_offered_to_be_posted_again() -> None:
    assert "Try again" not in told(errors.SiteUnavailable(), method="POST").body.decode().replace("Try again in", "")


def test_given_actions_replace_the_usual_ones() -> None:
    html = told(errors.NotSignedIn(), actions=(Action("Elsewhere", "/there"),)).body.decode()
    assert 'href="/there">Elsewhere<' in html
    assert ">Sign in<" not in html


def test_programs_get_json() -> None:
    response = told(errors.GrantLost(), page=False)
    body = msgspec.json.decode(response.body)
    assert response.status == 401
    assert body["error"] == errors.GrantLost().as_dict()
    assert body["sign_in_url"] == "/erpnext/login?next=%2F"
    assert "sign_in_url" not in msgspec.json.decode(told(errors.NotFound(), page=False).body)


def test_how_long_to_wait_is_a_header() -> None:
    assert header(told(errors.RateLimited(retry_after_seconds=1.2)), "Retry-After") == "2"
    assert header(told(errors.RateLimited()), "Retry-After") is None


def test_the_app_puts_its_logo_and_its_support_on_the_page() -> None:
    request = WebRequest("GET", "http://127.0.0.1", "/", headers=PAGE)
    branded = door('name = "x"\nlogo = "https://cdn.example.com/l.svg"\nsupport = "Call 112."')
    response = tell(branded, request, errors.NotFound())
    assert '<img src="https://cdn.example.com/l.svg" alt=""' in response.body.decode()
    assert "Call 112." in response.body.decode()
    assert "img-src 'self' https://cdn.example.com;" in (header(response, "Content-Security-Policy") or "")


def test_the_style_of_the_pages_is_in_the_apps_color() -> None:
    request = WebRequest("GET", "http://127.0.0.1", "/erpnext/ui/pages.css")
    plain, colored = (
        asset(door(), request, "pages.css"),
        asset(door('name = "x"\ncolor = "#0f766e"'), request, "pages.css"),
    )
    assert b"light-dark(#0f766e, " in colored.body
    assert b"#0f766e" not in plain.body
    assert header(plain, "ETag") != header(colored, "ETag")


def test_an_address_to_ask_at_is_a_link() -> None:
    request = WebRequest("GET", "http://127.0.0.1", "/", headers=PAGE)
    html = tell(door('name = "x"\nsupport = "help@example.com"'), request, errors.NotFound()).body.decode()
    assert '<a href="mailto:help@example.com">help@example.com</a>' in html


def test_commands_are_set_apart() -> None:
    html = told(errors.SiteUnreachable("`<b>`")).body.decode()
    assert "<code>&lt;b&gt;</code>" in html
    assert "<code>erpnext-connector doctor URL</code>" in html


@pytest.mark.parametrize("logo", ["javascript:alert(1)", "//evil.example/l.svg", "http://plain.example/l.svg"])
def test_a_logo_from_nowhere_safe_is_left_out(logo: str) -> None:
    request = WebRequest("GET", "http://127.0.0.1", "/", headers=PAGE)
    response = tell(door(f'name = "x"\nlogo = "{logo}"'), request, errors.NotFound())
    assert "<img" not in response.body.decode()
    assert "img-src 'self';" in (header(response, "Content-Security-Policy") or "")
