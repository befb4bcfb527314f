"""Lists of documents: what clients ask for, as one SQL query."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from erpnext_connector.sandbox.columns import Columns, ListArguments, check_list_permission
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.filter_lists import FilterLists
from erpnext_connector.sandbox.filters import syntax_error, unknown_column
from erpnext_connector.sandbox.permissions import Condition, Permissions
from erpnext_connector.sandbox.selection import AGGREGATES, CALL, Selection
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.tables import KEY, quoted, table
from erpnext_connector.sandbox.values import to_int

ILLEGAL_ORDER: Final = re.compile(r"[^a-z0-9-_ ,`'\".()]")


def run(site: Site, user: str, arguments: ListArguments) -> list[Any]:
    """The rows: dicts by column, or lists with `as_list`; FrappeError for what can't be asked."""
    query = _prepared(site, user, arguments)
    sql, parameters = query.build()
    rows = site.db.execute(sql, parameters).fetchall()
    if arguments.as_list:
        return [list(row) for row in rows]
    names = [selected.name for selected in query.selection.chosen]
    return [dict(zip(names, tuple(row), strict=True)) for row in rows]


def count(site: Site, user: str, arguments: ListArguments) -> int:
    """How many rows a list has that nobody cuts off."""
    sql, parameters = _prepared(site, user, arguments).build_count()
    row = site.db.execute(sql, parameters).fetchone()
    return to_int(row[0])


def _prepared(site: Site, user: str, arguments: ListArguments) -> _Query:
    doctype = site.doctype(arguments.doctype)
    columns = Columns(site, user, doctype, arguments)
    query = _Query(columns, Selection(columns), FilterLists(columns))
    if not arguments.ignore_permissions:
        if doctype.istable and site.frappe < 16:
            check_list_permission(site, doctype, user, arguments.parent, strict=arguments.strict)
        query.filters.check_names()
        check_list_permission(site, doctype, user, arguments.parent, strict=arguments.strict)
    if doctype.issingle:
        text = f"(1146, \"Table 'tab{doctype.name}' doesn't exist\")"
        raise FrappeError("ProgrammingError", text, 500, thrown=False, module="pymysql.err")
    return query


