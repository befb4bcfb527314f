"""Lists of documents: what clients ask for, as one SQL query."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.filters import Column, Filters, operators, sanitize_column, syntax_error, unknown_column
from erpnext_connector.sandbox.meta import CHILD_FIELDS, OPTIONAL_FIELDS, STANDARD_FIELDS, TABLE_TYPES, DocType
from erpnext_connector.sandbox.permissions import Condition, bold
from erpnext_connector.sandbox.tables import KEY, quoted, table
from erpnext_connector.sandbox.values import parse_json, to_int

if TYPE_CHECKING:
    from erpnext_connector.sandbox.site import Site

AGGREGATES: Final = ("count", "sum", "avg", "min", "max")
DECIMALS: Final = {"sum": 9, "avg": 13}
CALL: Final = re.compile(r"^(?P<name>\w+)\s*\((?P<argument>.*)\)$", re.DOTALL)
PLAIN: Final = re.compile(r"^(?:(?P<table>`[^`]+`|\w[\w ]*)\.)?(?P<field>`?\w+`?|\*)$")
ALIAS: Final = re.compile(r"\s+as\s+", re.IGNORECASE)
ILLEGAL_ORDER: Final = re.compile(r"[^a-z0-9-_ ,`'\".()]")
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
ALWAYS_READABLE: Final = ("User", "DocType", "Role", "Has Role", "DocField", "DocPerm", "Module Def")


@dataclass(frozen=True, slots=True)
class ListArguments:
    """What a list is asked with; fields and filters are JSON text or decoded."""

    doctype: str
    fields: Any = None
    filters: Any = None
    or_filters: Any = None
    group_by: str | None = None
    order_by: str | None = None
    start: int = 0
    limit: int | None = 20
    as_list: bool = False
    parent: str | None = None
    reference_doctype: str | None = None
    ignore_permissions: bool = False
    strict: bool = True
    relevance_to: str | None = None
    legacy: bool = True


@dataclass(frozen=True, slots=True)
class Selected:
    """One column of the answer."""

    sql: str
    name: str
    column: Column | None = None


def run(site: Site, user: str, arguments: ListArguments) -> list[Any]:
    """The rows: dicts by column, or lists with `as_list`; FrappeError for what can't be asked."""
    query = _prepared(site, user, arguments)
    sql, parameters = query.build()
    rows = site.db.execute(sql, parameters).fetchall()
    if arguments.as_list:
        return [list(row) for row in rows]
    names = [selected.name for selected in query.selected]
    return [dict(zip(names, tuple(row), strict=True)) for row in rows]


def check_list_permission(site: Site, doctype: DocType, user: str, parent: str | None, *, strict: bool = True) -> None:
    """Raise where the user may neither read nor choose documents of the DocType."""
    if site.frappe >= 16:
        site.permissions.reasons = []
        if not any(site.permissions.allows(doctype, right, user, parent=parent) for right in ("select", "read")):
            raise FrappeError("PermissionError", f"Insufficient Permission for {bold(doctype.name)}")
        return
    if doctype.istable and not strict:
        site.permissions.check(doctype, "read", user, parent=doctype.name)
    if doctype.istable:
        parent_doctype = site.schema.find(parent) if parent else None
        known = parent_doctype and any(one.options == doctype.name for one in parent_doctype.table_fields)
        site.permissions.reasons = []
        if parent_doctype is None or not known or not site.permissions.allows(parent_doctype, "read", user):
            site.permissions.tell_reasons()
            raise FrappeError("PermissionError")
        return
    right = "select" if site.permissions.only_select(doctype, user) else "read"
    site.permissions.check(doctype, right, user, parent=parent)


