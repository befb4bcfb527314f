"""Workflow actions on documents: frappe.model.workflow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.sandbox.arguments import Arguments
from erpnext_connector.sandbox.documents import Documents
from erpnext_connector.sandbox.errors import FrappeError
from erpnext_connector.sandbox.http import Request
from erpnext_connector.sandbox.methods import Method
from erpnext_connector.sandbox.permissions import ADMINISTRATOR, Permissions
from erpnext_connector.sandbox.site import Document, Site
from erpnext_connector.sandbox.values import parse_json, to_int

ALLOWED_STEPS: Final = {(0, 0), (0, 1), (1, 1), (1, 2)}


def get_transitions(site: Site, request: Request, user: str) -> list[Document]:
    """What the user can do with a document now."""
    document, workflow = _loaded(site, request, "get_transitions")
    site.part(Permissions).check_document(site.doctype(document["doctype"]), "read", user, document)
    return _transitions(site, document, workflow, user)


def apply_workflow(site: Site, request: Request, user: str) -> Document:
    """Bring a document into the state that an action leads to; gives the document."""
    document, workflow = _loaded(site, request, "apply_workflow")
    (action,) = Arguments.of(request, "apply_workflow").need("action")
    found = [one for one in _transitions(site, document, workflow, user) if one["action"] == action]
    if not found:
        raise FrappeError("WorkflowTransitionError", "Not a valid Workflow Action")
    state = _state(workflow, found[0]["next_state"])
    changed = document | {workflow["workflow_state_field"]: state["state"]}
    if state.get("update_field"):
        changed[state["update_field"]] = state.get("update_value")
    before, after = document["docstatus"], to_int(state.get("doc_status"))
    if (before, after) not in ALLOWED_STEPS:
        raise FrappeError("ValidationError", f"Illegal Document Status for {state['state']}")
    saved = site.part(Documents).save(changed | {"docstatus": after}, user)
    site.part(Documents).comment(saved, "Workflow", state["state"], user)
    return saved


def _loaded(site: Site, request: Request, function: str) -> tuple[Document, Document]:
    """The document that the request names, as it is kept, with its DocType's active workflow."""
    (given,) = Arguments.of(request, function).need("doc")
    named: Mapping[str, Any] = parse_json(given)
    document = site.stored.load(named.get("doctype"), named.get("name"))
    sql = 'SELECT name FROM "tabWorkflow" WHERE document_type = ? AND is_active = 1'
    row = site.db.execute(sql, (document["doctype"],)).fetchone()
    workflow = site.stored.load("Workflow", row["name"] if row else None)
    field = workflow["workflow_state_field"]
    return document | {field: document.get(field) or workflow["states"][0]["state"]}, workflow


def _transitions(site: Site, document: Document, workflow: Document, user: str) -> list[Document]:
    roles, state = set(site.roles(user)), document[workflow["workflow_state_field"]]
    return [
        one
        for one in workflow["transitions"]
        if one["state"] == state and (one["allowed"] in roles or user == ADMINISTRATOR)
    ]


def _state(workflow: Document, name: str) -> Document:
    return next(state for state in workflow["states"] if state["state"] == name)


METHODS: Final = {
    "frappe.model.workflow.get_transitions": Method(get_transitions),
    "frappe.model.workflow.apply_workflow": Method(apply_workflow),
}
