"""A clock that moves when the test says so."""

from __future__ import annotations


class ManualClock:
    """Starts at a fixed moment; `sleep` and `advance` move it."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds

    def advance(self, seconds: float) -> None:
        self._now += seconds