@dataclass(slots=True)
class _Query:
    site: Site
    user: str
    doctype: DocType
    arguments: ListArguments
    selected: list[Selected] = field(default_factory=list)
    joins: dict[str, str] = field(default_factory=dict)
    distinct: bool = False

    def build(self) -> tuple[str, list[Any]]:
        arguments = self.arguments
        self._select(self._fields())
        where, parameters = self._where()
        if arguments.relevance_to is not None:
            located = f"ifnull(1.0 / nullif(locate(?, {table(self.doctype)}.name), 0), -9999) DESC"
            order: list[str] = [located]
        else:
            order = []
        grouped = self._group()
        order += self._order(has_groups=bool(grouped))
        if not self.selected:
            self.selected.append(Selected("NULL", "name"))
        columns = ", ".join(f"{one.sql} AS {quoted(one.name)}" for one in self.selected)
        sql = f"SELECT {'DISTINCT ' if self.distinct else ''}{columns} FROM {table(self.doctype)}{''.join(self.joins.values())}{where}"
        if grouped:
            sql += f" GROUP BY {', '.join(grouped)}"
        if order:
            sql += f" ORDER BY {', '.join(order)}"
        if arguments.relevance_to is not None:
            parameters.append(arguments.relevance_to)
        return sql + self._limit(), parameters

    def build_count(self) -> tuple[str, list[Any]]:
        where, parameters = self._where()
        return f"SELECT count(*) FROM {table(self.doctype)}{''.join(self.joins.values())}{where}", parameters

    def check_names(self) -> None:
        """Refuse fields that there are not, before anything else is looked at."""
        if not self.arguments.strict or not self.arguments.legacy:
            return
        for filters in (self.arguments.filters, self.arguments.or_filters):
            found = parse_json(filters) if isinstance(filters, str) and filters else filters
            for doctype, name in _filter_names(found):
                if self._is_standard(str(name)):
                    continue
                of = self.site.doctype(doctype) if doctype else self.doctype
                if not self._is_known(of, str(name)):
                    raise _not_permitted(str(name))

    def _is_standard(self, name: str) -> bool:
        plain = name.split(".")[1].strip("`") if "." in name else name
        return plain in (*STANDARD_FIELDS, *OPTIONAL_FIELDS, *CHILD_FIELDS, "doctype")

    def _is_known(self, doctype: DocType, name: str) -> bool:
        if "." in name:
            found = self._split(name)
            return found is not None and self._is_known(found[0], found[1])
        plain = name.strip("`")
        return self._is_standard(plain) or plain in doctype.by_name

    def _limit(self) -> str:
        limit, start = self.arguments.limit, self.arguments.start
        if self.site.frappe >= 16:
            for word, number in (("Limit", limit), ("Offset", start)):
                if number and number < 0:
                    text = f"{word} must be a non-negative integer"
                    raise FrappeError("TypeError", text, thrown=True)
            return f" LIMIT {limit or -1} OFFSET {start or 0}"
        if limit and (limit < 0 or start < 0):
            raise syntax_error(f"{limit} offset {start}")
        return f" LIMIT {limit} OFFSET {start}" if limit else ""

    def _fields(self) -> list[Any]:
        fields = self.arguments.fields
        if isinstance(fields, str):
            fields = ["*"] if fields == "*" else parse_json(fields)
        if isinstance(fields, str):
            fields = [fields]
        if self.site.frappe < 16 and self.arguments.strict and "" in (fields or ()):
            raise _not_permitted("")
        found = [one for one in fields or ["name"] if one]
        return found or ["name"]

    # --- what is selected

    def _select(self, fields: Sequence[Any]) -> None:
        wildcard = list(fields) == ["*"]
        for one in fields:
            if isinstance(one, dict):
                self.selected.append(self._function_dict(one))
            elif not isinstance(one, str):
                raise FrappeError("AttributeError", f"'{type(one).__name__}' object has no attribute 'lower'")
            elif one.strip() == "*" or one.strip().endswith(".*"):
                self._select_all()
            else:
                self._select_text(one.strip(), wildcard=wildcard)

    def _select_all(self) -> None:
        hidden = self.doctype.hidden_columns if self.site.frappe == 14 else []
        for name in [*self.doctype.columns, *hidden]:
            column = self._own(name)
            if self._is_readable(self.doctype, name):
                self.selected.append(Selected(column.sql, name, column))

    def _select_text(self, text: str, *, wildcard: bool) -> None:
        if self.site.frappe < 16 and text.lower().startswith("distinct "):
            self.distinct, text = True, text[9:].strip()
        parts = ALIAS.split(text)
        expression, alias = parts[0].strip(), parts[1].strip().strip("`'\"") if len(parts) > 1 else None
        call = CALL.match(expression)
        if self.site.frappe >= 16:
            self._check_select_text(text, is_call=bool(call))
        if call:
            self._select_call(call["name"].lower(), call["argument"].strip(), alias or expression)
            return
        if "(" in expression or "," in expression or "@" in expression:
            self._refuse_expression(expression)
        if expression[:1] in "'\"" or expression.isdigit():
            self.selected.append(Selected(_literal(expression), alias or expression.strip("'\"")))
            return
        column = self._column(expression)
        if column is None:
            self._refuse_table(expression)
            if wildcard or not self.arguments.strict:
                return
            raise _not_permitted(expression)
        if self._is_readable(self._owner(expression), column.fieldname):
            self.selected.append(Selected(column.sql, alias or column.fieldname, column))

    def _refuse_table(self, expression: str) -> None:
        prefix, dot, _ = expression.partition(".")
        if self.site.frappe < 16 and dot and not prefix.strip("`").startswith("tab"):
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
        if self.site.frappe == 14 or inside is None:
            raise _not_permitted(expression)
        raise _not_permitted(inside[1].strip("`"))

    def _select_call(self, function: str, argument: str, name: str) -> None:
        distinct = ""
        if argument.lower().startswith("distinct "):
            argument, distinct = argument[9:].strip(), "DISTINCT "
        if argument == "*" and function == "count" and self.site.frappe == 14:
            self.selected.append(Selected("count(*)", name))
            return
        column = self._column(argument)
        if column is None:
            raise _not_permitted(argument)
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
        self.selected.append(Selected(_aggregate(function, f"{distinct}{inner}", column), name))

    def _function_dict(self, one: Mapping[str, Any]) -> Selected:
        """Frappe 16's {"COUNT": "name", "as": "n"}; older versions can't read it."""
        if self.site.frappe < 16:
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
        column = self._column(str(argument))
        if column is None:
            self._refuse_field(self.doctype, str(argument))
            raise _not_permitted(str(argument))
        sql = _aggregate(function, column.sql, column)
        return Selected(sql, alias or f"{names[0]}(`{column.fieldname}`)")

    # --- columns

    def _own(self, name: str) -> Column:
        return Column(f"{table(self.doctype)}.{quoted(name)}", name, self.doctype.fieldtype(name))

    def _has(self, doctype: DocType, name: str) -> bool:
        return name in doctype.columns or name in doctype.hidden_columns

    def _owner(self, expression: str) -> DocType:
        found = self._split(expression)
        return found[0] if found else self.doctype

    def _split(self, expression: str) -> tuple[DocType, str, str | None] | None:
        """The DocType of a field, the field's name, the field it is reached by."""
        match = PLAIN.match(expression.strip())
        if match is None:
            return None
        name, prefix = match["field"].strip("`"), match["table"]
        if prefix is None:
            return self.doctype, name, None
        prefix = prefix.strip("`")
        through = self.doctype.by_name.get(prefix)
        if through and through.options and through.fieldtype in TABLE_TYPES | {"Link"}:
            doctype = self.site.schema.find(through.options)
            return (doctype, name, prefix) if doctype else None
        doctype = self.site.schema.find(prefix[3:]) if prefix.startswith("tab") else None
        return (doctype, name, None) if doctype else None

    def _column(self, expression: str) -> Column | None:
        """The column that an expression names, its table joined; None where there is none."""
        found = self._split(expression)
        if found is None:
            return None
        doctype, name, through = found
        if not self._has(doctype, name):
            return None
        if doctype is self.doctype and through is None:
            return self._own(name)
        alias = self._join(doctype, through)
        return Column(f"{alias}.{quoted(name)}", name, doctype.fieldtype(name))

    def _join(self, doctype: DocType, through: str | None) -> str:
        main, link = table(self.doctype), self.doctype.by_name.get(through or "")
        if link and link.fieldtype == "Link":
            self._check_joined(doctype)
            alias = quoted(f"{link.fieldname}:{doctype.name}")
            on = f"{alias}.name = {main}.{quoted(link.fieldname)}"
            self.joins.setdefault(alias, f" LEFT JOIN {table(doctype)} AS {alias} ON {on}")
            return alias
        alias = table(doctype)
        if not any(one.options == doctype.name for one in self.doctype.table_fields):
            self._check_joined(doctype)
            raise unknown_column(f"tab{doctype.name}.parenttype", "on clause")
        on = f"{alias}.parent = {main}.name AND {alias}.parenttype = '{self.doctype.name}'"
        self.joins.setdefault(alias, f" LEFT JOIN {alias} ON {on}")
        return alias

    def _check_joined(self, doctype: DocType) -> None:
        if not self.arguments.ignore_permissions:
            check_list_permission(self.site, doctype, self.user, self.doctype.name)

    def _is_readable(self, doctype: DocType, name: str) -> bool:
        """Fields above permission level 0 are left out for who has no access to their level."""
        one = doctype.by_name.get(name)
        if one is None or not one.permlevel or self.arguments.ignore_permissions:
            return True
        if doctype.name in ALWAYS_READABLE:
            return True
        rules = self.doctype if doctype.istable else doctype
        return one.permlevel in self.site.permissions.levels(rules, "read", self.user)

    def _refuse_field(self, doctype: DocType, name: str) -> None:
        if self.site.frappe >= 16 and not self.arguments.ignore_permissions and doctype.permissions:
            text = f"You do not have permission to access field: {bold(f'{doctype.name}.{name}')}"
            raise FrappeError("PermissionError", text, title="Permission Error")

    # --- which rows

    def _where(self) -> tuple[str, list[Any]]:
        pieces = list(self._conditions(self.arguments.filters))
        alternatives = list(self._conditions(self.arguments.or_filters))
        if alternatives:
            joined = " OR ".join(piece.sql for piece in alternatives)
            pieces.append(Condition(f"({joined})", tuple(p for piece in alternatives for p in piece.parameters)))
        if not self.arguments.ignore_permissions:
            found = self.site.permissions.list_condition(self.doctype, self.user, self.arguments.reference_doctype)
            pieces += [found] if found else []
        if not pieces:
            return "", []
        where = " WHERE " + " AND ".join(piece.sql for piece in pieces)
        return where, [parameter for piece in pieces for parameter in piece.parameters]

    def _conditions(self, filters: Any) -> Sequence[Condition]:
        filters = parse_json(filters) if isinstance(filters, str) and filters else filters
        if not filters:
            return []
        builder = Filters(self._filter_rules, date.fromisoformat(self.site.today()), fill_empty=self.arguments.legacy)
        if self._filter_rules >= 16:
            return _NewFilters(self, builder).conditions(filters)
        return [self._old_condition(builder, one) for one in self._old_filters(filters)]

    @property
    def _filter_rules(self) -> int:
        """The version whose rules hold: counts of Frappe 14 and 15 use the query builder of 16 already."""
        return self.site.frappe if self.arguments.legacy else 16

    def _old_filters(self, filters: Any) -> list[Any]:
        if isinstance(filters, Mapping):
            return [[self.doctype.name, key, *_operator_and_value(value)] for key, value in filters.items()]
        if not isinstance(filters, list):
            raise FrappeError("TypeError", f"'{type(filters).__name__}' object is not iterable")
        for one in filters:
            if isinstance(one, str):
                raise FrappeError("ValidationError", "Filter must be a tuple or list (in a list)")
        return filters

    def _old_condition(self, builder: Filters, one: Any) -> Condition:
        if isinstance(one, Mapping):
            key, value = next(iter(one.items()))
            one = [self.doctype.name, key, *_operator_and_value(value)]
        if not isinstance(one, (list, tuple)):
            raise FrappeError("ValidationError", "Filter must be a tuple or list (in a list)")
        if len(one) == 3:
            one = [self.doctype.name, *one]
        if len(one) < 4:
            text = f"Filter must have 4 values (doctype, fieldname, operator, value): {tuple(one)}"
            raise FrappeError("ValidationError", text)
        doctype = self.site.doctype(one[0] or self.doctype.name)
        name, operator, value = one[1], str(one[2] or "="), one[3]
        column = self._filter_column(doctype, name)
        if operator.lower() not in operators(self.site.frappe):
            text = f"Operator must be one of {', '.join(operators(self.site.frappe))}"
            raise FrappeError("ValidationError", text)
        return builder.condition(column, operator, value)

    def _filter_column(self, doctype: DocType, name: Any) -> Column:
        """The column of a filter; a field that only a child table has is looked up there."""
        sanitize_column(name)
        plain = str(name).strip("`")
        if "." in plain and self.site.frappe < 16 and "`" not in str(name):
            raise unknown_column(f"tab{doctype.name}.{plain}", "where clause")
        if "." in plain:
            column = self._column(str(name))
            if column is None:
                raise _not_permitted(plain)
            return column
        standard = plain in STANDARD_FIELDS or plain in OPTIONAL_FIELDS or plain in CHILD_FIELDS
        if not standard and plain not in doctype.by_name:
            if not self.arguments.strict:
                raise unknown_column(plain, "where clause")
            raise _not_permitted(plain)
        if not self._has(doctype, plain):
            raise unknown_column(f"tab{doctype.name}.{plain}", "where clause")
        if doctype is self.doctype:
            return self._own(plain)
        return Column(f"{self._join(doctype, None)}.{quoted(plain)}", plain, doctype.fieldtype(plain))

    # --- order

    def _group(self) -> list[str]:
        text = self.arguments.group_by
        if not text:
            return []
        self._check_clause(text)
        return [
            self._clause_column(part.strip(), "Group By", "group statement") for part in text.split(",") if part.strip()
        ]

    def _order(self, *, has_groups: bool) -> list[str]:
        text = self.arguments.order_by
        if not text:
            return self._natural_order(has_groups=has_groups)
        self._check_clause(text)
        found = []
        for part in text.split(","):
            words = part.split()
            if not words:
                continue
            direction = words[-1].lower() if len(words) > 1 and words[-1].lower() in ("asc", "desc") else ""
            name = " ".join(words[:-1]) if direction else part.strip()
            direction = direction or ("" if self.arguments.legacy else "desc")
            found.append(f"{self._clause_column(name, 'Order By', 'order clause')} {direction}".strip())
        return found + self._ties(has_groups=has_groups)

    def _ties(self, *, has_groups: bool) -> list[str]:
        """Rows that are equal by ORDER BY come by name, rows of child tables by theirs."""
        if has_groups:
            return [one.column.compared for one in self.selected if one.column]
        if self.distinct or any(one.sql.startswith((*AGGREGATES, "round(")) for one in self.selected):
            return []
        return [f"{alias}.{KEY}" for alias in (table(self.doctype), *self.joins)]

    def _check_clause(self, text: str) -> None:
        lowered = text.lower()
        if self.site.frappe >= 16:
            return
        if "select" in lowered and "from" in lowered:
            raise FrappeError("ValidationError", "Cannot use sub-query in order by")
        if ILLEGAL_ORDER.search(lowered):
            raise FrappeError("ValidationError", "Illegal SQL Query")

    def _clause_column(self, name: str, clause: str, where: str) -> str:
        plain = name.strip("`'\"")
        if plain.isdigit() and 0 < int(plain) <= len(self.selected):
            chosen = self.selected[int(plain) - 1]
            return chosen.column.compared if chosen.column else chosen.sql
        for one in self.selected:
            if one.name == plain:
                return one.column.compared if one.column else quoted(one.name)
        if self.site.frappe >= 16 and not re.fullmatch(r"\w+|`tab[\w\s-]+`\.`?\w+`?|\w+\.\w+", name):
            text = f"Invalid field format in {clause}: {name}. Use 'field', 'link_field.field', or 'child_table.field'."
            raise FrappeError("ValidationError", text)
        if self.site.frappe < 16 and " " in name.strip() and "`" not in name and "(" not in name:
            raise syntax_error(name.split()[1])
        column = self._column(name)
        if column is None:
            self._refuse_field(self.doctype, plain)
            call = CALL.match(name)
            column = self._column(call["argument"]) if call and call["name"].lower() in AGGREGATES else None
            if call and column:
                return f"{call['name']}({column.sql})"
            raise unknown_column(plain, where)
        return column.compared

    def _natural_order(self, *, has_groups: bool) -> list[str]:
        """Without ORDER BY rows come in the order of the index that MariaDB reads.

        A query that an index on `modified` (Frappe 16: `creation`) covers comes in that order, others by name.
        """
        if has_groups:
            return [one.column.compared for one in self.selected if one.column][:1]
        if any(one.sql.startswith((*AGGREGATES, "round(")) for one in self.selected):
            return []
        main = table(self.doctype)
        names = {one.column.fieldname if one.column else "" for one in self.selected}
        index = "creation" if self.site.frappe >= 16 and "modified" not in names else "modified"
        covered = names <= {"name", index} and not self.joins and not self._filters_beyond(index)
        if covered and not self.doctype.istable:
            return [f"{main}.{index}", f"{main}.{KEY}"]
        if covered:
            return [f"{main}.parent", f"{main}.{KEY}"]
        return [f"{main}.{KEY}"]

    def _filters_beyond(self, index: str) -> bool:
        where, _ = self._where()
        used = set(re.findall(r'"tab[^"]*"\."(\w+)"', where)) | ({"owner"} if ".owner" in where else set())
        return bool(used - {index})


