from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from erpnext_connector.clock import SystemClock
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.store.database import Database
from tests.integration.inbox.conftest import Deliver, said


@pytest.fixture
def running(make_inbox: Callable[..., Inbox]) -> Iterator[Inbox]:
    inbox = make_inbox(clock=SystemClock())
    yield inbox
    inbox.stop()
    _until(lambda: not any(thread.name.startswith("inbox-") for thread in threading.enumerate()))


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    give_up = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < give_up, "it did not happen"
        time.sleep(0.005)


def test_an_accepted_event_is_handled_at_once(running: Inbox, deliver: Deliver) -> None:
    took: list[float] = []
    running.on()(lambda event: took.append(time.time() - event.received_at))
    running.start()
    time.sleep(0.1)
    deliver(said(), to=running)
    _until(lambda: bool(took))
    assert took[0] < 0.5


def test_an_event_that_another_process_accepted_is_found_soon(
    running: Inbox, make_inbox: Callable[..., Inbox], deliver: Deliver
) -> None:
    heard: list[Event] = []
    running.on()(heard.append)
    running.start()
    deliver(said(), to=make_inbox(clock=SystemClock()))
    _until(lambda: bool(heard), seconds=5)


def test_a_failed_event_is_tried_again_without_being_told(running: Inbox, deliver: Deliver) -> None:
    attempts: list[int] = []

    @running.on()
    def handle(event: Event) -> None:
        attempts.append(event.attempt)
        if event.attempt == 1:
            raise ValueError("once")

    running.start()
    deliver(said(), to=running)
    _until(lambda: attempts == [1, 2])


def test_documents_are_handled_side_by_side(running: Inbox, deliver: Deliver) -> None:
    together = threading.Barrier(4, timeout=10)
    done: list[str | None] = []

    @running.on()
    def handle(event: Event) -> None:
        together.wait()
        done.append(event.name)

    for name in "ABCD":
        deliver(said(name), to=running)
    running.start()
    _until(lambda: len(done) == 4)


def test_one_document_is_never_handled_twice_at_a_time(running: Inbox, deliver: Deliver) -> None:
    busy = threading.Lock()
    order: list[str | None] = []

    @running.on()
    def handle(event: Event) -> None:
        assert busy.acquire(blocking=False)
        time.sleep(0.01)
        order.append(event.modified)
        busy.release()

    running.start()
    for number in range(10):
        deliver(said("A", modified=number), to=running)
    _until(lambda: len(order) == 10)
    assert order == sorted(order, key=str)


def test_a_handler_that_takes_longer_than_its_claim_is_not_overtaken(
    make_inbox: Callable[..., Inbox], deliver: Deliver
) -> None:
    processes = [make_inbox(clock=SystemClock(), claim_seconds=0.6) for _ in range(2)]
    began: list[Event] = []
    done = threading.Event()

    def handle(event: Event) -> None:
        began.append(event)
        time.sleep(1.5)
        done.set()

    for process in processes:
        process.on()(handle)
        process.start()
    deliver(said(), to=processes[0])
    assert done.wait(10)
    assert all(process.stop() for process in processes)
    assert len(began) == 1
    assert processes[0].waiting() == 0


def test_stopping_lets_the_running_handler_finish_and_begins_no_other(running: Inbox, deliver: Deliver) -> None:
    began, go_on = threading.Event(), threading.Event()
    done: list[str | None] = []

    @running.on()
    def handle(event: Event) -> None:
        began.set()
        go_on.wait(10)
        done.append(event.modified)

    running.start()
    for number in (1, 2):
        deliver(said("A", modified=number), to=running)
    assert began.wait(10)
    threading.Timer(0.2, go_on.set).start()
    assert running.stop()
    assert len(done) == 1
    assert running.waiting() == 1


def test_stopping_does_not_wait_for_ever(running: Inbox, deliver: Deliver) -> None:
    go_on, began = threading.Event(), threading.Event()

    @running.on()
    def hang(event: Event) -> None:
        began.set()
        go_on.wait(30)

    running.start()
    deliver(said(), to=running)
    assert began.wait(10)
    before = time.monotonic()
    assert not running.stop(timeout_seconds=0.2)
    assert time.monotonic() - before < 2
    go_on.set()


def test_it_can_be_stopped_twice_and_started_again(running: Inbox, deliver: Deliver) -> None:
    heard: list[Event] = []
    running.on()(heard.append)
    running.start()
    running.start()
    assert running.stop()
    assert running.stop()
    running.start()
    deliver(said(), to=running)
    _until(lambda: bool(heard))


def test_a_database_that_fails_for_a_moment_does_not_end_the_worker(
    running: Inbox, deliver: Deliver, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Event] = []
    running.on()(heard.append)
    with database.begin() as connection:
        connection.execute(text("ALTER TABLE connector_inbox_events RENAME TO away"))
    with caplog.at_level(logging.CRITICAL + 1, "erpnext_connector.inbox.worker"):
        running.start()
        time.sleep(0.2)
        with database.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO connector_inbox_events"))
        deliver(said(), to=running)
        _until(lambda: bool(heard))
