"""DocTypes: their fields, naming, permissions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Final

import msgspec

TABLE_TYPES: Final = frozenset({"Table", "Table MultiSelect"})
NUMBER_TYPES: Final = frozenset({"Float", "Currency", "Percent", "Rating"})
WHOLE_TYPES: Final = frozenset({"Int", "Check", "Long Int"})
VALUELESS_TYPES: Final = TABLE_TYPES | {
    "Section Break",
    "Column Break",
    "Tab Break",
    "HTML",
    "Button",
    "Heading",
    "Fold",
    "Image",
}
SHORT_TYPES: Final = frozenset(
    {"Data", "Link", "Dynamic Link", "Select", "Read Only", "Color", "Autocomplete", "Phone", "Icon", "Barcode"}
)
STANDARD_FIELDS: Final = ("name", "owner", "creation", "modified", "modified_by", "docstatus", "idx")
CHILD_FIELDS: Final = ("parent", "parentfield", "parenttype")
OPTIONAL_FIELDS: Final = ("_user_tags", "_comments", "_assign", "_liked_by")
STANDARD_TYPES: Final = {
    "name": "Link",
    "owner": "Link",
    "creation": "Datetime",
    "modified": "Datetime",
    "modified_by": "Link",
    "docstatus": "Int",
    "idx": "Int",
    "parent": "Data",
    "parentfield": "Data",
    "parenttype": "Data",
}


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One DocField."""

    fieldname: str
    fieldtype: str
    label: str | None = None
    options: str | None = None
    default: str | None = None
    reqd: int = 0
    unique: int = 0
    length: int = 0
    permlevel: int = 0
    read_only: int = 0
    hidden: int = 0
    no_copy: int = 0
    non_negative: int = 0
    allow_on_submit: int = 0
    set_only_once: int = 0
    search_index: int = 0
    in_list_view: int = 0
    in_standard_filter: int = 0
    in_global_search: int = 0
    ignore_user_permissions: int = 0
    ignore_xss_filter: int = 0
    fetch_from: str | None = None
    fetch_if_empty: int = 0
    custom: int = 0

    @property
    def shown_label(self) -> str:
        """The label, or the name where there is none."""
        return self.label or self.fieldname

    @property
    def max_length(self) -> int | None:
        """How many characters fit, None for any number."""
        return (self.length or 140) if self.fieldtype in SHORT_TYPES else None


class Permission(msgspec.Struct, frozen=True, kw_only=True):
    """What a role may do with a DocType."""

    role: str
    permlevel: int = 0
    if_owner: int = 0
    select: int = 0
    read: int = 0
    write: int = 0
    create: int = 0
    delete: int = 0
    submit: int = 0
    cancel: int = 0
    amend: int = 0
    report: int = 0
    export: int = 0
    import_: int = msgspec.field(name="import", default=0)
    share: int = 0
    print: int = 0
    email: int = 0


class DocType(msgspec.Struct, kw_only=True, dict=True):
    """One DocType; standard fields such as `name` are not among its `fields`."""

    name: str
    module: str = "Core"
    autoname: str | None = None
    naming_rule: str | None = None
    title_field: str | None = None
    search_fields: str | None = None
    image_field: str | None = None
    sort_field: str | None = "modified"
    sort_order: str | None = "DESC"
    is_submittable: int = 0
    istable: int = 0
    issingle: int = 0
    custom: int = 1
    allow_rename: int = 1
    track_changes: int = 0
    show_title_field_in_link: int = 0
    versions: list[int] | None = None
    fields: list[Field]
    permissions: list[Permission] = []

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields by fieldname."""
        return {field.fieldname: field for field in self.fields}

    @cached_property
    def value_fields(self) -> list[Field]:
        """The fields that have a column."""
        return [field for field in self.fields if field.fieldtype not in VALUELESS_TYPES]

    @cached_property
    def table_fields(self) -> list[Field]:
        """The fields that hold rows of a child DocType."""
        return [field for field in self.fields if field.fieldtype in TABLE_TYPES]

    @cached_property
    def link_fields(self) -> list[Field]:
        """The fields that name a document of one DocType."""
        return [field for field in self.fields if field.fieldtype == "Link"]

    @cached_property
    def columns(self) -> list[str]:
        """The columns that clients see, standard ones first."""
        standard = [*STANDARD_FIELDS, *(CHILD_FIELDS if self.istable else ())]
        return [*standard, *(field.fieldname for field in self.value_fields)]

    @cached_property
    def hidden_columns(self) -> list[str]:
        """Columns for the desk's own use."""
        return [] if self.istable or self.issingle else list(OPTIONAL_FIELDS)

    @property
    def naming_field(self) -> str | None:
        """The field that the name is taken from."""
        autoname = self.autoname or ""
        return autoname[6:] if autoname.lower().startswith("field:") else None

    def fieldtype(self, fieldname: str) -> str | None:
        """The type of a field, standard ones included."""
        field = self.by_name.get(fieldname)
        return field.fieldtype if field else STANDARD_TYPES.get(fieldname)

    def label(self, fieldname: str) -> str:
        """What people call a field."""
        field = self.by_name.get(fieldname)
        return field.shown_label if field else fieldname


class Schema:
    """The DocTypes of a site."""

    def __init__(self, doctypes: Iterable[DocType]) -> None:
        self._doctypes = {doctype.name: doctype for doctype in doctypes}
        self._folded = {name.casefold(): name for name in self._doctypes}

    def __iter__(self) -> Iterator[DocType]:
        return iter(self._doctypes.values())

    def find(self, name: object) -> DocType | None:
        """The DocType of this name; like any lookup by name it ignores case."""
        text = str(name)
        found = self._doctypes.get(text)
        return found or self._doctypes.get(self._folded.get(text.casefold().rstrip(" "), ""))

    def add(self, doctype: DocType) -> None:
        """Add a DocType, or put it in place of the one of that name."""
        self._doctypes[doctype.name] = doctype
        self._folded[doctype.name.casefold()] = doctype.name
        self.__dict__.pop("links", None)

    def remove(self, name: str) -> None:
        """Forget a DocType."""
        self._doctypes.pop(name, None)
        self._folded.pop(name.casefold(), None)
        self.__dict__.pop("links", None)

    @cached_property
    def links(self) -> dict[str, list[tuple[DocType, Field]]]:
        """By DocType: the link fields elsewhere that name its documents."""
        found: dict[str, list[tuple[DocType, Field]]] = {}
        for doctype in self:
            for field in doctype.link_fields:
                found.setdefault(str(field.options), []).append((doctype, field))
        return found


def read_doctypes(text: bytes) -> list[DocType]:
    """The DocTypes of a doctypes.json."""
    return msgspec.json.decode(text, type=list[DocType])
