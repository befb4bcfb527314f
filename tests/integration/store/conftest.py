from __future__ import annotations

import pytest

from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Site, Sites


@pytest.fixture
def keyring() -> KeyRing:
    return KeyRing([b"k" * 32])


@pytest.fixture
def sites(database: Database, keyring: KeyRing) -> Sites:
    """Two sites, `main` and `other`."""
    sites = Sites(database, keyring)
    for site_id in ("main", "other"):
        sites.put(Site(site_id, f"https://{site_id}.example.com", "client", Secret("client-secret")))
    return sites
