from __future__ import annotations

import pytest
from sqlalchemy import select

from erpnext_connector.errors import PairingUnknown
from erpnext_connector.store.database import Database
from erpnext_connector.store.pairings import Pairings
from erpnext_connector.store.sessions import Session, Sessions
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.tables import pairings as table
from tests.clocks import ManualClock

USER = "ann@example.com"


@pytest.fixture
def sessions(database: Database, sites: Sites, clock: ManualClock) -> Sessions:
    return Sessions(database, clock)


@pytest.fixture
def session(sessions: Sessions) -> Session:
    return sessions.start("main", USER)


@pytest.fixture
def pairings(database: Database, clock: ManualClock) -> Pairings:
    return Pairings(database, clock)


def test_a_code_lets_one_device_in_once(pairings: Pairings, session: Session, clock: ManualClock) -> None:
    begun = pairings.begin("main", USER, session)
    assert begun.expires_at == clock.now() + 120
    assert pairings.take(begun.code) == ("main", USER)
    with pytest.raises(PairingUnknown):
        pairings.take(begun.code)


@pytest.mark.parametrize("code", ["", "x", "ä", "a" * 10_000, "\0"])
def test_an_unknown_code_lets_nobody_in(pairings: Pairings, session: Session, code: str) -> None:
    begun = pairings.begin("main", USER, session)
    with pytest.raises(PairingUnknown):
        pairings.take(code)
    assert pairings.take(begun.code)


def test_it_is_good_for_two_minutes(pairings: Pairings, session: Session, clock: ManualClock) -> None:
    begun = pairings.begin("main", USER, session)
    clock.advance(120)
    with pytest.raises(PairingUnknown):
        pairings.take(begun.code)


def test_a_new_code_ends_the_one_before(pairings: Pairings, session: Session) -> None:
    before, now = pairings.begin("main", USER, session), pairings.begin("main", USER, session.id)
    with pytest.raises(PairingUnknown):
        pairings.take(before.code)
    assert pairings.take(now.code)


def test_it_ends_with_the_session_that_showed_it(pairings: Pairings, sessions: Sessions, session: Session) -> None:
    begun = pairings.begin("main", USER, session)
    sessions.end(session.id)
    with pytest.raises(PairingUnknown):
        pairings.take(begun.code)


def test_it_is_no_good_at_another_site(pairings: Pairings, session: Session) -> None:
    begun = pairings.begin("main", USER, session)
    with pytest.raises(PairingUnknown):
        pairings.take(begun.code, site_id="other")


def test_no_code_is_stored_or_printed(pairings: Pairings, session: Session, database: Database) -> None:
    begun = pairings.begin("main", USER, session)
    with database.read() as connection:
        stored = str(connection.execute(select(table)).all())
    assert begun.code.reveal() not in stored + repr(begun)
    assert len(begun.code.reveal()) == 43
