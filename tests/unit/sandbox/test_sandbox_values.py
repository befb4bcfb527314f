from datetime import date

import pytest

from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.values import parse_json, stored, timespan, to_date, to_flag, to_int, to_number

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("fieldtype", "given", "kept"),
    [
        ("Int", "7.9", 7),
        ("Int", "abc", 0),
        ("Check", "2", 1),
        ("Check", "true", 0),
        ("Check", None, 0),
        ("Currency", "1,234.5", 1234.5),
        ("Float", None, 0.0),
        ("Date", "2026-11-23 10:00:00", "2026-11-23"),
        ("Datetime", "2026-11-23", "2026-11-23 00:00:00"),
        ("Time", "10:30", "10:30:00"),
        ("Data", 5, "5"),
        ("Data", None, None),
    ],
)
def test_a_value_is_kept_in_its_fields_type(fieldtype, given, kept):
    assert stored(fieldtype, given) == kept


def test_numbers_out_of_anything():
    assert (to_int("x"), to_int(True), to_number([1]), to_number("2e3")) == (0, 1, 0.0, 2000.0)


def test_usual_spellings_of_yes_and_no_are_flags():
    assert [to_flag(one) for one in ("True", "0", "maybe")] == [True, False, "maybe"]


def test_a_date_that_is_none_is_refused():
    with pytest.raises(FrappeError) as refused:
        to_date("foo")
    assert refused.value.status == 417


def test_json_that_is_none_is_a_server_error():
    with pytest.raises(FrappeError) as broken:
        parse_json("[[not json")
    assert (broken.value.exc_type, broken.value.status) == ("JSONDecodeError", 500)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", "2026-11-23", "2026-11-23"),
        ("last week", "2026-11-15", "2026-11-21"),
        ("this month", "2026-11-01", "2026-11-30"),
        ("next quarter", "2027-01-01", "2027-03-31"),
        ("last year", "2025-01-01", "2025-12-31"),
        ("last 7 days", "2026-11-16", "2026-11-23"),
        ("last 6 months", "2026-05-23", "2026-11-23"),
    ],
)
def test_a_timespan_is_two_dates(name, first, last):
    assert timespan(name, MONDAY) == (first, last)


def test_an_unknown_timespan_is_none():
    assert timespan("last century", MONDAY) is None
