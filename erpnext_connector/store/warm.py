"""Access tokens at hand for a moment, so that a call need not ask the database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.secret import Secret

_MOST: Final = 10_000


class WarmTokens:
    """Tokens by site and user, each for `seconds` at most; safe to share between threads.

    A token that was read before a `drop` is never kept after it: whoever reads takes a ticket first.
    """

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._tokens: OrderedDict[tuple[str, str], tuple[Secret, float, float]] = OrderedDict()
        self._drops = 0
        self._guard = threading.Lock()

    def get(self, site_id: str, user: str) -> Secret | None:
        """The token, while neither time is up."""
        found = self._tokens.get((site_id, user))
        if found is None:
            return None
        token, asked_until, good_until = found
        return token if self._clock.monotonic() < asked_until and self._clock.now() < good_until else None

    def ticket(self) -> int:
        """To be taken before the database is read."""
        return self._drops

    def keep(self, site_id: str, user: str, token: Secret, ticket: int, *, good_until: float) -> None:
        """Keep it, until `good_until` (epoch seconds) at the latest, unless anything was dropped since the ticket."""
        with self._guard:
            if ticket != self._drops or not self._seconds:
                return
            self._tokens[site_id, user] = token, self._clock.monotonic() + self._seconds, good_until
            self._tokens.move_to_end((site_id, user))
            if len(self._tokens) > _MOST:
                self._tokens.popitem(last=False)

    def drop(self, site_id: str, user: str) -> None:
        """The user's token is no longer the one to use."""
        with self._guard:
            self._drops += 1
            self._tokens.pop((site_id, user), None)
