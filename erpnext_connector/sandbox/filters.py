"""One filter of a list as SQL, with Frappe's ideas of empty values."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from erpnext_connector.sandbox.collation import fold, fold_pattern
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.meta import NUMBER_TYPES, WHOLE_TYPES
from erpnext_connector.sandbox.permissions import Condition
from erpnext_connector.sandbox.values import loose_datetime, timespan, to_date, to_datetime, to_number

COMPARISONS: Final = ("=", "!=", ">", "<", ">=", "<=")
TREES: Final = {
    14: ("descendants of", "ancestors of", "not descendants of", "not ancestors of"),
    15: (
        "ancestors of",
        "descendants of",
        "not ancestors of",
        "not descendants of",
        "descendants of (inclusive)",
    ),
}
SPANS: Final = ("timespan", "previous", "next")
PERIODS: Final = {"1 week": "week", "1 month": "month", "3 months": "quarter", "6 months": "6 months", "1 year": "year"}
NEVER_EMPTY: Final = ("name", "modified", "creation")
NUMBERS: Final = NUMBER_TYPES | WHOLE_TYPES


@dataclass(frozen=True, slots=True)
class Column:
    """A column in a query: its SQL, its field's name and type."""

    sql: str
    fieldname: str
    fieldtype: str | None

    @property
    def is_number(self) -> bool:
        """Whether it holds numbers."""
        return self.fieldtype in NUMBERS

    @property
    def is_moment(self) -> bool:
        """Whether it holds dates or times, which compare as they are written."""
        return self.fieldtype in ("Date", "Datetime", "Time")

    @property
    def compared(self) -> str:
        """The SQL by which it is compared, grouped and ordered."""
        return self.sql if self.is_number or self.is_moment else f"fold({self.sql})"


def operators(frappe: int) -> tuple[str, ...]:
    """The operators of a version, in the order in which it names them."""
    trees = TREES.get(frappe, TREES[15])
    words = (*COMPARISONS, "like", "not like", "in", "not in", "is", "between")
    return (*words, *trees, *SPANS) if frappe < 15 else (*words, *SPANS, *trees)


