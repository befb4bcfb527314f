"""What was learned about a site while talking to it."""

from __future__ import annotations

from dataclasses import dataclass, field

from erpnext_connector.wire.links import LinkMethod
from erpnext_connector.wire.site import Capabilities


@dataclass(slots=True)
class Knowledge:
    """Facts of the site, the same for all its users; empty at first, and never wrong for long: misses ask again."""

    capabilities: Capabilities | None = None
    refuses_bad_tokens: bool | None = None
    link_method: LinkMethod = "validate_link"
    child_doctypes: dict[tuple[str, str], str] = field(default_factory=dict)
    """The DocType of a child table's rows, by DocType and field."""
