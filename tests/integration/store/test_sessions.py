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


# --- idle, seen, listed


@pytest.fixture
def patient(database: Database, sites: Sites, clock: ManualClock) -> Sessions:
    """A week at most, a day without a request."""
    return Sessions(database, clock)


def test_a_session_ends_after_a_day_without_a_request(patient: Sessions, clock: ManualClock) -> None:
    started = patient.start("main", "ann@example.com")
    clock.advance(24 * 3600 - 1)
    assert patient.find(started.id)
    clock.advance(24 * 3600 - 1)
    assert patient.find(started.id)
    clock.advance(24 * 3600)
    assert patient.find(started.id) is None
    assert patient.ended_because(started.id) == "idle"


def test_a_session_ends_after_a_week_however_busy(patient: Sessions, clock: ManualClock) -> None:
    started = patient.start("main", "ann@example.com")
    for _ in range(7 * 2 - 1):
        clock.advance(12 * 3600)
        assert patient.find(started.id)
    clock.advance(12 * 3600)
    assert patient.find(started.id) is None
    assert patient.ended_because(started.id) == "expired"


def test_when_it_was_seen_is_written_once_a_minute(patient: Sessions, clock: ManualClock, database: Database) -> None:
    started = patient.start("main", "ann@example.com")
    clock.advance(59)
    patient.find(started.id)
    assert patient.list("main", "ann@example.com")[0].last_seen_at == started.started_at
    clock.advance(1)
    patient.find(started.id)
    assert patient.list("main", "ann@example.com")[0].last_seen_at == clock.now()


def test_sessions_from_before_idleness_was_counted_are_not_idle(
    patient: Sessions, clock: ManualClock, database: Database
) -> None:
    started = patient.start("main", "ann@example.com")
    with database.begin() as connection:
        connection.execute(table.update().values(last_seen_at=0))
    clock.advance(48 * 3600)
    assert patient.find(started.id)
    clock.advance(24 * 3600)
    assert patient.find(started.id) is None


def test_a_users_sessions_are_listed_without_their_tokens(patient: Sessions, clock: ManualClock) -> None:
    phone = patient.start("main", "ann@example.com", label="Phone\n of \0 Ann" + " x" * 200)
    clock.advance(60)
    laptop = patient.start("main", "ann@example.com", label="Laptop")
    patient.start("main", "bob@example.com")
    patient.start("other", "ann@example.com")
    listed = patient.list("main", "ann@example.com")
    assert [found.public_id for found in listed] == [laptop.public_id, phone.public_id]
    assert listed[0].label == "Laptop"
    assert str(listed[1].label).startswith("Phone of Ann x x")
    assert len(str(listed[1].label)) == 120
    assert laptop.id.reveal() not in repr(listed)


def test_one_session_of_the_list_can_be_ended(patient: Sessions) -> None:
    one, two = patient.start("main", "ann@example.com"), patient.start("main", "ann@example.com")
    assert not patient.end_listed("main", "bob@example.com", one.public_id), "only by its user"
    assert not patient.end_listed("main", "ann@example.com", "unknown-ä")
    assert patient.end_listed("main", "ann@example.com", one.public_id)
    assert not patient.end_listed("main", "ann@example.com", one.public_id)
    assert patient.find(one.id) is None
    assert patient.ended_because(one.id) == "ended_elsewhere"
    assert patient.find(two.id)


def test_all_but_this_session_can_be_ended(patient: Sessions) -> None:
    here, *others = (patient.start("main", "ann@example.com") for _ in range(3))
    assert patient.end_all("main", "ann@example.com", here.id) == 2
    assert patient.find(here.id)
    assert [patient.ended_because(other.id) for other in others] == ["ended_elsewhere"] * 2


def test_signing_in_replaces_the_token_this_browser_had(patient: Sessions) -> None:
    before = patient.start("main", "ann@example.com")
    after = patient.start("main", "ann@example.com", replaces=before.id)
    assert patient.find(before.id) is None
    assert patient.find(after.id)
    assert patient.ended_because(before.id) == "replaced"


def test_why_it_ended_is_told_for_a_day(patient: Sessions, clock: ManualClock) -> None:
    started = patient.start("main", "ann@example.com")
    assert patient.ended_because(started.id) is None
    patient.end(started.id)
    assert patient.ended_because(started.id) == "signed_out"
    clock.advance(24 * 3600)
    patient.end_all("main", "bob@example.com")
    assert patient.ended_because(started.id) is None
    assert patient.ended_because("never seen") is None


def test_why_a_cleared_session_ended_is_still_told(patient: Sessions, clock: ManualClock) -> None:
    started = patient.start("main", "ann@example.com")
    clock.advance(24 * 3600)
    patient.start("main", "bob@example.com")
    assert patient.ended_because(started.id) == "idle"
