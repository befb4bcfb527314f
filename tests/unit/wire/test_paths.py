from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from erpnext_connector.errors import BadRequest
from erpnext_connector.wire import paths

ODD_NAMES = [
    "1/2in Brass Elbow",
    "50% Dextrose",
    "%2F",
    "Question? Mark",
    "#1",
    "O'Brien's \"Hose\"",
    "日本ネジ M6",
    "Emoji 🔩 Bolt",
    "Plus+Sign C++",
    "a&b=c;d",
    "../../login",
    "tab\tnewline\n",
]


def survives(name: str) -> bool:
    path = paths.document("Item", name)
    parts = urlsplit(f"https://erp.example.com{path}")
    return parts.path == path and unquote(path.split("/")[-1]) == name and path.count("/") == 4


@pytest.mark.parametrize("name", ODD_NAMES)
def test_odd_names_are_one_segment_of_the_path(name: str) -> None:
    assert survives(name)


@given(st.text(st.characters(exclude_categories=["Cs"])).filter(str.strip))
@example("%")
@example("\x00")
def test_any_name_is_one_plain_segment_of_the_path(name: str) -> None:
    assert survives(name)
    assert paths.document("Item", name).isascii()


@pytest.mark.parametrize("name", ["", "  ", "\n"])
def test_an_empty_name_never_becomes_the_whole_list(name: str) -> None:
    with pytest.raises(BadRequest, match="name is empty"):
        paths.document("Item", name)
    with pytest.raises(BadRequest, match="DocType is empty"):
        paths.collection(name)


def test_half_a_character_is_no_name() -> None:
    with pytest.raises(BadRequest, match="half of a character"):
        paths.document("Item", "\ud800")


@pytest.mark.parametrize("name", [".", "..", "index.html", "a/"])
def test_names_that_proxies_would_change_are_not_put_in_a_path(name: str) -> None:
    assert not paths.is_reachable(name)


@pytest.mark.parametrize("path", ["frappe.client.get_list", "login", "erpnext.stock.get_item_details.x", "send-mail"])
def test_a_method_is_addressed_by_its_dotted_path(path: str) -> None:
    assert paths.method(path) == f"/api/method/{path}"


@pytest.mark.parametrize("path", ["", "a/b", "../x", "a b", "a?b", "a#b", "a%2fb", ".a", "ä"])
def test_what_is_no_dotted_path_is_refused(path: str) -> None:
    with pytest.raises(BadRequest):
        paths.method(path)
