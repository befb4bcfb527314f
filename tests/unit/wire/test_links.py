from __future__ import annotations

import pytest

from erpnext_connector.errors import BadRequest, DocTypeNotFound, MethodNotFound, NotFrappe, PermissionDenied
from erpnext_connector.wire.links import LinkOption, search_link, validate_link
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import VERSIONS, exchanges

SEARCH = search_link("Item", "dextrose")


def test_a_search_asks_as_the_link_field_does() -> None:
    call = search_link("Item", "50% _", {"item_group": "Valves"}, 5)
    assert (call.method, call.path) == ("GET", "/api/method/frappe.desk.search.search_link")
    assert call.params == {
        "doctype": "Item",
        "txt": "50% _",
        "filters": '[["Item","item_group","=","Valves"]]',
        "page_length": "5",
    }
    assert call.repeatable


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    "case", ["substring", "matches_description", "percent_sign", "unicode", "quote", "restricted_user"]
)
def test_recorded_searches_become_options_in_plain_text(version: int, case: str) -> None:
    options = SEARCH.read(exchanges(version)[f"search/{case}"].reply)
    assert options
    for option in options:
        assert option.value
        assert option.label is None, "the title is shown only where it is not the name"
        assert "<div>" not in option.description


def test_all_versions_give_the_same_options() -> None:
    first, second, third = (SEARCH.read(exchanges(version)["search/empty_text"].reply) for version in VERSIONS)
    assert first == second == third
    assert first[0] == LinkOption("Cone", None, "")


def test_a_title_is_the_label() -> None:
    row = {"value": "CUST-1", "label": "ACME <b>Ltd</b>", "description": "Retail, <div>x</div>"}
    assert SEARCH.read(answer({"message": [row, {"description": "no value"}]})) == (
        LinkOption("CUST-1", "ACME Ltd", "Retail, x"),
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_a_search_that_is_not_permitted_says_so(version: int) -> None:
    for case in ("forbidden", "guest"):
        with pytest.raises(PermissionDenied):
            SEARCH.read(exchanges(version)[f"search/{case}"].reply)
    with pytest.raises(PermissionDenied if version == 16 else DocTypeNotFound):
        SEARCH.read(exchanges(version)["search/unknown_doctype"].reply)


def test_an_answer_without_results_is_not_frappes() -> None:
    with pytest.raises(NotFrappe):
        SEARCH.read(answer({}))


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(BadRequest):
        search_link("Item", "", limit=0)


@pytest.mark.parametrize("version", [14, 15])
def test_a_link_is_validated_with_the_fields_asked_for(version: int) -> None:
    call = validate_link("Item", "50% Dextrose", ["item_name"])
    found = call.read(exchanges(version)["method/validate_link"].reply)
    assert found == {"name": "50% Dextrose", "item_name": "50% Dextrose (odd)"}
    assert call.read(exchanges(version)["method/validate_link_missing"].reply) is None


def test_frappe_16_has_another_method_for_it() -> None:
    with pytest.raises(MethodNotFound):
        validate_link("Item", "A").read(exchanges(16)["method/validate_link"].reply)
    call = validate_link("Item", "A", ["item_name"], method="validate_link_and_fetch", filters={"disabled": 0})
    assert call.path == "/api/method/frappe.client.validate_link_and_fetch"
    assert call.params == {
        "doctype": "Item",
        "docname": "A",
        "fields_to_fetch": '["item_name"]',
        "filters": '[["Item","disabled","=",0]]',
    }
    assert call.read(answer({"message": {}})) is None
    assert call.read(answer({"message": {"name": "A", "item_name": "x"}})) == {"name": "A", "item_name": "x"}
