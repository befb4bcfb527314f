"""How often one address may do something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

REGISTRATIONS: Final = 1
REGISTRATION_SECONDS: Final = 600


@dataclass(slots=True)
class RateLimit:
    """At most `limit` times in `seconds` from the first one on; a limit of 0 means any number."""

    now: Callable[[], float]
    limit: int = REGISTRATIONS
    seconds: float = REGISTRATION_SECONDS
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _used: dict[str, tuple[float, int]] = field(default_factory=dict)

    def admit(self, address: str) -> bool:
        """Count one more; false when it is one too many."""
        with self._lock:
            first, count = self._used.get(address, (self.now(), 0))
            if first + self.seconds <= self.now():
                first, count = self.now(), 0
            self._used[address] = (first, count + 1)
            return not self.limit or count < self.limit

    def reset(self) -> None:
        """Forget what was counted."""
        with self._lock:
            self._used.clear()
