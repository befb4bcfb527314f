"""What a list selects: columns, aggregates, literals."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from erpnext_connector.sandbox.columns import Columns, not_permitted
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.filters import Column
from erpnext_connector.sandbox.values import parse_json

AGGREGATES: Final = ("count", "sum", "avg", "min", "max")
DECIMALS: Final = {"sum": 9, "avg": 13}
CALL: Final = re.compile(r"^(?P<name>\w+)\s*\((?P<argument>.*)\)$", re.DOTALL)
ALIAS: Final = re.compile(r"\s+as\s+", re.IGNORECASE)
FORBIDDEN_FUNCTIONS: Final = (
    "concat",
    "concat_ws",
    "if",
    "ifnull",
    "nullif",
    "coalesce",
    "connection_id",
    "current_user",
    "database",
    "last_insert_id",
    "session_user",
    "system_user",
    "user",
    "version",
    "global",
)


@dataclass(frozen=True, slots=True)
class Selected:
    """One column of the answer."""

    sql: str
    name: str
    column: Column | None = None

    @property
    def is_aggregate(self) -> bool:
        """Whether it counts or sums many rows."""
        return self.sql.startswith((*AGGREGATES, "round("))


@dataclass(slots=True)
class Selection:
    """The columns of the answer, in their order."""

    columns: Columns
    chosen: list[Selected] = field(default_factory=list)
    distinct: bool = False

    def choose(self) -> None:
        """Read the fields that were asked for."""
        self._select(self._fields())
        if not self.chosen:
            own = self.columns.own("name")
            self.chosen.append(Selected(own.sql if self.columns.arguments.strict else "NULL", "name"))

    @property
    def has_aggregates(self) -> bool:
        """Whether many rows become one."""
        return any(one.is_aggregate for one in self.chosen)

    def _fields(self) -> list[Any]:
        fields = self.columns.arguments.fields
        if isinstance(fields, str):
            fields = ["*"] if fields == "*" else parse_json(fields)
        if isinstance(fields, str):
            fields = [fields]
        if self.columns.site.frappe < 16 and self.columns.arguments.strict and "" in (fields or ()):
            raise not_permitted("")
        found = [one for one in fields or ["name"] if one]
        return found or ["name"]

    def _select(self, fields: Sequence[Any]) -> None:
        wildcard = list(fields) == ["*"]
        for one in fields:
            if isinstance(one, dict):
                self.chosen.append(self._function_dict(one))
            elif not isinstance(one, str):
                raise FrappeError("AttributeError", f"'{type(one).__name__}' object has no attribute 'lower'")
            elif one.strip() == "*" or one.strip().endswith(".*"):
                self._select_all()
            else:
                self._select_text(one.strip(), wildcard=wildcard)

    def _select_all(self) -> None:
        hidden = self.columns.doctype.hidden_columns if self.columns.site.frappe < 15 else []
        for name in [*self.columns.doctype.columns, *hidden]:
            column = self.columns.own(name)
            if self.columns.is_readable(self.columns.doctype, name):
                self.chosen.append(Selected(column.sql, name, column))

    def _select_text(self, text: str, *, wildcard: bool) -> None:
        if self.columns.site.frappe == 15 and text.lower().startswith("distinct "):
            self.distinct, text = True, text[9:].strip()
        parts = ALIAS.split(text)
        expression, alias = parts[0].strip(), parts[1].strip().strip("`'\"") if len(parts) > 1 else None
        call = CALL.match(expression)
        if self.columns.site.frappe >= 16:
            self._check_select_text(text, is_call=bool(call))
        if call:
            self._select_call(call["name"].lower(), call["argument"].strip(), alias or expression)
            return
        if "(" in expression or "," in expression or "@" in expression:
            self._refuse_expression(expression)
        if expression[:1] in "'\"" or expression.isdigit():
            self.chosen.append(Selected(_literal(expression), alias or expression.strip("'\"")))
            return
        column = self.columns.column(expression)
        if column is None:
            self._refuse_table(expression)
            if self._is_hidden(expression):
                return
            if wildcard or not self.columns.arguments.strict:
                return
            raise not_permitted(expression)
        if self.columns.is_readable(self.columns.owner(expression), column.fieldname):
            self.chosen.append(Selected(column.sql, alias or column.fieldname, column))

    def _is_hidden(self, expression: str) -> bool:
        """Whether a field without a column (a table of rows) is dropped before anybody looks for it."""
        found = self.columns.split(expression)
        return found is not None and not self.columns.is_readable(found[0], found[1])

    def _refuse_table(self, expression: str) -> None:
        prefix, dot, _ = expression.partition(".")
        if self.columns.site.frappe < 16 and dot and not prefix.strip("`").startswith("tab"):
            raise FrappeError("AttributeError", "'NoneType' object has no attribute 'options'")

    def _check_select_text(self, text: str, *, is_call: bool) -> None:
        if is_call:
            shown = (
                "SQL functions are not allowed as strings in SELECT: {}. Use dict syntax like {{'COUNT': '*'}} instead."
            )
            raise FrappeError("ValidationError", shown.format(text))

    def _refuse_expression(self, expression: str) -> None:
        """A sub-query: the fields that its SQL names are not this DocType's."""
        inside = re.search(r"(?i)\bselect\s+(`?\w+`?)", expression)
        if self.columns.site.frappe < 15 or inside is None:
            raise not_permitted(expression)
        raise not_permitted(inside[1].strip("`"))

    def _select_call(self, function: str, argument: str, name: str) -> None:
        distinct = ""
        if argument.lower().startswith("distinct "):
            argument, distinct = argument[9:].strip(), "DISTINCT "
        if distinct and self.columns.site.frappe < 15:
            raise not_permitted(f"distinct {argument}")
        column = self.columns.column(argument)
        if column is None:
            raise not_permitted(argument)
        if function in FORBIDDEN_FUNCTIONS:
            raise FrappeError("DataError", f"Use of function {function} in field is restricted")
        if function not in AGGREGATES:
            raise FrappeError(
                "OperationalError",
                f"(1305, 'FUNCTION {function} does not exist')",
                500,
                thrown=False,
                module="pymysql.err",
            )
        inner = column.compared if distinct else column.sql
        self.chosen.append(Selected(_aggregate(function, f"{distinct}{inner}", column), name))

    def _function_dict(self, one: Mapping[str, Any]) -> Selected:
        """Frappe 16's {"COUNT": "name", "as": "n"}; older versions can't read it."""
        if self.columns.site.frappe < 16:
            raise FrappeError("TypeError", "unhashable type: 'dict'")
        alias = next((value for key, value in one.items() if key.lower() == "as"), None)
        names = [key for key in one if key.lower() != "as"]
        if len(names) != 1 or names[0].lower() not in AGGREGATES or not names[0].isupper():
            if names and names[0].isupper():
                raise FrappeError("ValidationError", f"Unsupported function or operator: {names[0]}")
            raise FrappeError(
                "ValidationError", f"Child query fields for '{names[0] if names else ''}' must be a list or tuple."
            )
        if alias is not None and not re.fullmatch(r"[A-Za-z_]\w*", str(alias)):
            raise FrappeError("ValidationError", f"Invalid alias format: {alias}. Alias must be a simple identifier.")
        argument = one[names[0]]
        argument = argument[0] if isinstance(argument, list) and argument else argument
        function = names[0].lower()
        if argument == "*" or isinstance(argument, (int, float)) or str(argument).isdigit():
            if argument == "*" and function != "count":
                raise FrappeError("ValidationError", "'*' is only allowed in COUNT SQL function(s)")
            return Selected(
                f"{function}({'*' if argument == '*' else int(argument)})", alias or f"{names[0]}({argument})"
            )
        column = self.columns.column(str(argument))
        if column is None:
            self.columns.refuse_field(self.columns.doctype, str(argument))
            raise not_permitted(str(argument))
        sql = _aggregate(function, column.sql, column)
        return Selected(sql, alias or f"{names[0]}(`{column.fieldname}`)")


def _aggregate(function: str, inner: str, column: Column) -> str:
    """An aggregate with the decimals of MariaDB, where sums and averages are exact."""
    if function in DECIMALS and column.is_number:
        return f"round({function}({inner}) * 1.0, {DECIMALS[function]})"
    return f"{function}({inner})"


def _literal(expression: str) -> str:
    return "'" + expression.strip("'\"").replace("'", "''") + "'" if not expression.isdigit() else expression