@dataclass(frozen=True, slots=True)
class _Query:
    columns: Columns
    selection: Selection
    filters: FilterLists

    def build(self) -> tuple[str, list[Any]]:
        arguments, main = self.columns.arguments, table(self.columns.doctype)
        self.selection.choose()
        where, parameters = self._where()
        grouped = self._group()
        order = self._order(has_groups=bool(grouped))
        if arguments.relevance_to is not None:
            order.insert(0, f"ifnull(1.0 / nullif(locate(?, {main}.name), 0), -9999) DESC")
            parameters.append(arguments.relevance_to)
        chosen = ", ".join(f"{one.sql} AS {quoted(one.name)}" for one in self.selection.chosen)
        sql = f"SELECT {'DISTINCT ' if self.selection.distinct else ''}{chosen} FROM {self.columns.source}{where}"
        if grouped:
            sql += f" GROUP BY {', '.join(grouped)}"
        if order:
            sql += f" ORDER BY {', '.join(order)}"
        return sql + self._limit(), parameters

    def build_count(self) -> tuple[str, list[Any]]:
        where, parameters = self._where()
        return f"SELECT count(*) FROM {self.columns.source}{where}", parameters

    def _limit(self) -> str:
        limit, start = self.columns.arguments.limit, self.columns.arguments.start
        if self.columns.site.frappe >= 16:
            for word, number in (("Limit", limit), ("Offset", start)):
                if number and number < 0:
                    text = f"{word} must be a non-negative integer"
                    raise FrappeError("TypeError", text, thrown=True)
            return f" LIMIT {limit or -1} OFFSET {start or 0}"
        if limit and (limit < 0 or start < 0):
            raise syntax_error(f"{limit} offset {start}")
        return f" LIMIT {limit} OFFSET {start}" if limit else ""

    def _where(self) -> tuple[str, list[Any]]:
        pieces = list(self.filters.conditions(self.columns.arguments.filters))
        alternatives = list(self.filters.conditions(self.columns.arguments.or_filters))
        if alternatives:
            joined = " OR ".join(piece.sql for piece in alternatives)
            pieces.append(Condition(f"({joined})", tuple(p for piece in alternatives for p in piece.parameters)))
        if not self.columns.arguments.ignore_permissions:
            permissions, of = self.columns.site.part(Permissions), self.columns.arguments.reference_doctype
            found = permissions.list_condition(self.columns.doctype, self.columns.user, of)
            pieces += [found] if found else []
        if not pieces:
            return "", []
        where = " WHERE " + " AND ".join(piece.sql for piece in pieces)
        return where, [parameter for piece in pieces for parameter in piece.parameters]

    def _group(self) -> list[str]:
        text = self.columns.arguments.group_by
        if not text:
            return []
        self._check_clause(text)
        return [
            self._clause_column(part.strip(), "Group By", "group statement") for part in text.split(",") if part.strip()
        ]

    def _order(self, *, has_groups: bool) -> list[str]:
        text = self.columns.arguments.order_by
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
            direction = direction or ("" if self.columns.arguments.legacy else "desc")
            found.append(f"{self._clause_column(name, 'Order By', 'order clause')} {direction}".strip())
        return found + self._ties(has_groups=has_groups)

    def _ties(self, *, has_groups: bool) -> list[str]:
        """Rows that are equal by ORDER BY come by name, rows of child tables by theirs."""
        if has_groups:
            return [one.column.compared for one in self.selection.chosen if one.column]
        if self.selection.distinct or self.selection.has_aggregates:
            return []
        return [f"{alias}.{KEY}" for alias in (table(self.columns.doctype), *self.columns.joins)]

    def _check_clause(self, text: str) -> None:
        lowered = text.lower()
        if self.columns.site.frappe >= 16:
            return
        if "select" in lowered and "from" in lowered:
            raise FrappeError("ValidationError", "Cannot use sub-query in order by")
        if ILLEGAL_ORDER.search(lowered):
            raise FrappeError("ValidationError", "Illegal SQL Query")

    def _clause_column(self, name: str, clause: str, where: str) -> str:
        plain = name.strip("`'\"")
        if plain.isdigit() and 0 < int(plain) <= len(self.selection.chosen):
            chosen = self.selection.chosen[int(plain) - 1]
            return chosen.column.compared if chosen.column else chosen.sql
        for one in self.selection.chosen:
            if one.name == plain:
                return one.column.compared if one.column else quoted(one.name)
        if self.columns.site.frappe >= 16 and not re.fullmatch(r"\w+|`tab[\w\s-]+`\.`?\w+`?|\w+\.\w+", name):
            text = f"Invalid field format in {clause}: {name}. Use 'field', 'link_field.field', or 'child_table.field'."
            raise FrappeError("ValidationError", text)
        if self.columns.site.frappe < 16 and " " in name.strip() and "`" not in name and "(" not in name:
            raise syntax_error(name.split()[1])
        column = self.columns.column(name)
        if column is None:
            self.columns.refuse_field(self.columns.doctype, plain)
            call = CALL.match(name)
            column = self.columns.column(call["argument"]) if call and call["name"].lower() in AGGREGATES else None
            if call and column:
                return f"{call['name']}({column.sql})"
            raise unknown_column(plain, where)
        return column.compared

    def _natural_order(self, *, has_groups: bool) -> list[str]:
        """Without ORDER BY rows come in the order of the index that MariaDB reads.

        A query that an index on `modified` (Frappe 16: `creation`) covers comes in that order, others by name.
        """
        if has_groups:
            return [one.column.compared for one in self.selection.chosen if one.column][:1]
        if self.selection.has_aggregates:
            return []
        main = table(self.columns.doctype)
        names = {one.column.fieldname if one.column else "" for one in self.selection.chosen}
        index = "creation" if self.columns.site.frappe >= 16 and "modified" not in names else "modified"
        covered = names <= {"name", index} and not self.columns.joins and not self._filters_beyond(index)
        if covered and not self.columns.doctype.istable:
            return [f"{main}.{index}", f"{main}.{KEY}"]
        if covered:
            return [f"{main}.parent", f"{main}.{KEY}"]
        return [f"{main}.{KEY}"]

    def _filters_beyond(self, index: str) -> bool:
        where, _ = self._where()
        used = set(re.findall(r'"tab[^"]*"\."(\w+)"', where)) | ({"owner"} if ".owner" in where else set())
        return bool(used - {index})
