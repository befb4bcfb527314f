from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise

import pytest

from erpnext_connector.errors import RateLimited, SiteUnavailable
from erpnext_connector.inbox import Event, Inbox
from tests.clocks import ManualClock
from tests.integration.inbox.conftest import Deliver, said


def test_events_of_one_document_are_told_in_the_order_of_their_arrival(inbox: Inbox, deliver: Deliver) -> None:
    heard: list[tuple[str | None, str | None]] = []
    inbox.on()(lambda event: heard.append((event.name, event.modified)))
    for number in range(1, 5):
        deliver(said("A", modified=number))
        deliver(said("B", modified=number))
    inbox.work()
    for name in ("A", "B"):
        times = [modified for heard_name, modified in heard if heard_name == name]
        assert times == sorted(times, key=str)
        assert len(times) == 4


def test_a_failing_event_holds_up_its_document_and_no_other(inbox: Inbox, deliver: Deliver, clock: ManualClock) -> None:
    heard: list[tuple[str | None, str | None]] = []
    broken = [True]

    @inbox.on()
    def handle(event: Event) -> None:
        if event.name == "A" and broken:
            raise ValueError("not yet")
        heard.append((event.name, event.event))

    deliver(said("A", "on_update"))
    deliver(said("A", "on_submit"))
    deliver(said("B", "on_update"))
    inbox.work()
    assert heard == [("B", "on_update")]
    broken.clear()
    clock.advance(1)
    inbox.work()
    assert heard[1:] == [("A", "on_update"), ("A", "on_submit")]


def test_the_same_name_in_another_doctype_or_site_is_another_document(
    inbox: Inbox, deliver: Deliver, clock: ManualClock
) -> None:
    heard: list[tuple[str, str | None]] = []

    @inbox.on()
    def handle(event: Event) -> None:
        if (event.site_id, event.doctype) == ("main", "Item"):
            raise ValueError("broken")
        heard.append((event.site_id, event.doctype))

    deliver(said("A"))
    deliver(said("A", doctype="Customer"))
    deliver(said("A"), "other")
    inbox.work()
    assert heard == [("main", "Customer"), ("other", "Item")]


def test_retries_wait_longer_each_time_and_the_event_is_parked_with_its_error(
    make_inbox: Callable[..., Inbox], deliver: Deliver, clock: ManualClock
) -> None:
    inbox = make_inbox(attempts=5)
    tried: list[tuple[float, int]] = []
    began = clock.now()

    @inbox.on("Item", "on_update")
    def plan_delivery(event: Event) -> None:
        tried.append((clock.now() - began, event.attempt))
        raise ValueError("no such carrier")

    deliver(said("A"), to=inbox)
    for _ in range(60):
        inbox.work()
        clock.advance(1)
    assert tried == [(0, 1), (1, 2), (3, 3), (7, 4), (15, 5)]
    (parked,) = inbox.parked()
    assert parked.event.name == "A"
    assert "plan_delivery" in parked.error
    assert "ValueError: no such carrier" in parked.error
    assert parked.parked_at == began + 15
    assert inbox.waiting() == 0


def test_waits_do_not_grow_beyond_a_quarter_of_an_hour(
    make_inbox: Callable[..., Inbox], deliver: Deliver, clock: ManualClock
) -> None:
    inbox = make_inbox(attempts=100)
    tried: list[float] = []

    @inbox.on()
    def handle(event: Event) -> None:
        tried.append(clock.now())
        raise ValueError

    deliver(said(), to=inbox)
    for _ in range(600):
        inbox.work()
        clock.advance(30)
    waits = [later - earlier for earlier, later in pairwise(tried)]
    assert max(waits) == 900


def test_after_an_event_is_parked_the_next_of_its_document_goes_on(
    make_inbox: Callable[..., Inbox], deliver: Deliver
) -> None:
    inbox = make_inbox(attempts=1)
    heard: list[str | None] = []

    @inbox.on()
    def handle(event: Event) -> None:
        if event.event == "on_update":
            raise ValueError("poisoned")
        heard.append(event.event)

    deliver(said("A", "on_update"), to=inbox)
    deliver(said("A", "on_submit"), to=inbox)
    inbox.work()
    assert heard == ["on_submit"]
    assert len(inbox.parked()) == 1


