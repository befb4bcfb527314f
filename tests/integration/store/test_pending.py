from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from sqlalchemy import func, select

from erpnext_connector.errors import KeyUnusable, StateUnknown
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.pending import PendingSignIn, PendingSignIns
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import digest
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.tables import pending_sign_ins as table
from tests.clocks import ManualClock

VERIFIER, NONCE = Secret("verifier"), Secret("nonce")


@pytest.fixture
def pending(database: Database, keyring: KeyRing, sites: Sites, clock: ManualClock) -> PendingSignIns:
    return PendingSignIns(database, keyring, clock)


def test_a_sign_in_that_was_begun_can_be_taken(pending: PendingSignIns) -> None:
    browser = pending.begin("main", "/invoices?page=2&q=\x00", state="s", verifier=VERIFIER, nonce=NONCE)
    assert pending.take("s", browser) == PendingSignIn("main", "/invoices?page=2&q=\x00", VERIFIER, NONCE)


def test_it_can_be_taken_once(pending: PendingSignIns) -> None:
    browser = pending.begin("main", "/", state="s", verifier=VERIFIER, nonce=NONCE)
    pending.take("s", browser)
    with pytest.raises(StateUnknown):
        pending.take("s", browser)


def test_of_many_that_take_it_at_once_one_gets_it(pending: PendingSignIns) -> None:
    browser = pending.begin("main", "/", state="s", verifier=VERIFIER, nonce=NONCE)
    start, taken = threading.Barrier(6), []

    def take() -> None:
        start.wait()
        with suppress(StateUnknown):
            taken.append(pending.take("s", browser))

    threads = [threading.Thread(target=take) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 1


def test_it_expires_after_ten_minutes(pending: PendingSignIns, clock: ManualClock) -> None:
    browser = pending.begin("main", "/", state="s", verifier=VERIFIER, nonce=NONCE)
    clock.advance(600)
    with pytest.raises(StateUnknown):
        pending.take("s", browser)


@pytest.mark.parametrize("browser", [None, "", "another"])
def test_another_browser_can_neither_take_nor_spoil_it(pending: PendingSignIns, browser: str | None) -> None:
    mine = pending.begin("main", "/", state="s", verifier=VERIFIER, nonce=NONCE)
    with pytest.raises(StateUnknown):
        pending.take("s", browser)
    assert pending.take("s", mine)


def test_an_unknown_state_is_refused(pending: PendingSignIns) -> None:
    browser = pending.begin("main", "/", state="s", verifier=VERIFIER, nonce=NONCE)
    with pytest.raises(StateUnknown):
        pending.take("other", browser)


def test_two_tabs_of_one_browser_can_both_sign_in(pending: PendingSignIns) -> None:
    browser = pending.begin("main", "/one", state="s1", verifier=VERIFIER, nonce=NONCE)
    again = pending.begin("main", "/two", state="s2", verifier=VERIFIER, nonce=NONCE, browser_token=browser)
    assert again == browser
    assert pending.take("s1", browser).next_path == "/one"
    assert pending.take("s2", browser).next_path == "/two"


def test_a_refused_consent_ends_the_newest_sign_in_of_the_browser(pending: PendingSignIns, clock: ManualClock) -> None:
    browser = pending.begin("main", "/one", state="s1", verifier=VERIFIER, nonce=NONCE)
    clock.advance(1)
    pending.begin("main", "/two", state="s2", verifier=VERIFIER, nonce=NONCE, browser_token=browser)
    assert pending.abandon(browser) == "/two"
    with pytest.raises(StateUnknown):
        pending.take("s2", browser)
    assert pending.abandon(browser) == "/one"
    assert pending.abandon(browser) is None
    assert pending.abandon(None) is None


def test_expired_ones_are_cleared_away_when_one_begins(
    pending: PendingSignIns, clock: ManualClock, database: Database
) -> None:
    pending.begin("main", "/", state="s1", verifier=VERIFIER, nonce=NONCE)
    clock.advance(600)
    pending.begin("main", "/", state="s2", verifier=VERIFIER, nonce=NONCE)
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_a_proof_copied_to_another_state_does_not_open(pending: PendingSignIns, database: Database) -> None:
    browser = pending.begin("main", "/", state="s1", verifier=VERIFIER, nonce=NONCE)
    pending.begin("main", "/", state="s2", verifier=Secret("other"), nonce=NONCE, browser_token=browser)
    first, second = table.c.state_hash == digest("s1"), table.c.state_hash == digest("s2")
    with database.begin() as connection:
        proof = connection.execute(select(table.c.sealed_proof).where(first)).scalar_one()
        connection.execute(table.update().where(second).values(sealed_proof=proof))
    with pytest.raises(KeyUnusable):
        pending.take("s2", browser)
