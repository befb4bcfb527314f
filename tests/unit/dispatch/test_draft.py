"""What Dispatch says about a form before it asks ERPNext."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from starlette.datastructures import FormData

from examples.dispatch.deliveries import Row
from examples.dispatch.draft import Draft, TypedRow


def form(*pairs: tuple[str, str]) -> Draft:
    return Draft.read(FormData(list(pairs)))


def test_a_complete_form_has_no_problems_and_gives_its_values():
    draft = form(("customer", "Åberg"), ("day", "2026-12-01"), ("item", "BOLT"), ("quantity", "2.5"))
    assert draft.problems() == {}
    assert draft.links() == [("customer", "Customer", "Åberg"), ("item-0", "Item", "BOLT")]
    names = {"customer": "Åberg", "item-0": "Bolt"}
    assert draft.problems(names) == {}
    assert draft.checked(names) == ("Åberg", date(2026, 12, 1), [Row("Bolt", Decimal("2.5"))])


def test_a_name_that_erpnext_does_not_have_is_a_problem_of_its_field():
    draft = form(("customer", "Åberg"), ("day", "2026-12-01"), ("item", "BOLT"), ("quantity", "1"))
    names = {"customer": "Åberg", "item-0": None}
    assert draft.problems(names) == {"item-0": "ERPNext has no Item “BOLT” that you may see."}


def test_an_empty_form_names_each_missing_field():
    assert set(form().problems()) == {"customer", "day", "item-0"}


def test_rows_without_an_item_are_left_out():
    draft = form(("item", ""), ("quantity", "1"), ("item", "BOLT"), ("quantity", "3"))
    assert draft.rows == (TypedRow("BOLT", "3"),)


@pytest.mark.parametrize("quantity", ["", "0", "-1", "many", "NaN", "Infinity", "1e9"])
def test_a_quantity_is_a_number_above_zero(quantity):
    draft = form(("customer", "Åberg"), ("day", "2026-12-01"), ("item", "BOLT"), ("quantity", quantity))
    assert set(draft.problems()) == {"quantity-0"}


@pytest.mark.parametrize("day", ["", "soon", "2026-02-30"])
def test_a_day_is_a_date(day):
    assert "day" in form(("day", day)).problems()