class Filters:
    """Turns filters into conditions for one version of Frappe on one day."""

    def __init__(self, frappe: int, today: date, *, fill_empty: bool = True) -> None:
        self._frappe = frappe
        self._today = today
        self._fill_empty = fill_empty

    def condition(self, column: Column, operator: str, value: Any) -> Condition:
        """`column operator value` as SQL; FrappeError for what the server can't do."""
        word = operator.lower()
        if word in SPANS:
            value = self._span(word, value)
            word = "between"
        if word in TREES[15]:
            raise _sql_error("OperationalError", 1054, "Unknown column 'lft' in 'field list'")
        if word == "is":
            return self._is(column, value)
        if word in ("in", "not in"):
            return self._among(column, word, value)
        if word == "between":
            return self._between(column, value)
        if word in ("like", "not like"):
            pattern = "" if value is None else str(value)
            return _like(column, word, pattern if self._frappe >= 16 else pattern.replace("\\", "\\\\"))
        return self._compare(column, word, value)

    def _span(self, word: str, value: Any) -> tuple[str, str]:
        if word != "timespan":
            period = PERIODS.get(str(value))
            if period is None:
                raise FrappeError("KeyError", repr(value))
            value = f"{'last' if word == 'previous' else 'next'} {period}"
        found = timespan(str(value), self._today)
        if found is None:
            raise FrappeError("TypeError", "cannot unpack non-iterable NoneType object")
        return found

    def _is(self, column: Column, value: Any) -> Condition:
        word = str(value).lower() if self._frappe >= 16 else value
        nothing = "0" if column.is_number else "''"
        empty = f"ifnull({column.sql}, {nothing}) = {nothing}"
        if word == "set":
            return Condition(f"NOT ({empty})")
        if word == "not set":
            return Condition(f"({empty})")
        if self._frappe >= 16:
            raise FrappeError("ValueError", "`is` operator only supports `set` and `not set` as value")
        text = "cannot access local variable 'fallback' where it is not associated with a value"
        raise FrappeError("UnboundLocalError", text)

    def _among(self, column: Column, word: str, value: Any) -> Condition:
        if value is None and self._frappe >= 16:
            value = ("",)
        values: Sequence[Any] = (value or "").split(",") if isinstance(value or "", str) else value
        if not isinstance(values, (list, tuple)):
            values = [values]
        if column.is_number:
            found: list[Any] = [to_number(one) for one in values]
        elif column.is_moment:
            found = [loose_datetime(one) if column.fieldtype == "Datetime" else str(one) for one in values]
        else:
            found = [fold("" if one is None else str(one).strip()) for one in values]
        has_empty = not values or any(one in (None, "") for one in values)
        sql = column.compared
        if self._fill_empty and column.fieldname not in NEVER_EMPTY and (word == "not in" or has_empty):
            sql = f"ifnull({sql}, '')"
        return Condition(f"{sql} {word.upper()} ({', '.join('?' * len(found)) or repr('')})", tuple(found))

    def _between(self, column: Column, value: Any) -> Condition:
        bounds = list(value) if isinstance(value, (list, tuple)) else []
        if column.is_moment and column.fieldtype != "Time":
            return self._between_dates(column, bounds)
        if self._frappe < 16:
            raise _syntax_error("")
        if len(bounds) != 2:
            raise FrappeError("TypeError", "slice expected at most 3 arguments")
        low, high = ((to_number(b) if column.is_number else fold(b)) for b in bounds)
        return Condition(f"{column.compared} BETWEEN ? AND ?", (low, high))

    def _between_dates(self, column: Column, bounds: list[Any]) -> Condition:
        today = self._today.isoformat()
        low = bounds[0] if bounds else today
        high = bounds[1] if len(bounds) > 1 else today
        if column.fieldtype == "Date":
            return Condition(f"{column.sql} BETWEEN ? AND ?", (to_date(low), to_date(high)))
        if " " not in str(high).strip() and "T" not in str(high):
            high = f"{to_date(high)} 23:59:59.999999"
        return Condition(f"{column.sql} BETWEEN ? AND ?", (to_datetime(low), to_datetime(high)))

    def _compare(self, column: Column, word: str, value: Any) -> Condition:
        if value is None and self._frappe >= 16:
            if word == "!=":
                return Condition(f"ifnull({column.sql}, '') != ''" if not column.is_number else f"{column.sql} != 0")
            return Condition(f"{column.sql} IS NULL")
        if column.is_number:
            return Condition(f"{column.sql} {word} ?", (to_number(value),))
        if column.is_moment:
            return self._compare_moments(column, word, value)
        if value is None:
            return self._compare_with_null(column, word)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if word == "=" and not value and column.fieldtype in ("Link", "Data") and self._frappe < 16:
                return Condition("0")
            return Condition(f"CAST(ifnull({column.sql}, '') AS REAL) {word} ?", (value,))
        sql = column.compared
        if self._fill_empty and column.fieldname not in NEVER_EMPTY and not (value and word == "="):
            sql = f"ifnull({sql}, '')"
        return Condition(f"{sql} {word} ?", (fold(value),))

    def _compare_with_null(self, column: Column, word: str) -> Condition:
        """Before 16 nothing equals null; for other operators it counts as the number 0."""
        if word == "=":
            return Condition("0")
        return Condition(f"CAST(ifnull({column.sql}, '0') AS REAL) {word} 0")

    def _compare_moments(self, column: Column, word: str, value: Any) -> Condition:
        if column.fieldtype == "Date":
            found: Any = to_date(value) or "0001-01-01"
        elif column.fieldtype == "Time":
            found = str(value)
        else:
            found = loose_datetime(value)
        sql = column.sql
        never = not self._fill_empty or column.fieldname in NEVER_EMPTY or word in (">", ">=")
        if not never and not (value and word == "="):
            sql = f"ifnull({sql}, '0001-01-01')"
        return Condition(f"{sql} {word} ?", (found,))


def _like(column: Column, word: str, pattern: str) -> Condition:
    sql = f"fold_characters({column.sql})"
    if word == "not like" and column.fieldname not in NEVER_EMPTY:
        sql = f"ifnull({sql}, '')"
    return Condition(f"{sql} {word.upper()} ?", (fold_pattern(pattern),))


def sanitize_column(name: object) -> None:
    """Refuse what Frappe takes for an attack in a filter's field name."""
    if not isinstance(name, str):
        raise FrappeError("AttributeError", f"'{type(name).__name__}' object has no attribute 'lower'")
    if re.search(r"[\s,;()@]", name) and re.search(
        r"(?i)\b(select|create|insert|delete|drop|update|case|and|or|like|union)\b|[;,@]", name
    ):
        raise FrappeError("DataError", f"Invalid field name {name}")


def _syntax_error(near: str) -> FrappeError:
    text = "You have an error in your SQL syntax; check the manual that corresponds to your MariaDB server version"
    return _sql_error("ProgrammingError", 1064, f"{text} for the right syntax to use near '{near}'")


def _sql_error(exc_type: str, number: int, text: str) -> FrappeError:
    return FrappeError(exc_type, f'({number}, "{text}")', 500, thrown=False, module="pymysql.err")


def unknown_column(name: str, where: str) -> FrappeError:
    """What MariaDB says of a column that it does not have."""
    return _sql_error("OperationalError", 1054, f"Unknown column '{name}' in '{where}'")


def syntax_error(near: str = "") -> FrappeError:
    """What MariaDB says of a query that makes no sense."""
    return _syntax_error(near)
