from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from erpnext_connector.inbox import Inbox
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.wire.webhook import SIGNATURE_HEADER, sign
from tests.clocks import ManualClock

SECRET = Secret("contract-webhook-secret")

Deliver = Callable[..., bool]


@pytest.fixture
def sites(database: Database) -> Sites:
    """Two sites that share a webhook secret, and one that has none."""
    sites = Sites(database, KeyRing([b"k" * 32]))
    for site_id in ("main", "other"):
        sites.put(Site(site_id, f"https://{site_id}.example.com", "client", webhook_secrets=(SECRET,)))
    sites.put(Site("mute", "https://mute.example.com", "client"))
    return sites


@pytest.fixture
def make_inbox(database: Database, sites: Sites, clock: ManualClock) -> Callable[..., Inbox]:
    def secrets_of(site_id: str) -> tuple[Secret, ...]:
        site = sites.get(site_id)
        return site.webhook_secrets if site else ()

    def make(**options: Any) -> Inbox:
        return Inbox(database, options.pop("clock", clock), secrets_of, **options)

    return make


@pytest.fixture
def inbox(make_inbox: Callable[..., Inbox]) -> Inbox:
    return make_inbox()


@pytest.fixture
def deliver(inbox: Inbox) -> Deliver:
    """Deliver a body with Frappe's signature, and say whether it was new."""

    def deliver(body: dict[str, Any] | bytes, site_id: str = "main", to: Inbox = inbox) -> bool:
        raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
        return to.accept(site_id, raw, {SIGNATURE_HEADER: sign(raw, SECRET)})

    return deliver


def said(name: str = "A", event: str = "on_update", modified: int = 1, doctype: str = "Item") -> dict[str, Any]:
    """A body as our own webhook template makes it."""
    return {
        "event": event,
        "doctype": doctype,
        "name": name,
        "modified": f"2026-11-23 10:00:00.{modified:06}",
        "docstatus": 0,
    }
