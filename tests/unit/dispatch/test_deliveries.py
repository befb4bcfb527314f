"""Dispatch's own database."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from examples.dispatch.deliveries import Deliveries, Delivery, Row


@pytest.fixture
def deliveries(tmp_path) -> Deliveries:
    deliveries = Deliveries(tmp_path / "new" / "dispatch.sqlite3")
    deliveries.meet("s1", "Sally Example")
    return deliveries


def test_a_planned_delivery_is_read_back_with_its_rows_in_order(deliveries):
    rows = [Row("BOLT", Decimal("2.5")), Row("NUT", Decimal(10))]
    delivery_id = deliveries.plan("Åberg", date(2026, 12, 1), rows, planned_by="s1")
    assert deliveries.get(delivery_id) == Delivery(
        delivery_id, "Åberg", date(2026, 12, 1), "Sally Example", tuple(rows)
    )


def test_the_next_to_go_comes_first(deliveries):
    later = deliveries.plan("A", date(2026, 12, 2), [], planned_by="s1")
    sooner = deliveries.plan("B", date(2026, 12, 1), [], planned_by="s1")
    assert [delivery.id for delivery in deliveries.all()] == [sooner, later]


def test_a_person_who_changed_the_name_is_shown_by_the_new_one(deliveries):
    deliveries.plan("A", date(2026, 12, 2), [], planned_by="s1")
    deliveries.meet("s1", "Sally Married")
    assert deliveries.all()[0].planned_by == "Sally Married"


def test_there_is_nothing_of_an_unknown_number(deliveries):
    assert deliveries.get(7) is None
