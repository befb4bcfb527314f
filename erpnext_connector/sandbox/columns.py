"""The columns that a list's fields and filters name, with the tables that have to be joined for them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

from erpnext_connector.sandbox.errors import FrappeError, bold
from erpnext_connector.sandbox.filters import Column, unknown_column
from erpnext_connector.sandbox.meta import CHILD_FIELDS, OPTIONAL_FIELDS, STANDARD_FIELDS, TABLE_TYPES, DocType
from erpnext_connector.sandbox.permissions import Permissions
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.tables import quoted, table
from erpnext_connector.sandbox.values import to_int

PLAIN: Final = re.compile(r"^(?:(?P<table>`[^`]+`|\w[\w ]*)\.)?(?P<field>`?\w+`?|\*)$")
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


def check_list_permission(site: Site, doctype: DocType, user: str, parent: str | None, *, strict: bool = True) -> None:
    """Raise where the user may neither read nor choose documents of the DocType."""
    if site.frappe >= 16:
        site.part(Permissions).reasons = []
        if not any(site.part(Permissions).allows(doctype, right, user, parent=parent) for right in ("select", "read")):
            raise FrappeError("PermissionError", f"Insufficient Permission for {bold(doctype.name)}")
        return
    if doctype.istable and not strict:
        site.part(Permissions).check(doctype, "read", user, parent=doctype.name)
    if doctype.istable:
        parent_doctype = site.schema.find(parent) if parent else None
        known = parent_doctype and any(one.options == doctype.name for one in parent_doctype.table_fields)
        site.part(Permissions).reasons = []
        if parent_doctype is None or not known or not site.part(Permissions).allows(parent_doctype, "read", user):
            site.part(Permissions).tell_reasons()
            raise FrappeError("PermissionError")
        return
    right = "select" if site.part(Permissions).only_select(doctype, user) else "read"
    site.part(Permissions).check(doctype, right, user, parent=parent)


def hides_levels(site: Site) -> bool:
    """Whether documents are shown without the fields of levels that the user can't read; it was a setting once."""
    return site.frappe >= 15 or bool(to_int(site.setting("apply_perm_level_on_api_calls")))


def not_permitted(name: str) -> FrappeError:
    """The error for a field that there is not."""
    return FrappeError("DataError", f"Field not permitted in query: {name}")


@dataclass(slots=True)
class Columns:
    """The columns of one list; `joins` are the tables beside the DocType's own, in SQL."""

    site: Site
    user: str
    doctype: DocType
    arguments: ListArguments
    joins: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The tables that the list is read from, in SQL."""
        return f"{table(self.doctype)}{''.join(self.joins.values())}"

    def is_standard(self, name: str) -> bool:
        """Whether every DocType has the field."""
        plain = name.split(".")[1].strip("`") if "." in name else name
        return plain in (*STANDARD_FIELDS, *OPTIONAL_FIELDS, *CHILD_FIELDS, "doctype")

    def is_known(self, doctype: DocType, name: str) -> bool:
        """Whether the DocType has the field, or another one through a link or a table."""
        if "." in name:
            found = self.split(name)
            return found is not None and self.is_known(found[0], found[1])
        plain = name.strip("`")
        return self.is_standard(plain) or plain in doctype.by_name

    def own(self, name: str) -> Column:
        """A column of the listed DocType's own table."""
        return Column(f"{table(self.doctype)}.{quoted(name)}", name, self.doctype.fieldtype(name))

    def has(self, doctype: DocType, name: str) -> bool:
        """Whether the DocType has the column."""
        return name in doctype.columns or name in doctype.hidden_columns

    def owner(self, expression: str) -> DocType:
        """The DocType whose field an expression names."""
        found = self.split(expression)
        return found[0] if found else self.doctype

    def split(self, expression: str) -> tuple[DocType, str, str | None] | None:
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

    def column(self, expression: str) -> Column | None:
        """The column that an expression names, its table joined; None where there is none."""
        found = self.split(expression)
        if found is None:
            return None
        doctype, name, through = found
        if not self.has(doctype, name):
            return None
        if doctype is self.doctype and through is None:
            return self.own(name)
        alias = self.join(doctype, through)
        return Column(f"{alias}.{quoted(name)}", name, doctype.fieldtype(name))

    def join(self, doctype: DocType, through: str | None) -> str:
        """Join a DocType's table, by the field that leads there if there is one; gives the name to use it by."""
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

    def is_readable(self, doctype: DocType, name: str) -> bool:
        """Fields above permission level 0 are left out for who has no access to their level.

        Lists that clients ask for (`strict`) leave them out of every DocType; others spare Frappe's own, and before
        Frappe 15 all of them unless a setting says otherwise.
        """
        one = doctype.by_name.get(name)
        if one is None or not one.permlevel or self.arguments.ignore_permissions:
            return True
        if not self.arguments.strict and (doctype.name in ALWAYS_READABLE or not hides_levels(self.site)):
            return True
        rules = self.doctype if doctype.istable else doctype
        return one.permlevel in self.site.part(Permissions).levels(rules, "read", self.user)

    def refuse_field(self, doctype: DocType, name: str) -> None:
        """Raise as Frappe 16 does for a field that the user can't read."""
        if self.site.frappe >= 16 and not self.arguments.ignore_permissions and doctype.permissions:
            text = f"You do not have permission to access field: {bold(f'{doctype.name}.{name}')}"
            raise FrappeError("PermissionError", text, title="Permission Error")
