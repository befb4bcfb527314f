"""One sandbox site: its version, its clock, its database."""

from __future__ import annotations

import secrets
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.sandbox.sessions import FailedLogins, Sessions

TIME_ZONES: Final = {14: "America/New_York", 15: "Asia/Kolkata", 16: "Europe/London"}
Document = dict[str, Any]
Listener = Callable[[list[tuple[str, Document]]], None]


class Site:
    """What a request works on; `lock` is held while one does."""

    def __init__(
        self,
        frappe: int = 15,
        *,
        time_zone: str | None = None,
        path: str = ":memory:",
        clock: Clock | None = None,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.frappe = frappe
        self.time_zone = time_zone or TIME_ZONES[frappe]
        self.clock = clock or SystemClock()
        self.token_bytes = token_bytes
        self.lock = threading.RLock()
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.row_factory = sqlite3.Row
        self.sessions = Sessions(token_bytes)
        self.failed_logins = FailedLogins(self.clock.now)
        self.after_commit: list[Listener] = []

    def now(self) -> str:
        """The time in the site's time zone: "2026-11-23 10:00:00.000001"."""
        moment = datetime.fromtimestamp(self.clock.now(), UTC).astimezone(ZoneInfo(self.time_zone))
        return moment.strftime("%Y-%m-%d %H:%M:%S.%f")

    def roles(self, user: str) -> list[str]:
        """The user's roles, as Frappe lists them."""
        raise NotImplementedError
