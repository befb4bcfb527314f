"""Filters as apps write them, in the one form that every version of Frappe understands."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final, TypeAlias

import msgspec

from erpnext_connector.errors import BadRequest

Filters: TypeAlias = Mapping[str, object] | Sequence[object]
"""`{"field": value}`, `{"field": [operator, value]}`, `[[field, operator, value]]` or `[[doctype, field, operator,
value]]`; the last kind may name a child DocType."""

Condition: TypeAlias = list[object]
"""`[doctype, field, operator, value]`."""

OPERATORS: Final = frozenset(
    {
        *("=", "!=", ">", "<", ">=", "<=", "like", "not like", "in", "not in", "is", "between", "timespan"),
        *("descendants of", "ancestors of", "not descendants of", "not ancestors of", "descendants of (inclusive)"),
        *("previous", "next"),
    }
)
_OF_LISTS: Final = frozenset({"in", "not in"})
_NULL: Final = {"=": "not set", "!=": "set"}


def conditions(doctype: str, filters: Filters | None) -> list[Condition]:
    """All conditions of `filters` with their DocType, to be joined by "and".

    A value None means "is not set" (Frappe itself finds nothing for it), and a number range is written as two
    comparisons (Frappe 14 and 15 fail on "between" with numbers). Raises `BadRequest` with what is wrong.
    """
    return [part for condition in _conditions(doctype, filters) for part in _without_number_range(condition)]


def alternatives(doctype: str, filters: Filters | None) -> list[Condition]:
    """The same for `or_filters`, of which one has to hold."""
    return _conditions(doctype, filters)


def encoded(value: object) -> str:
    """A value as the JSON text that Frappe's parameters hold; raises `BadRequest` for what JSON can't say."""
    try:
        return msgspec.json.encode(plain_value(value)).decode()
    except (TypeError, ValueError, OverflowError) as error:
        raise BadRequest(f"That can't be sent to ERPNext: {error}") from None


def plain_value(value: object) -> object:
    """`value` in JSON's terms: dates and times as Frappe writes them, decimals as text."""
    if isinstance(value, datetime) or (isinstance(value, time) and value.tzinfo):
        if value.tzinfo:
            raise BadRequest("ERPNext's times have no time zone; send the text that ERPNext sent.")
        return str(value)
    if isinstance(value, date | time):
        return str(value)
    if isinstance(value, Decimal):
        return _finite(value, str(value))
    if isinstance(value, float):
        return _finite(value, value)
    if isinstance(value, Mapping):
        return {str(key): plain_value(inner) for key, inner in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, str | bytes | bytearray):
        return [plain_value(inner) for inner in value]
    if isinstance(value, str):
        return _encodable(value)
    if value is None or isinstance(value, int):
        return value
    raise BadRequest(f"A value of type {type(value).__name__} can't be sent to ERPNext.")


def _finite(number: float | Decimal, written: object) -> object:
    if not math.isfinite(number):
        raise BadRequest(f"{number} is not a number that ERPNext knows.")
    return written


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise BadRequest("A text holds half of a character (a lone surrogate).") from None
    return text


def _conditions(doctype: str, filters: Filters | None) -> list[Condition]:
    if not filters:
        return []
    if isinstance(filters, Mapping):
        return [_of_item(doctype, field, value) for field, value in filters.items()]
    if isinstance(filters, str | bytes):
        raise BadRequest("Filters are a dict or a list, not text.")
    if isinstance(filters[0], str):
        return [_of_row(doctype, filters)]
    return [_of_row(doctype, row) for row in filters]


def _of_item(doctype: str, field: str, value: object) -> Condition:
    if not isinstance(value, list | tuple):
        return _condition(doctype, field, "=", value)
    if len(value) != 2 or not _is_operator(value[0]):
        raise BadRequest(f'The filter on {field} is a list, so it needs an operator: ["in", [...]].')
    return _condition(doctype, field, value[0], value[1])


def _of_row(doctype: str, row: object) -> Condition:
    if not isinstance(row, Sequence) or isinstance(row, str | bytes):
        raise BadRequest(f"{row!r} is not a filter: write [field, operator, value].")
    if len(row) == 3:
        return _condition(doctype, *row)
    if len(row) == 4:
        return _condition(*row)
    raise BadRequest(f"A filter has three or four parts, not {len(row)}: [doctype, field, operator, value].")


def _condition(doctype: object, field: object, operator: object, value: object) -> Condition:
    if not isinstance(doctype, str) or not doctype.strip():
        raise BadRequest(f"{doctype!r} is not a DocType.")
    if not isinstance(field, str) or not field.strip():
        raise BadRequest(f"{field!r} is not a field name.")
    if not _is_operator(operator):
        raise BadRequest(f"{operator!r} is not an operator: use one of {', '.join(sorted(OPERATORS))}.")
    return _checked(doctype, field, str(operator).strip().lower(), plain_value(value))


def _is_operator(value: object) -> bool:
    return isinstance(value, str) and value.strip().lower() in OPERATORS


def _checked(doctype: str, field: str, operator: str, value: object) -> Condition:
    if value is None and operator in _NULL:
        return [doctype, field, "is", _NULL[operator]]
    if operator == "is" and value not in ("set", "not set"):
        raise BadRequest(f'The filter on {field}: "is" takes "set" or "not set".')
    if operator == "between" and not (isinstance(value, list) and len(value) == 2):
        raise BadRequest(f'The filter on {field}: "between" takes a list of two values.')
    if operator in _OF_LISTS and isinstance(value, str):
        value = [part.strip() for part in value.split(",")]
    if operator in _OF_LISTS and not isinstance(value, list):
        raise BadRequest(f'The filter on {field}: "{operator}" takes a list.')
    return [doctype, field, operator, value]


def _without_number_range(condition: Condition) -> list[Condition]:
    doctype, field, operator, value = condition
    if operator != "between" or not isinstance(value, list) or not all(_is_number(bound) for bound in value):
        return [condition]
    return [[doctype, field, ">=", value[0]], [doctype, field, "<=", value[1]]]


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
