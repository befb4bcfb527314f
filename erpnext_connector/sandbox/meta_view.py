"""DocTypes as Frappe shows them to clients, with every property of every field."""

from __future__ import annotations

import hashlib
import importlib.resources
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec

from erpnext_connector.sandbox.meta import DocType, Field, Permission
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import recorded

TEXT_OR_NOTHING: Final = ("default", "options", "fetch_from", "label")
UNUSED_BY_ROWS: Final = ("__dashboard", "__kanban_column_fields", "__print_formats", "__workflow_docs")
RULE: Final = ("title_field", "search_fields", "image_field", "autoname", "naming_rule", "sort_field", "sort_order")

Properties = dict[str, Any]


@cache
def _defaults(frappe: int) -> Mapping[str, Any]:
    """By part: the properties that a version has, with their values where a DocType does not say."""
    text = importlib.resources.files("erpnext_connector.sandbox").joinpath("meta_defaults.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, dict[str, Any]])[str(frappe)]


def meta(site: Site, doctype: DocType, *, for_desk: bool = False) -> Properties:
    """The DocType; `for_desk` adds what only Frappe's own pages need."""
    defaults = _defaults(recorded(site.frappe))
    stamps = _stamps(site, doctype)
    properties: Properties = dict(defaults["doctype"]) | stamps | {"name": doctype.name, "doctype": "DocType", "idx": 0}
    properties |= {"module": doctype.module}
    for name in RULE:
        if getattr(doctype, name) is not None:
            properties[name] = getattr(doctype, name)
    for name in ("issingle", "istable", "is_submittable", "custom", "allow_rename", "track_changes"):
        properties[name] = getattr(doctype, name)
    if doctype.table_fields or doctype.istable:
        properties["quick_entry"] = 0
    properties["show_title_field_in_link"] = doctype.show_title_field_in_link
    if for_desk:
        scrubbed = doctype.name.lower().replace(" ", "_")
        properties |= defaults["desk"]
        if doctype.istable:
            properties |= dict.fromkeys(UNUSED_BY_ROWS)
        for kind in ("custom_js", "custom_list_js"):
            properties[f"__{kind}"] = None if doctype.istable else f"\n\n//# sourceURL={scrubbed}__{kind}"
    properties["fields"] = [
        _field(site, doctype, field, number, for_desk=for_desk) for number, field in enumerate(doctype.fields, 1)
    ]
    if doctype.table_fields and site.frappe < 16:
        tables = {field.fieldname for field in doctype.table_fields}
        shown = [one for one in properties["fields"] if one["fieldname"] in tables]
        dropped = defaults["desk_field"]
        properties["_table_fields"] = [{k: v for k, v in one.items() if k not in dropped} for one in shown]
    properties["permissions"] = [
        _permission(site, doctype, rule, number) for number, rule in enumerate(doctype.permissions, 1)
    ]
    return properties


def _stamps(site: Site, doctype: DocType) -> Properties:
    row = site.db.execute('SELECT creation, modified FROM "tabDocType" WHERE name = ?', (doctype.name,)).fetchone()
    creation, modified = (row["creation"], row["modified"]) if row else (site.now(), site.now())
    return {
        "creation": creation,
        "modified": modified,
        "owner": "Administrator",
        "modified_by": "Administrator",
        "docstatus": 0,
    }


def _row(site: Site, doctype: DocType, kind: str, number: int) -> Properties:
    parentfield = "fields" if kind == "DocField" else "permissions"
    name = hashlib.sha256(f"{doctype.name} {kind} {number}".encode()).hexdigest()[:10]
    where = {"parent": doctype.name, "parenttype": "DocType", "parentfield": parentfield}
    return {**_stamps(site, doctype), **where, "name": name, "doctype": kind, "idx": number}


def _field(site: Site, doctype: DocType, field: Field, number: int, *, for_desk: bool) -> Properties:
    defaults = _defaults(recorded(site.frappe))
    properties = dict(defaults["field"]) | _row(site, doctype, "DocField", number)
    if for_desk:
        properties |= dict.fromkeys(defaults["desk_field"])
        target = site.schema.find(field.options) if field.fieldtype == "Link" else None
        if target and "linked_document_type" in properties:
            searched = [name.strip() for name in (target.search_fields or "").split(",") if name.strip()]
            properties |= {"linked_document_type": "", "search_fields": searched or None}
    for name in field.__struct_fields__:
        value = getattr(field, name)
        if name == "custom" or (name in TEXT_OR_NOTHING and value is None):
            continue
        properties[name] = value
    return properties


def _permission(site: Site, doctype: DocType, rule: Permission, number: int) -> Properties:
    properties = dict(_defaults(recorded(site.frappe))["permission"]) | _row(site, doctype, "DocPerm", number)
    return {**properties, **msgspec.to_builtins(rule)}


def with_children(site: Site, doctype: DocType) -> list[Properties]:
    """The DocType for the desk, then those of its child tables."""
    children = [site.doctype(field.options) for field in doctype.table_fields]
    unique = {child.name: child for child in children}
    return [meta(site, one, for_desk=True) for one in (doctype, *unique.values())]
