from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.web.next_path import is_below, own_path, path_of_referer


@pytest.mark.parametrize(
    "wanted",
    [
        None,
        "",
        "x",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " /x",
        "/x y",
        "/\0",
        "/x\r\nSet-Cookie: a=b",
        "https://evil.example",
        "javascript:alert(1)",
        "/" + "x" * 2000,
    ],
)
def test_what_may_lead_elsewhere_is_no_path_of_ours(wanted: str | None) -> None:
    assert own_path(wanted, otherwise="/home") == "/home"


@pytest.mark.parametrize(
    ("wanted", "path"),
    [
        ("/", "/"),
        ("/a/b?c=d&e=%2F#f", "/a/b?c=d&e=%2F#f"),
        ("/Aufträge", "/Auftr%C3%A4ge"),
        ("/x?next=//evil.example", "/x?next=//evil.example"),
        ('/"<script>', "/%22%3Cscript%3E"),
    ],
)
def test_paths_of_ours_stay(wanted: str, path: str) -> None:
    assert own_path(wanted) == path


@given(st.text(alphabet=string.printable + "äé\u2028", max_size=30))
def test_whatever_is_wanted_the_browser_stays_here(wanted: str) -> None:
    path = own_path(wanted)
    assert path.startswith("/")
    assert not path.startswith(("//", "/\\"))
    assert path.isascii()
    assert path.isprintable()
    assert " " not in path


def test_a_referer_counts_when_it_is_a_page_of_ours() -> None:
    ours = ("https://app.example.com",)
    assert path_of_referer("https://app.example.com/a?b=c#d", ours) == "/a?b=c"
    for other in (None, "", "https://evil.example/a", "https://app.example.com.evil.example/", "http://[", "/a"):
        assert path_of_referer(other, ours) is None


def test_paths_below_the_prefix_are_known() -> None:
    assert is_below("/erpnext/login?next=/", "/erpnext")
    assert is_below("/%65rpnext/login", "/erpnext")
    assert is_below("/erpnext", "/erpnext")
    assert not is_below("/erpnextra", "/erpnext")
