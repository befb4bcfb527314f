from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.errors import BadRequest
from erpnext_connector.wire.filters import OPERATORS, alternatives, conditions, encoded

NAMES = st.text(min_size=1).filter(str.strip)
SCALARS = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text()
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (None, []),
        ({}, []),
        ([], []),
        ({"item_group": "Valves"}, [["Item", "item_group", "=", "Valves"]]),
        ({"name": ["like", "%a%"]}, [["Item", "name", "like", "%a%"]]),
        ({"name": ("in", ("a", "b"))}, [["Item", "name", "in", ["a", "b"]]]),
        ([["disabled", "=", 1]], [["Item", "disabled", "=", 1]]),
        ([["Item", "disabled", "=", 1]], [["Item", "disabled", "=", 1]]),
        ([["Item Price", "rate", ">", 5]], [["Item Price", "rate", ">", 5]]),
        (["disabled", "=", 1], [["Item", "disabled", "=", 1]]),
        ([("a", "NOT LIKE", "x")], [["Item", "a", "not like", "x"]]),
        ({"name": ["in", "a, b"]}, [["Item", "name", "in", ["a", "b"]]]),
        ({"name": ["in", []]}, [["Item", "name", "in", []]]),
        ({"posting_date": [">", date(2026, 11, 1)]}, [["Item", "posting_date", ">", "2026-11-01"]]),
        ({"modified": datetime(2026, 11, 1, 2, 3, 4, 5)}, [["Item", "modified", "=", "2026-11-01 02:03:04.000005"]]),
        ({"t": time(2, 3)}, [["Item", "t", "=", "02:03:00"]]),
        ({"rate": Decimal("1.10")}, [["Item", "rate", "=", "1.10"]]),
        ({"d": ["between", ["2026-01-01", "2026-02-01"]]}, [["Item", "d", "between", ["2026-01-01", "2026-02-01"]]]),
    ],
    ids=str,
)
def test_every_form_becomes_conditions_with_their_doctype(filters: Any, expected: Any) -> None:
    assert conditions("Item", filters) == expected


def test_none_means_not_set_since_frappe_finds_nothing_for_null() -> None:
    assert conditions("Item", {"brand": None}) == [["Item", "brand", "is", "not set"]]
    assert conditions("Item", [["brand", "!=", None]]) == [["Item", "brand", "is", "set"]]


def test_a_number_range_is_two_comparisons_since_frappe_14_and_15_fail_on_it() -> None:
    ranged = {"grand_total": ["between", [100, 300.5]]}
    assert conditions("Item", ranged) == [["Item", "grand_total", ">=", 100], ["Item", "grand_total", "<=", 300.5]]
    assert alternatives("Item", ranged) == [["Item", "grand_total", "between", [100, 300.5]]], "or can't be split"


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({"name": ["resembles", "x"]}, "needs an operator"),
        ([["name", "resembles", "x"]], "'resembles' is not an operator"),
        ({"name": ["a", "b", "c"]}, "needs an operator"),
        ([["name", "="]], "three or four parts, not 2"),
        ([["a", "b", "=", 1, False]], "not 5"),
        ("name = 1", "not text"),
        ([7], "is not a filter"),
        ([{"name": 1}], "is not a filter"),
        ({"": 1}, "is not a field name"),
        ([[None, "=", 1]], "is not a field name"),
        ([["", "name", "=", 1]], "is not a DocType"),
        ({"name": ["is", "empty"]}, '"set" or "not set"'),
        ({"name": ["between", [1]]}, "two values"),
        ({"name": ["in", 7]}, "takes a list"),
        ({"rate": float("nan")}, "nan is not a number"),
        ({"rate": Decimal("Infinity")}, "not a number"),
        ({"modified": datetime(2026, 1, 1, tzinfo=UTC)}, "no time zone"),
        ({"x": object()}, "type object"),
        ({"x": b"bytes"}, "type bytes"),
        ({"x": "\ud800"}, "half of a character"),
    ],
    ids=str,
)
def test_what_frappe_would_answer_with_a_500_is_refused_before_and_named(filters: Any, names: str) -> None:
    with pytest.raises(BadRequest, match=names):
        conditions("Item", filters)


@given(st.dictionaries(NAMES.filter(lambda name: name.isprintable()), SCALARS | TEXT))
def test_any_plain_dict_survives_encoding(filters: dict[str, Any]) -> None:
    try:
        found = conditions("Item", filters)
    except BadRequest:
        return  # infinity, or half of a character
    again = json.loads(encoded(found))
    assert [row[1] for row in again] == list(filters)
    for (_, _, operator, value), wanted in zip(again, filters.values(), strict=True):
        assert (operator, value) == (("is", "not set") if wanted is None else ("=", wanted))


@given(TEXT, st.sampled_from(sorted(OPERATORS - {"is", "in", "not in", "between"})), TEXT)
def test_any_text_survives_in_a_triple(field: str, operator: str, value: str) -> None:
    if field.strip():
        assert json.loads(encoded(conditions("Item", [[field, operator, value]]))) == [["Item", field, operator, value]]


@given(st.lists(TEXT, max_size=50))
def test_any_names_survive_in_a_list(names: list[str]) -> None:
    assert json.loads(encoded(conditions("Item", {"name": ["in", names]}))) == [["Item", "name", "in", names]]


def test_filters_are_never_changed() -> None:
    filters = {"name": ["in", ["a"]]}
    conditions("Item", filters)
    assert filters == {"name": ["in", ["a"]]}
