"""The thread on which the sentinel looks around."""

from __future__ import annotations

import logging
import threading
from typing import Final

from erpnext_connector.grants.sentinel import Sentinel

# Often enough that a grant is looked at within a tenth of its period after it is due.
_LOOKS_IN_A_PERIOD: Final = 10
_LONGEST_WAIT_SECONDS: Final = 15.0
_STOP_SECONDS: Final = 10.0
_log = logging.getLogger(__name__)


class Watch:
    """Lets a sentinel look around again and again, until it is stopped; what goes wrong is logged, never the end."""

    def __init__(self, sentinel: Sentinel, *, period_seconds: float) -> None:
        """With a period of 0 it looks every 15 seconds for what has nothing to do with the period."""
        self._sentinel = sentinel
        self._wait = min((period_seconds or _LONGEST_WAIT_SECONDS * 10) / _LOOKS_IN_A_PERIOD, _LONGEST_WAIT_SECONDS)
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look from now on, first after one wait: a process that just started has people waiting for it."""
        self._stopped.clear()
        self._thread = threading.Thread(target=self._run, name="connector-sentinel", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the look at one grant; the rest is due again for whoever looks next."""
        self._stopped.set()
        thread, self._thread = self._thread, None
        if thread:
            thread.join(_STOP_SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(self._wait):
            try:
                self._sentinel.look(self._stopped.is_set)
            except Exception:  # noqa: BLE001 - the next look is the answer to everything
                _log.exception("The sentinel could not look; it tries again in %g s.", self._wait)
