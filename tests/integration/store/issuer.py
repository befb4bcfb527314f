"""A site that issues tokens, as far as the vault sees it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from tests.clocks import ManualClock

ANN = Profile(
    user="ann@example.com",
    sub="sub-of-ann",
    full_name="Ann Größe",
    email="ann@example.com",
    picture="/files/ann.png",
    roles=("Sales User", "Stock User"),
)


class Issuer:
    """Answers every refresh with the next pair, good for an hour, unless it was told to fail.

    `before_answer` runs in the middle of each.
    """

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.asked: list[tuple[str, str | None]] = []
        self.failure: Exception | None = None
        self.sends_refresh_token = True
        self.before_answer: Callable[[], None] = lambda: None
        self._guard = threading.Lock()

    def first(self, prefix: str = "") -> TokenSet:
        return self._pair(f"{prefix}0")

    def __call__(self, site_id: str, tokens: TokenSet) -> TokenSet:
        with self._guard:
            self.asked.append((site_id, tokens.refresh.reveal() if tokens.refresh else None))
            number = len(self.asked)
        self.before_answer()
        if self.failure:
            raise self.failure
        return self._pair(str(number))

    def _pair(self, name: str) -> TokenSet:
        refresh = Secret(f"refresh-{name}") if self.sends_refresh_token else None
        return TokenSet(
            access=Secret(f"access-{name}"),
            refresh=refresh,
            expires_at=self._clock.now() + 3600,
            scope="all openid",
            id_token=None,
        )
