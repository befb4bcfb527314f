"""The filters of a list, in all the shapes that Frappe takes them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from erpnext_connector.sandbox.columns import Columns, not_permitted
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.filters import Column, Filters, operators, sanitize_column, unknown_column
from erpnext_connector.sandbox.meta import CHILD_FIELDS, OPTIONAL_FIELDS, STANDARD_FIELDS, DocType
from erpnext_connector.sandbox.permissions import Condition
from erpnext_connector.sandbox.tables import quoted
from erpnext_connector.sandbox.values import parse_json


@dataclass(frozen=True, slots=True)
class FilterLists:
    """Reads filters over the columns of one list."""

    columns: Columns

    def check_names(self) -> None:
        """Refuse fields that there are not, before anything else is looked at."""
        if not self.columns.arguments.strict or not self.columns.arguments.legacy:
            return
        for filters in (self.columns.arguments.filters, self.columns.arguments.or_filters):
            found = parse_json(filters) if isinstance(filters, str) and filters else filters
            for doctype, name in _filter_names(found):
                if self.columns.is_standard(str(name)):
                    continue
                of = self.columns.site.doctype(doctype) if doctype else self.columns.doctype
                if not self.columns.is_known(of, str(name)):
                    raise not_permitted(str(name))

    def conditions(self, filters: Any) -> Sequence[Condition]:
        if isinstance(filters, str) and filters and self.columns.arguments.legacy:
            filters = parse_json(filters)
        if not filters:
            return []
        builder = Filters(
            self._rules, date.fromisoformat(self.columns.site.today()), fill_empty=self.columns.arguments.legacy
        )
        if self._rules >= 16:
            return _NewFilters(self, builder).conditions(filters)
        return [self._old_condition(builder, one) for one in self._old_filters(filters)]

    def _old_filters(self, filters: Any) -> list[Any]:
        if isinstance(filters, Mapping):
            return [[self.columns.doctype.name, key, *_operator_and_value(value)] for key, value in filters.items()]
        if not isinstance(filters, list):
            raise FrappeError("TypeError", f"'{type(filters).__name__}' object is not iterable")
        for one in filters:
            if isinstance(one, str):
                raise FrappeError("ValidationError", "Filter must be a tuple or list (in a list)")
        return filters

    def _old_condition(self, builder: Filters, one: Any) -> Condition:
        if isinstance(one, Mapping):
            key, value = next(iter(one.items()))
            one = [self.columns.doctype.name, key, *_operator_and_value(value)]
        if not isinstance(one, (list, tuple)):
            raise FrappeError("ValidationError", "Filter must be a tuple or list (in a list)")
        if len(one) == 3:
            one = [self.columns.doctype.name, *one]
        if len(one) < 4:
            text = f"Filter must have 4 values (doctype, fieldname, operator, value): {tuple(one)}"
            raise FrappeError("ValidationError", text)
        doctype = self.columns.site.doctype(one[0] or self.columns.doctype.name)
        name, operator, value = one[1], str(one[2] or "="), one[3]
        column = self.column(doctype, name)
        if operator.lower() not in operators(self.columns.site.frappe):
            text = f"Operator must be one of {', '.join(operators(self.columns.site.frappe))}"
            raise FrappeError("ValidationError", text)
        return builder.condition(column, operator, value)

    def column(self, doctype: DocType, name: Any) -> Column:
        """The column of a filter; a field that only a child table has is looked up there."""
        sanitize_column(name)
        plain = str(name).strip("`")
        if "." in plain and self.columns.site.frappe < 16 and "`" not in str(name):
            raise unknown_column(f"tab{doctype.name}.{plain}", "where clause")
        if "." in plain:
            column = self.columns.column(str(name))
            if column is None:
                raise not_permitted(plain)
            return column
        standard = plain in STANDARD_FIELDS or plain in OPTIONAL_FIELDS or plain in CHILD_FIELDS
        if not standard and plain not in doctype.by_name:
            if not self.columns.arguments.strict:
                raise unknown_column(plain, "where clause")
            raise not_permitted(plain)
        if not self.columns.has(doctype, plain):
            raise unknown_column(f"tab{doctype.name}.{plain}", "where clause")
        if doctype is self.columns.doctype:
            return self.columns.own(plain)
        return Column(f"{self.columns.join(doctype, None)}.{quoted(plain)}", plain, doctype.fieldtype(plain))

    @property
    def _rules(self) -> int:
        """The version whose rules hold: counts of Frappe 14 and 15 use the query builder of 16 already."""
        return self.columns.site.frappe if self.columns.arguments.legacy else 16


@dataclass(frozen=True, slots=True)
class _NewFilters:
    """Filters as Frappe 16's query builder reads them: also nested with "and" and "or"."""

    filters: FilterLists
    builder: Filters

    def conditions(self, filters: Any) -> list[Condition]:
        if isinstance(filters, (str, int, float)):
            return [self._simple("name", "=", filters)]
        if isinstance(filters, Mapping):
            return [self._simple(key, *_operator_and_value(value)) for key, value in filters.items()]
        if not isinstance(filters, (list, tuple)):
            raise FrappeError("ValueError", f"Unsupported filters type: {type(filters).__name__}")
        if all(isinstance(one, (str, int, float)) for one in filters):
            return [self._simple("name", "in", list(filters))]
        first = filters[0]
        if len(filters) == 1 and isinstance(first, list) and len(first) >= 3 and isinstance(first[1], str):
            return [self._nested(filters, first)]
        if any(isinstance(one, str) for one in filters[1::2]) or isinstance(first, str):
            return [self._nested(filters, filters)]
        return [condition for one in filters for condition in self._listed(one)]

    def _nested(self, filters: Any, inner: Any) -> Condition:
        try:
            return self._condition(inner) if inner is not filters else self._chain(inner)
        except FrappeError as error:
            self.filters.columns.site.note(error)
            text = f"Error parsing nested filters: {filters}. {error.message}"
            raise FrappeError(error.exc_type, text, error.status, thrown=True) from error

    def _chain(self, listed: Any) -> Condition:
        if not isinstance(listed[0], (list, tuple)):
            text = f"Invalid start for filter condition: {listed[0]}. Expected a list or tuple."
            raise FrappeError("ValidationError", text)
        found = self._condition(listed[0])
        for word, condition in zip(listed[1::2], listed[2::2], strict=False):
            if not isinstance(word, str) or word.lower() not in ("and", "or"):
                raise FrappeError("ValidationError", f"Expected 'and' or 'or' operator, found: {word}")
            if not isinstance(condition, (list, tuple)):
                raise FrappeError(
                    "ValidationError", f"Invalid filter condition: {condition}. Expected a list or tuple."
                )
            other = self._condition(condition)
            found = Condition(f"({found.sql} {word.upper()} {other.sql})", (*found.parameters, *other.parameters))
        if len(listed) % 2 == 0:
            raise FrappeError("ValidationError", f"Filter condition missing after operator: {listed[-1]}")
        return found

    def _condition(self, one: Any) -> Condition:
        if len(one) >= 3 and isinstance(one[1], str) and isinstance(one[0], (list, tuple)):
            return self._chain(one)
        known = {*operators(16), "regex", "not null", "ilike", "not ilike"}
        if len(one) == 3 and isinstance(one[1], str) and one[1].lower() in known:
            return self._simple(*one)
        if len(one) == 4 and isinstance(one[2], str) and one[2].lower() in known:
            return self._simple(one[1], one[2], one[3], one[0])
        if len(one) == 2:
            return self._simple(one[0], "=", one[1])
        raise FrappeError("ValidationError", f"Invalid simple filter format: {one}")

    def _listed(self, one: Any) -> list[Condition]:
        if isinstance(one, Mapping):
            return self.conditions(one)
        if isinstance(one, (list, tuple)):
            if len(one) == 2:
                return [self._simple(one[0], "=", one[1])]
            if len(one) == 3:
                return [self._simple(one[0], one[1], one[2])]
            if len(one) in (4, 5):
                return [self._simple(one[1], one[2], one[3], one[0])]
        raise FrappeError("ValueError", f"Unknown filter format: {one}")

    def _simple(self, name: Any, operator: Any, value: Any, doctype: str | None = None) -> Condition:
        columns = self.filters.columns
        if not isinstance(operator, str):
            raise FrappeError("AttributeError", f"'{type(operator).__name__}' object has no attribute 'lower'")
        chosen = columns.site.doctype(doctype) if doctype else columns.doctype
        column = self._column(chosen, name)
        if operator.casefold() not in operators(16):
            raise FrappeError("KeyError", repr(operator))
        return self.builder.condition(column, operator, value)

    def _column(self, doctype: DocType, name: Any) -> Column:
        columns = self.filters.columns
        text = str(name)
        if "`" not in text and "." not in text and not re.fullmatch(r"\w+", text, re.ASCII):
            shown = f"Invalid characters in fieldname: {text}. Only letters, numbers, and underscores are allowed."
            raise FrappeError("ValidationError", shown, title="Invalid Filter")
        if doctype is not columns.doctype and not any(
            one.options == doctype.name for one in columns.doctype.table_fields
        ):
            text = f"{doctype.name} is not a child table of {columns.doctype.name}"
            raise FrappeError("ValidationError", text, title="Invalid Filter")
        if doctype is columns.doctype and "." not in text and not columns.has(doctype, text):
            for one in doctype.table_fields:
                child = columns.site.doctype(one.options)
                if text in child.by_name and not columns.arguments.strict:
                    return self.filters.column(child, text)
        return self.filters.column(doctype, text)


def _filter_names(filters: Any) -> Iterator[tuple[str | None, Any]]:
    """The DocType (None: the one listed) and field of every filter; text is taken for a list of characters."""
    if isinstance(filters, (Mapping, str)):
        yield from ((None, name) for name in filters)
        return
    for one in filters if isinstance(filters, (list, tuple)) else ():
        if isinstance(one, Mapping):
            raise FrappeError("KeyError", "1")
        if not isinstance(one, (list, tuple, str)):
            raise FrappeError("TypeError", f"object of type '{type(one).__name__}' has no len()")
        if len(one) < 2:
            raise FrappeError("IndexError", "list index out of range")
        yield (None, one[0]) if len(one) == 3 else (str(one[0]), one[1])


def _operator_and_value(value: Any) -> tuple[Any, Any]:
    if isinstance(value, (list, tuple)):
        if len(value) < 2:
            raise FrappeError("IndexError", "list index out of range")
        return value[0], value[1]
    return "=", value