@dataclass(frozen=True, slots=True)
class _NewFilters:
    """Filters as Frappe 16's query builder reads them: also nested with "and" and "or"."""

    query: _Query
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
            self.query.site.note(error)
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
        query = self.query
        if not isinstance(operator, str):
            raise FrappeError("AttributeError", f"'{type(operator).__name__}' object has no attribute 'lower'")
        chosen = query.site.doctype(doctype) if doctype else query.doctype
        column = self._column(chosen, name)
        if operator.casefold() not in operators(16):
            raise FrappeError("KeyError", repr(operator))
        return self.builder.condition(column, operator, value)

    def _column(self, doctype: DocType, name: Any) -> Column:
        query = self.query
        text = str(name)
        if "`" not in text and "." not in text and not re.fullmatch(r"\w+", text, re.ASCII):
            shown = f"Invalid characters in fieldname: {text}. Only letters, numbers, and underscores are allowed."
            raise FrappeError("ValidationError", shown, title="Invalid Filter")
        if doctype is not query.doctype and not any(one.options == doctype.name for one in query.doctype.table_fields):
            text = f"{doctype.name} is not a child table of {query.doctype.name}"
            raise FrappeError("ValidationError", text, title="Invalid Filter")
        if doctype is query.doctype and "." not in text and not query._has(doctype, text):
            for one in doctype.table_fields:
                child = query.site.doctype(one.options)
                if text in child.by_name and not query.arguments.strict:
                    return query._filter_column(child, text)
        return query._filter_column(doctype, text)


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


