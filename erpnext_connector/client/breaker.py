"""A circuit breaker: stops asking a site that keeps failing."""

from __future__ import annotations


class Breaker:
    """Counts failures in a row; after too many it pauses all calls, then lets one through at a time to look.

    Times are seconds of one monotonic clock, passed in. It needs no lock: threads that race for the same
    moment let at most one call too many through, and nothing leaves it stuck.
    """

    __slots__ = ("_failures", "_first_pause", "_is_probed", "_limit", "_longest_pause", "_open_until", "_pause")

    def __init__(self, *, failures: int = 5, pause_seconds: float = 5.0, longest_pause_seconds: float = 60.0) -> None:
        """Open after `failures` in a row, first for `pause_seconds`; each look that fails doubles the pause."""
        self._limit = failures
        self._first_pause = pause_seconds
        self._longest_pause = longest_pause_seconds
        self._failures = 0
        self._pause = pause_seconds
        self._open_until: float | None = None
        self._is_probed = False

    @property
    def is_open(self) -> bool:
        """Whether the last calls failed and none has succeeded since."""
        return self._open_until is not None

    def wait_seconds(self, now: float) -> float:
        """0 when a call may go out, else the seconds until one may.

        While open, the first caller after the pause gets 0 and everybody else waits another pause for what it finds;
        a caller that never tells costs no more than that.
        """
        if self._open_until is None:
            return 0.0
        if now < self._open_until:
            return self._open_until - now
        self._open_until = now + self._pause
        self._is_probed = True
        return 0.0

    def succeeded(self) -> None:
        """The site answered."""
        if self._failures:
            self._failures = 0
            self._pause = self._first_pause
            self._open_until = None
            self._is_probed = False

    def failed(self, now: float) -> None:
        """The site could not be reached, or could not answer."""
        self._failures += 1
        if self._failures < self._limit:
            return
        if self._open_until is None:
            self._open_until = now + self._pause
        elif self._is_probed:
            self._is_probed = False
            self._pause = min(self._pause * 2, self._longest_pause)
            self._open_until = now + self._pause
