"""Who is signed in at the sandbox with a cookie, or was turned away too often."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

LOCK_SECONDS: Final = 60
ALLOWED_FAILURES: Final = 10
TOKEN_LENGTH: Final = 28


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; it has no CSRF token until it loads a desk page."""

    sid: str
    user: str
    csrf_token: str | None = None


class Sessions:
    """The sessions of one site; they end with the process. Safe to use from several threads."""

    def __init__(self, token_bytes: Callable[[int], bytes]) -> None:
        self._token_bytes = token_bytes
        self._lock = threading.Lock()
        self._sessions: dict[str, Session] = {}

    def start(self, user: str) -> Session:
        """Sign a user in."""
        session = Session(self._token_bytes(TOKEN_LENGTH).hex(), user)
        with self._lock:
            self._sessions[session.sid] = session
        return session

    def find(self, sid: str) -> Session | None:
        """The session with this id, if it has not ended."""
        with self._lock:
            return self._sessions.get(sid)

    def protect(self, session: Session) -> Session:
        """The session with a CSRF token: from now on every change by cookie has to bring it."""
        with self._lock:
            current = self._sessions.get(session.sid, session)
            if current.csrf_token is None:
                current = replace(current, csrf_token=self._token_bytes(TOKEN_LENGTH).hex())
                self._sessions[session.sid] = current
            return current

    def end(self, sid: str) -> None:
        """Sign a browser out."""
        with self._lock:
            self._sessions.pop(sid, None)

    def end_all(self, user: str) -> None:
        """Sign a user out everywhere, as disabling the user does."""
        with self._lock:
            self._sessions = {sid: session for sid, session in self._sessions.items() if session.user != user}


class FailedLogins:
    """Counts failures by user and by address: after 11 within a minute of the first, nobody gets in for that minute."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._failures: dict[str, tuple[float, int]] = {}

    def add(self, tracked: Iterable[str]) -> None:
        """Count a failure."""
        with self._lock:
            for key in tracked:
                first, count = self._failures.get(key, (self._now(), 0))
                if first + LOCK_SECONDS <= self._now():
                    first, count = self._now(), 0
                self._failures[key] = (first, count + 1)

    def forget(self, tracked: Iterable[str]) -> None:
        """Forget the failures of who got in."""
        with self._lock:
            for key in tracked:
                self._failures.pop(key, None)

    def locked(self, key: str) -> bool:
        """Whether this user or address has to wait."""
        with self._lock:
            first, count = self._failures.get(key, (0.0, 0))
            return count > ALLOWED_FAILURES and first + LOCK_SECONDS > self._now()
