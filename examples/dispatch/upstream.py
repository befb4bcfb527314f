"""What ERPNext calls the saved documents today, as far as the person who looks may see them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from erpnext_connector import AsyncClient
from erpnext_connector.errors import ConnectorError, PermissionDenied, Retryable
from examples.dispatch.deliveries import Delivery

TITLE_FIELDS = {"Customer": "customer_name", "Item": "item_name"}


@dataclass(frozen=True, slots=True)
class Known:
    title: str
    remark: str = ""


@dataclass(slots=True)
class Upstream:
    """Look-ups by DocType and name; `trouble` says why there are only names."""

    documents: dict[tuple[str, str], Known] = field(default_factory=dict)
    trouble: ConnectorError | None = None

    def __getitem__(self, link: tuple[str, str]) -> Known:
        missing = "" if self.trouble else "Not in ERPNext any more, or you may not see it."
        return self.documents.get(link, Known(link[1], missing))


async def look_up(erpnext: AsyncClient, deliveries: Iterable[Delivery], *doctypes: str) -> Upstream:
    """One call per DocType, as the user; while ERPNext is down the names have to do."""
    upstream, deliveries = Upstream(), list(deliveries)
    names = {
        "Customer": {delivery.customer for delivery in deliveries},
        "Item": {item for delivery in deliveries for item in delivery.items},
    }
    try:
        for doctype in doctypes:
            upstream.documents |= await _read(erpnext, doctype, names[doctype])
    except Retryable as trouble:
        upstream.trouble = trouble
    return upstream


async def _read(erpnext: AsyncClient, doctype: str, names: set[str]) -> dict[tuple[str, str], Known]:
    title = TITLE_FIELDS[doctype]
    try:
        rows = await erpnext.list(doctype, fields=["name", title, "disabled"], filters={"name": ["in", sorted(names)]})
    except PermissionDenied:
        return {}
    return {
        (doctype, row["name"]): Known(row[title] or row["name"], "Disabled in ERPNext." if row["disabled"] else "")
        for row in rows
    }
