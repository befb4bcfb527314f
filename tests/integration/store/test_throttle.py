from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from erpnext_connector.errors import TooManyAttempts
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import throttle as table
from erpnext_connector.store.throttle import Throttle
from tests.clocks import ManualClock


@pytest.fixture
def throttle(database: Database, clock: ManualClock) -> Throttle:
    return Throttle(database, clock)


def _admitted(throttle: Throttle, times: int, key: str = "10.0.0.1", what: str = "login") -> int:
    """How many of so many attempts passed: five a minute may."""
    passed = 0
    for _ in range(times):
        try:
            throttle.admit(what, key, 5, 60)
        except TooManyAttempts:
            continue
        passed += 1
    return passed


def test_as_many_pass_as_are_allowed(throttle: Throttle) -> None:
    assert _admitted(throttle, 12) == 5


def test_one_more_passes_after_its_share_of_the_time(throttle: Throttle, clock: ManualClock) -> None:
    _admitted(throttle, 5)
    with pytest.raises(TooManyAttempts) as refused:
        throttle.admit("login", "10.0.0.1", 5, 60)
    assert refused.value.retry_after_seconds == 12
    clock.advance(12)
    assert _admitted(throttle, 5) == 1
    clock.advance(60)
    assert _admitted(throttle, 12) == 5


def test_refused_attempts_do_not_prolong_the_wait(throttle: Throttle, clock: ManualClock) -> None:
    _admitted(throttle, 100)
    clock.advance(12)
    assert _admitted(throttle, 1) == 1


def test_checking_tells_whether_something_is_left_and_counts_nothing(throttle: Throttle, clock: ManualClock) -> None:
    for _ in range(9):
        throttle.check("login", "10.0.0.1", 5, 60)
    assert _admitted(throttle, 5) == 5
    with pytest.raises(TooManyAttempts) as refused:
        throttle.check("login", "10.0.0.1", 5, 60)
    clock.advance(refused.value.retry_after_seconds or 0)
    throttle.check("login", "10.0.0.1", 5, 60)


def test_others_and_other_things_have_allowances_of_their_own(throttle: Throttle) -> None:
    _admitted(throttle, 9)
    assert _admitted(throttle, 9, key="10.0.0.2") == 5
    assert _admitted(throttle, 9, what="pairing") == 5


def test_replicas_share_one_allowance(database: Database, clock: ManualClock) -> None:
    replicas = [Throttle(database, clock) for _ in range(4)]
    start, passed = threading.Barrier(8), list[int]()

    def attempt(index: int) -> None:
        start.wait()
        passed.append(_admitted(replicas[index % 4], 4))

    threads = [threading.Thread(target=attempt, args=(index,)) for index in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(passed) == 5


def test_what_is_over_is_cleared_away_and_no_key_is_stored(
    throttle: Throttle, clock: ManualClock, database: Database
) -> None:
    for number in range(20):
        throttle.admit("login", f"10.0.0.{number}", 5, 60)
    with database.read() as connection:
        assert "10.0.0" not in str(connection.execute(select(table)).all())
    clock.advance(61)
    throttle.admit("login", "10.0.1.1", 5, 60)
    with database.read() as connection:
        assert len(connection.execute(select(table)).all()) == 1
