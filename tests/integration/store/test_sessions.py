from __future__ import annotations

import pytest
from sqlalchemy import func, select

from erpnext_connector.store.database import Database
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.tables import sessions as table
from tests.clocks import ManualClock


@pytest.fixture
def sessions(database: Database, sites: Sites, clock: ManualClock) -> Sessions:
    return Sessions(database, clock, lifetime_seconds=3600)


def test_a_session_is_found_by_its_token(sessions: Sessions, clock: ManualClock) -> None:
    started = sessions.start("main", "ann@example.com")
    assert sessions.find(started.id) == sessions.find(started.id.reveal()) == started
    assert started.expires_at == clock.now() + 3600


@pytest.mark.parametrize("token", ["", "x", "ä", "a" * 10_000])
def test_an_unknown_token_finds_nothing(sessions: Sessions, token: str) -> None:
    sessions.start("main", "ann@example.com")
    assert sessions.find(token) is None


def test_two_sessions_of_one_user_share_neither_token_nor_csrf(sessions: Sessions) -> None:
    one, two = sessions.start("main", "ann@example.com"), sessions.start("main", "ann@example.com")
    assert one.id != two.id
    assert one.csrf != two.csrf
    assert one.csrf != one.id


def test_a_session_expires(sessions: Sessions, clock: ManualClock) -> None:
    started = sessions.start("main", "ann@example.com")
    clock.advance(3599)
    assert sessions.find(started.id)
    clock.advance(1)
    assert sessions.find(started.id) is None


def test_expired_sessions_are_cleared_away_when_one_starts(
    sessions: Sessions, clock: ManualClock, database: Database
) -> None:
    for _ in range(3):
        sessions.start("main", "ann@example.com")
    clock.advance(3600)
    sessions.start("main", "bob@example.com")
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


def test_signing_out_ends_this_browser_only(sessions: Sessions) -> None:
    one, two = sessions.start("main", "ann@example.com"), sessions.start("main", "ann@example.com")
    sessions.end(one.id)
    sessions.end(one.id)
    assert sessions.find(one.id) is None
    assert sessions.find(two.id)


def test_ending_all_sessions_spares_other_users_and_other_sites(sessions: Sessions) -> None:
    mine = [sessions.start("main", "ann@example.com") for _ in range(2)]
    others = [sessions.start("other", "ann@example.com"), sessions.start("main", "bob@example.com")]
    assert sessions.end_all("main", "ann@example.com") == 2
    assert [sessions.find(session.id) for session in mine] == [None, None]
    assert all(sessions.find(session.id) for session in others)


def test_a_session_does_not_print_its_token(sessions: Sessions) -> None:
    started = sessions.start("main", "ann@example.com")
    assert started.id.reveal() not in repr(started)
    assert started.csrf.reveal() not in repr(started)
