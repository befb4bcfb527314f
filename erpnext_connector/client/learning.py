"""Asking a site what it can do, once."""

from __future__ import annotations

from erpnext_connector.client.flow import Flow, ask
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.errors import BadRequest
from erpnext_connector.wire.meta import meta
from erpnext_connector.wire.site import Capabilities, probes
from erpnext_connector.wire.site import capabilities as of_answers


def capabilities(knowledge: Knowledge) -> Flow[Capabilities]:
    """What the site can do, probed once per connection."""
    if knowledge.capabilities is None:
        answers: dict[str, bool] = {}
        for name, probe in probes().items():
            answers[name] = yield from ask(probe)
        knowledge.capabilities = of_answers(answers)
        knowledge.link_method = knowledge.capabilities.link_method
        knowledge.refuses_bad_tokens = knowledge.capabilities.refuses_bad_tokens
    return knowledge.capabilities


def child_doctype(doctype: str, fieldname: str, knowledge: Knowledge) -> Flow[str]:
    """The DocType of a child table's rows; raises `BadRequest` when the field is no child table."""
    key = doctype, fieldname
    if key not in knowledge.child_doctypes:
        found = yield from ask(meta(doctype))
        child = found.child_doctype(fieldname)
        if child is None:
            raise BadRequest(f"{doctype} has no child table {fieldname!r}.")
        knowledge.child_doctypes[key] = child
    return knowledge.child_doctypes[key]
