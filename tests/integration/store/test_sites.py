from __future__ import annotations

import pytest
from sqlalchemy import select

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.tables import sessions as sessions_table
from erpnext_connector.store.tables import sites as table
from erpnext_connector.store.user_keys import UserKeys
from tests.clocks import ManualClock

FULL = Site(
    id="größe",
    address="https://erp.example.com",
    client_id="abc",
    client_secret=Secret("client-secret"),
    api_key="key",
    api_secret=Secret("api-secret"),
    webhook_secrets=(Secret("new"), Secret("old")),
)
BARE = Site(id="bare", address="https://bare.example.com", client_id="xyz")


@pytest.mark.parametrize("site", [FULL, BARE], ids=["full", "bare"])
def test_a_site_comes_back_as_it_was_put(database: Database, keyring: KeyRing, site: Site) -> None:
    sites = Sites(database, keyring)
    sites.put(site)
    assert sites.get(site.id) == site


def test_putting_a_site_again_replaces_it_and_keeps_its_sessions(
    database: Database, sites: Sites, clock: ManualClock
) -> None:
    sessions = Sessions(database, clock)
    session = sessions.start("main", "ann@example.com")
    sites.put(Site("main", "https://moved.example.com", "other-client"))
    found = sites.get("main")
    assert found is not None
    assert (found.address, found.client_secret) == ("https://moved.example.com", None)
    assert sessions.find(session.id)


def test_an_unknown_site_is_none(sites: Sites) -> None:
    assert sites.get("nowhere") is None


def test_all_sites_are_listed_by_id(sites: Sites) -> None:
    assert [site.id for site in sites.all()] == ["main", "other"]


def test_removing_a_site_takes_its_sessions_and_leaves_the_ledger(
    database: Database, sites: Sites, clock: ManualClock
) -> None:
    Sessions(database, clock).start("main", "ann@example.com")
    ledger = Ledger(database, clock, UserKeys(database, KeyRing([b"k" * 32]), clock))
    ledger.record("main", "ann@example.com", "get", "Item", "A", outcome="ok", duration_ms=1.0)
    sites.remove("main")
    assert sites.get("main") is None
    assert sites.get("other")
    assert len(ledger.recent()) == 1
    with database.read() as connection:
        assert connection.execute(select(sessions_table)).all() == []


def test_the_secrets_of_one_site_do_not_open_as_anothers(database: Database, sites: Sites) -> None:
    with database.begin() as connection:
        stolen = connection.execute(select(table.c.sealed_secrets).where(table.c.id == "main")).scalar_one()
        connection.execute(table.update().where(table.c.id == "other").values(sealed_secrets=stolen))
    with pytest.raises(KeyUnusable):
        sites.get("other")


def test_a_site_does_not_print_its_secrets() -> None:
    assert "api-secret" not in repr(FULL)
