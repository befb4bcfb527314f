"""The circuit breaker."""

from erpnext_connector.client.breaker import Breaker


def failing(times, now=0.0):
    breaker = Breaker(failures=3, pause_seconds=5, longest_pause_seconds=20)
    for _ in range(times):
        breaker.failed(now)
    return breaker


def test_a_new_breaker_lets_everything_through():
    assert Breaker().wait_seconds(0) == 0


def test_it_stays_closed_below_the_limit():
    breaker = failing(2)
    assert breaker.wait_seconds(0) == 0
    assert not breaker.is_open


def test_a_success_in_between_starts_the_count_anew():
    breaker = failing(2)
    breaker.succeeded()
    breaker.failed(0)
    breaker.failed(0)
    assert not breaker.is_open


def test_it_opens_at_the_limit_and_says_how_long():
    breaker = failing(3)
    assert breaker.is_open
    assert breaker.wait_seconds(1) == 4


def test_after_the_pause_one_call_looks_and_the_others_wait_for_it():
    breaker = failing(3)
    assert breaker.wait_seconds(5) == 0
    assert breaker.wait_seconds(5) == 5


def test_a_look_that_succeeds_closes_it():
    breaker = failing(3)
    breaker.wait_seconds(5)
    breaker.succeeded()
    assert breaker.wait_seconds(5) == 0
    assert not breaker.is_open


def test_each_look_that_fails_doubles_the_pause_up_to_the_longest():
    breaker = failing(3)
    pauses, now = [], 0.0
    for _ in range(4):
        now += breaker.wait_seconds(now)
        assert breaker.wait_seconds(now) == 0
        breaker.failed(now)
        pauses.append(breaker.wait_seconds(now))
    assert pauses == [10, 20, 20, 20]


def test_stragglers_that_fail_while_it_is_open_do_not_lengthen_the_pause():
    breaker = failing(3)
    breaker.failed(1)
    breaker.failed(2)
    assert breaker.wait_seconds(2) == 3


def test_a_look_that_never_reports_costs_one_more_pause_and_no_more():
    breaker = failing(3)
    assert breaker.wait_seconds(5) == 0
    assert breaker.wait_seconds(9) == 1
    assert breaker.wait_seconds(10) == 0


def test_after_closing_it_takes_the_whole_count_to_open_again():
    breaker = failing(3)
    breaker.wait_seconds(5)
    breaker.succeeded()
    breaker.failed(6)
    breaker.failed(6)
    assert not breaker.is_open
