from __future__ import annotations

from erpnext_connector.store.database import Database
from erpnext_connector.store.ledger import Entry, Ledger
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.user_keys import UserKeys
from tests.clocks import ManualClock


def test_calls_are_told_newest_first(database: Database, clock: ManualClock) -> None:
    ledger = Ledger(database, clock, UserKeys(database, KeyRing([b"k" * 32]), clock))
    ledger.record("main", "ann@example.com", "get", "Item", "1/2in Größe", outcome="ok", duration_ms=12.5)
    clock.advance(1)
    ledger.record("main", "ann@example.com", "ping", outcome="site_unreachable", duration_ms=5000.0)
    newest, oldest = ledger.recent()
    assert newest == Entry(clock.now(), "main", "ann@example.com", "ping", None, None, "site_unreachable", 5000.0)
    assert (oldest.doctype, oldest.name, oldest.duration_ms) == ("Item", "1/2in Größe", 12.5)


def test_a_site_or_a_user_can_be_picked_out(database: Database, clock: ManualClock) -> None:
    ledger = Ledger(database, clock, UserKeys(database, KeyRing([b"k" * 32]), clock))
    for site_id, user in [("main", "ann"), ("main", "bob"), ("other", "ann")]:
        ledger.record(site_id, user, "get", outcome="ok", duration_ms=1.0)
    assert [entry.user for entry in ledger.recent(site_id="main")] == ["bob", "ann"]
    assert [entry.site_id for entry in ledger.recent(user="ann")] == ["other", "main"]
    assert len(ledger.recent(1, site_id="main", user="ann")) == 1


def test_a_name_that_no_database_stores_is_recorded_as_it_is(database: Database, clock: ManualClock) -> None:
    ledger = Ledger(database, clock, UserKeys(database, KeyRing([b"k" * 32]), clock))
    ledger.record("main", "ann", "get", "It\0em", "\0", outcome="document_not_found", duration_ms=1.0)
    assert [(entry.doctype, entry.name) for entry in ledger.recent()] == [("It\0em", "\0")]


def test_no_more_is_told_than_asked_for(database: Database, clock: ManualClock) -> None:
    ledger = Ledger(database, clock, UserKeys(database, KeyRing([b"k" * 32]), clock))
    for number in range(5):
        ledger.record("main", "ann", "get", "Item", str(number), outcome="ok", duration_ms=1.0)
    assert [entry.name for entry in ledger.recent(2)] == ["4", "3"]