def _not_permitted(name: str) -> FrappeError:
    return FrappeError("DataError", f"Field not permitted in query: {name}")


def _aggregate(function: str, inner: str, column: Column) -> str:
    """An aggregate with the decimals of MariaDB, where sums and averages are exact."""
    if function in DECIMALS and column.is_number:
        return f"round({function}({inner}) * 1.0, {DECIMALS[function]})"
    return f"{function}({inner})"


def _literal(expression: str) -> str:
    return "'" + expression.strip("'\"").replace("'", "''") + "'" if not expression.isdigit() else expression


def count(site: Site, user: str, arguments: ListArguments) -> int:
    """How many rows a list has that nobody cuts off."""
    sql, parameters = _prepared(site, user, arguments).build_count()
    row = site.db.execute(sql, parameters).fetchone()
    return to_int(row[0])


def _prepared(site: Site, user: str, arguments: ListArguments) -> _Query:
    doctype = site.doctype(arguments.doctype)
    query = _Query(site, user, doctype, arguments)
    if not arguments.ignore_permissions:
        if doctype.istable and site.frappe < 16:
            check_list_permission(site, doctype, user, arguments.parent, strict=arguments.strict)
        query.check_names()
        check_list_permission(site, doctype, user, arguments.parent, strict=arguments.strict)
    if doctype.issingle:
        text = f"(1146, \"Table 'tab{doctype.name}' doesn't exist\")"
        raise FrappeError("ProgrammingError", text, 500, thrown=False, module="pymysql.err")
    return query