def test_a_parked_event_can_be_replayed(make_inbox: Callable[..., Inbox], deliver: Deliver) -> None:
    inbox = make_inbox(attempts=1)
    heard: list[Event] = []
    broken = [True]

    @inbox.on()
    def handle(event: Event) -> None:
        if broken:
            raise ValueError
        heard.append(event)

    deliver(said(), to=inbox)
    inbox.work()
    (parked,) = inbox.parked()
    broken.clear()
    assert inbox.replay(parked.event.id)
    assert not inbox.replay(parked.event.id)
    inbox.work()
    assert [(event.id, event.attempt) for event in heard] == [(parked.event.id, 1)]
    assert inbox.parked() == ()


def test_a_site_that_is_down_for_a_day_parks_nothing(
    make_inbox: Callable[..., Inbox], deliver: Deliver, clock: ManualClock
) -> None:
    inbox = make_inbox(attempts=2)
    tried: list[float] = []
    is_down = [True]

    @inbox.on()
    def handle(event: Event) -> None:
        tried.append(clock.now())
        if is_down:
            raise SiteUnavailable

    deliver(said(), to=inbox)
    for _ in range(24 * 60):
        inbox.work()
        clock.advance(60)
    assert 24 * 4 <= len(tried) < 24 * 4 + 15
    is_down.clear()
    clock.advance(900)
    inbox.work()
    assert (inbox.waiting(), inbox.parked()) == (0, ())


def test_a_site_that_says_when_to_come_back_is_left_alone_until_then(
    inbox: Inbox, deliver: Deliver, clock: ManualClock
) -> None:
    tried: list[float] = []
    began = clock.now()

    @inbox.on()
    def handle(event: Event) -> None:
        tried.append(clock.now() - began)
        raise RateLimited(retry_after_seconds=120)

    deliver(said())
    for _ in range(130):
        inbox.work()
        clock.advance(1)
    assert tried == [0, 120]


def test_an_event_that_nobody_asked_for_is_done_with(inbox: Inbox, deliver: Deliver) -> None:
    deliver(said())
    assert inbox.work() == 1
    assert inbox.waiting() == 0


def test_two_inboxes_in_one_process_do_not_share_handlers(make_inbox: Callable[..., Inbox], deliver: Deliver) -> None:
    one, two = make_inbox(), make_inbox()
    heard: list[str] = []
    one.on()(lambda _: heard.append("one"))
    two.on()(lambda _: heard.append("two"))
    deliver(said(), to=one)
    one.work()
    assert heard == ["one"]


def test_an_event_whose_worker_was_killed_is_claimed_again(
    make_inbox: Callable[..., Inbox], deliver: Deliver, clock: ManualClock
) -> None:
    class Killed(BaseException):
        pass

    doomed, survivor = make_inbox(), make_inbox()

    @doomed.on()
    def die(event: Event) -> None:
        raise Killed

    heard: list[Event] = []
    survivor.on()(heard.append)
    deliver(said(), to=doomed)
    with pytest.raises(Killed):
        doomed.work()
    assert survivor.work() == 0
    clock.advance(15)
    assert survivor.work() == 1
    assert len(heard) == 1


def test_workers_of_several_processes_handle_each_event_once_and_in_order(
    make_inbox: Callable[..., Inbox], deliver: Deliver
) -> None:
    heard: list[tuple[str | None, str | None]] = []
    inboxes = [make_inbox() for _ in range(3)]
    for inbox in inboxes:
        inbox.on()(lambda event: heard.append((event.name, event.modified)))
    expected = [(name, f"2026-11-23 10:00:00.{number:06}") for number in range(10) for name in "ABC"]
    for number in range(10):
        for name in "ABC":
            deliver(said(name, modified=number), to=inboxes[0])
    threads = [threading.Thread(target=inbox.work) for inbox in inboxes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for inbox in inboxes:
        inbox.work()
    assert sorted(heard, key=str) == sorted(expected, key=str)
    for name in "ABC":
        times = [modified for heard_name, modified in heard if heard_name == name]
        assert times == sorted(times, key=str)
