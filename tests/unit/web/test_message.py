from __future__ import annotations

import pytest

from erpnext_connector.web.message import WebRequest, WebResponse, json_response, redirect


def request(**changes: object) -> WebRequest:
    return WebRequest(**{"method": "GET", "origin": "https://app.example.com", "path": "/x", **changes})  # type: ignore[arg-type]


def test_of_a_parameter_that_is_given_twice_the_first_counts() -> None:
    assert request(query_string="a=1&a=2&b=&c=%C3%A9").query == {"a": "1", "b": "", "c": "é"}


def test_a_form_is_read_from_the_body_of_a_form_alone() -> None:
    body = b"csrf_token=t&next=%2Fx"
    form = request(body=body, headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert form.form == {"csrf_token": "t", "next": "/x"}
    assert request(body=body, headers={"content-type": "text/plain"}).form == {}


def test_cookies_are_read_as_browsers_send_them() -> None:
    cookies = request(headers={"cookie": 'a=1; b="2"; a=3; nonsense; c=x=y;'}).cookies
    assert cookies == {"a": "1", "b": "2", "c": "x=y"}


def test_the_target_is_what_stands_in_the_address_bar() -> None:
    assert request(path="/Ä b/?", root="/app", query_string="q=a%20b").target == "/app/%C3%84%20b/%3F?q=a%20b"


@pytest.mark.parametrize(
    ("accept", "wants"),
    [
        ("text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("text/html;q=0.9, application/json", True),
        ("application/json, text/html", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_a_page_is_for_whoever_prefers_html(accept: str, wants: bool) -> None:
    assert request(headers={"accept": accept}).wants_page is wants


def test_headers_that_are_set_stay_and_cookies_add_up() -> None:
    response = WebResponse(200, (("Cache-Control", "no-cache"), ("Set-Cookie", "a=1")))
    more = response.with_headers(("cache-control", "no-store"), ("Set-Cookie", "b=2"), ("X", "y"))
    assert more.headers == (("Cache-Control", "no-cache"), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("X", "y"))


def test_answers_are_made_of_values() -> None:
    assert json_response({"a": 1}, 201) == WebResponse(201, (("Content-Type", "application/json"),), b'{"a":1}')
    assert redirect("/x") == WebResponse(303, (("Location", "/x"),))
