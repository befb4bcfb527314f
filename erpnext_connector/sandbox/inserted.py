"""What follows, in the site itself, once a document of one of Frappe's own DocTypes was inserted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from erpnext_connector.sandbox.permissions import ADMINISTRATOR
from erpnext_connector.sandbox.site import Document, Site


def add_custom_field(site: Site, field: Document) -> None:
    """A Custom Field: its DocType has it."""
    site.add_custom_field(field)


def add_doctype(site: Site, doctype: Document) -> None:
    """A DocType: it has a table."""
    site.add_doctype(doctype)


def add_state_field(site: Site, workflow: Document) -> None:
    """A Workflow: its DocType has the field that its states are kept in."""
    doctype, fieldname = site.doctype(workflow["document_type"]), str(workflow["workflow_state_field"])
    if fieldname in doctype.by_name:
        return
    field: Document = {"doctype": "Custom Field", "dt": doctype.name, "fieldname": fieldname}
    field |= {"label": "Workflow State", "fieldtype": "Link", "options": "Workflow State"}
    field |= {"allow_on_submit": 1, "hidden": 1}
    site.documents.insert(field, ADMINISTRATOR, ignore_permissions=True)


def share_with_itself(site: Site, user: Document) -> None:
    """A User: who it is may read and write the document."""
    share: Document = {"doctype": "DocShare", "user": user["name"], "share_doctype": "User"}
    share |= {"share_name": user["name"], "read": 1, "write": 1, "share": 1}
    site.documents.insert(share, ADMINISTRATOR, ignore_permissions=True)


FOLLOWING: Final[Mapping[str, Callable[[Site, Document], None]]] = {
    "Custom Field": add_custom_field,
    "DocType": add_doctype,
    "Workflow": add_state_field,
    "User": share_with_itself,
}
