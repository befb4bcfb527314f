from __future__ import annotations

import threading

import pytest
from sqlalchemy import delete, update

from erpnext_connector.store.database import Database
from erpnext_connector.store.receipts import FIRST, Receipts
from erpnext_connector.store.tables import receipts as table
from tests.clocks import ManualClock


@pytest.fixture
def receipts(database: Database, clock: ManualClock) -> Receipts:
    return Receipts(database, clock)


def test_a_receipt_says_what_and_when(receipts: Receipts, clock: ManualClock) -> None:
    written = receipts.write("erased", "main", "abc", {"reason": "asked for it", "sessions": 2})
    assert (written.kind, written.site_id, written.at) == ("erased", "main", clock.now())
    assert written.details == {"reason": "asked for it", "sessions": 2}
    assert receipts.all("main") == (written,)
    assert receipts.all("other") == ()


def test_each_covers_the_one_before(receipts: Receipts) -> None:
    first, second = (receipts.write("revoked", site, "abc", {}) for site in ("main", "other"))
    assert (first.previous_hash, second.previous_hash) == (FIRST, first.hash)
    assert receipts.first_broken() is None


@pytest.mark.parametrize("column", ["at", "kind", "site_id", "subject_hash", "details"])
def test_a_changed_receipt_is_noticed(receipts: Receipts, database: Database, column: str) -> None:
    _, changed, _ = (receipts.write("erased", "main", "abc", {"n": number}) for number in range(3))
    value = {"at": 1.0, "details": '{"n":7}'}.get(column, "forged")
    with database.begin() as connection:
        connection.execute(update(table).where(table.c.id == changed.id).values({column: value}))
    broken = receipts.first_broken()
    assert broken is not None
    assert broken.id == changed.id


def test_a_receipt_that_was_taken_out_is_noticed(receipts: Receipts, database: Database) -> None:
    _, gone, last = (receipts.write("erased", "main", "abc", {"n": number}) for number in range(3))
    with database.begin() as connection:
        connection.execute(delete(table).where(table.c.id == gone.id))
    assert receipts.first_broken() == last


def test_receipts_that_are_written_at_once_make_one_chain(database: Database, clock: ManualClock) -> None:
    start, failures = threading.Barrier(6), list[Exception]()

    def write() -> None:
        start.wait()
        try:
            for number in range(5):
                Receipts(database, clock).write("erased", "main", "abc", {"n": number})
        except Exception as error:  # noqa: BLE001 - told by the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    receipts = Receipts(database, clock)
    assert failures == []
    assert len(receipts.all()) == 30
    assert receipts.first_broken() is None
