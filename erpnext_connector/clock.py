"""Time that is passed in, so that nothing has to wait for it in a test."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Where a component reads the time and lets it pass."""

    def now(self) -> float:
        """Seconds since the epoch, UTC: what is stored."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards: what durations are measured with."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block the calling thread."""
        ...


class SystemClock:
    """The machine's own time."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)
