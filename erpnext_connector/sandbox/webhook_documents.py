"""A site's Webhook documents, as the courier reads them, with the log that it writes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.delivery import Courier
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.webhook import Fields


class WebhookDocuments:
    """The Webhooks of one site; every call waits its turn among the site's requests."""

    def __init__(self, site: Site) -> None:
        self._site = site

    def enabled(self) -> Sequence[Fields]:
        """The enabled webhooks, the last changed first: Frappe sends in that order."""
        with self._site.lock:
            found = records.find(self._site, "Webhook", enabled=1)
        return sorted(found, key=lambda webhook: str(webhook["modified"]), reverse=True)

    def get(self, name: str) -> tuple[Fields, str | None] | None:
        """A webhook with its secret; None once it was deleted."""
        with self._site.lock:
            webhook = records.read(self._site, "Webhook", name)
            return (webhook, self._site.password("Webhook", name, "webhook_secret")) if webhook else None

    def log(self, row: Mapping[str, object]) -> None:
        """Keep one Webhook Request Log document."""
        with self._site.lock:
            self._site.begin()
            records.add(self._site, {"doctype": "Webhook Request Log", "user": "Administrator", **row}, silent=True)
            self._site.end(keep=True)


def send_webhooks(site: Site, *, speed: float = 1.0) -> Courier:
    """Have the site's committed events sent from now on; the courier has to be stopped in the end."""
    courier = Courier(WebhookDocuments(site), site.faults, frappe=site.frappe, speed=speed)
    site.after_commit.append(courier.after_commit)
    return courier
