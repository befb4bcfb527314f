"""The threads that hand events to handlers."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.inbox.event import Event
from erpnext_connector.inbox.queue import EventQueue

# How long an event rests after its worker was killed. Living workers renew their claims every third of it.
CLAIM_SECONDS: Final = 15.0
# Wake-ups are hints: retries that fall due and events another process accepted are found by looking.
_POLL_SECONDS: Final = 1.0

_log = logging.getLogger(__name__)


class Worker:
    """One thread that claims and a few that handle; all are daemons, since a lost thread loses nothing."""

    def __init__(
        self, queue: EventQueue, handle: Callable[[Event], None], clock: Clock, *, threads: int, claim_seconds: float
    ) -> None:
        """`handle` must not raise."""
        self._queue = queue
        self._handle = handle
        self._clock = clock
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._claimed: SimpleQueue[Event | None] = SimpleQueue()
        self._running: set[int] = set()
        self._running_guard = threading.Lock()
        self._renewed_at = clock.monotonic()
        self._size = threads
        self._claim_seconds = claim_seconds
        self._poll_seconds = min(_POLL_SECONDS, claim_seconds / 3)
        self._threads = [threading.Thread(target=self._work, name=f"inbox-{n}", daemon=True) for n in range(threads)]
        self._threads.append(threading.Thread(target=self._dispatch, name="inbox-dispatch", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def kick(self) -> None:
        """Look for events now."""
        self._wake.set()

    def stop(self, timeout_seconds: float) -> bool:
        """Claim no more and let what is being handled finish; False when some is still running after the timeout."""
        self._stopping.set()
        self._wake.set()
        give_up = self._clock.monotonic() + timeout_seconds
        for thread in self._threads:
            thread.join(max(0.0, give_up - self._clock.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _dispatch(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                self._renew()
                has_more = self._claim()
            except Exception:  # noqa: BLE001 - whatever the database does, this thread must go on
                _log.exception("The inbox could not look for events; it tries again.")
                has_more = False
            if not has_more:
                self._wake.wait(self._poll_seconds)
        self._drain()

    def _claim(self) -> bool:
        """Hand out as much as there are idle threads; whether there may be more to claim at once."""
        idle = self._size - len(self._running)
        if not idle:
            return False
        now = self._clock.now()
        events = self._queue.claim(idle, now=now, until=now + self._claim_seconds)
        with self._running_guard:
            self._running.update(event.id for event in events)
        for event in events:
            self._claimed.put(event)
        return len(events) == idle

    def _renew(self) -> None:
        if self._clock.monotonic() - self._renewed_at < self._claim_seconds / 3:
            return
        self._renewed_at = self._clock.monotonic()
        with self._running_guard:
            running = list(self._running)
        if running:
            self._queue.renew(running, until=self._clock.now() + self._claim_seconds)

    def _drain(self) -> None:
        """Keep the claims alive until the last handler is through, then send the threads home."""
        for _ in range(self._size):
            self._claimed.put(None)
        while self._running:
            self._wake.wait(self._poll_seconds)
            self._wake.clear()
            try:
                self._renew()
            except Exception:  # noqa: BLE001 - as above
                _log.exception("The inbox could not renew its claims; it tries again.")

    def _work(self) -> None:
        while (event := self._claimed.get()) is not None:
            try:
                self._handle(event)
            finally:
                with self._running_guard:
                    self._running.discard(event.id)
                self._wake.set()
