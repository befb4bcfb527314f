"""What follows, in the site itself, once a document of one of Frappe's own DocTypes was inserted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from erpnext_connector.sandbox.site import Document, Site

Insert = Callable[[Document], Document]
"""Inserts another document, whatever anybody's permissions."""


def add_custom_field(site: Site, field: Document, _insert: Insert) -> None:
    """A Custom Field: its DocType has it."""
    site.add_custom_field(field)


def add_doctype(site: Site, doctype: Document, _insert: Insert) -> None:
    """A DocType: it has a table."""
    site.add_doctype(doctype)


def add_state_field(site: Site, workflow: Document, insert: Insert) -> None:
    """A Workflow: its DocType has the field that its states are kept in."""
    doctype, fieldname = site.doctype(workflow["document_type"]), str(workflow["workflow_state_field"])
    if fieldname in doctype.by_name:
        return
    field: Document = {"doctype": "Custom Field", "dt": doctype.name, "fieldname": fieldname}
    field |= {"label": "Workflow State", "fieldtype": "Link", "options": "Workflow State"}
    field |= {"allow_on_submit": 1, "hidden": 1}
    insert(field)


def share_with_itself(_site: Site, user: Document, insert: Insert) -> None:
    """A User: who it is may read and write the document."""
    share: Document = {"doctype": "DocShare", "user": user["name"], "share_doctype": "User"}
    share |= {"share_name": user["name"], "read": 1, "write": 1, "share": 1}
    insert(share)


FOLLOWING: Final[Mapping[str, Callable[[Site, Document, Insert], None]]] = {
    "Custom Field": add_custom_field,
    "DocType": add_doctype,
    "Workflow": add_state_field,
    "User": share_with_itself,
}
