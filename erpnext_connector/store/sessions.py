"""Who is signed in to this app, in which browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select

from erpnext_connector.clock import Clock
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import sessions

LIFETIME_SECONDS: Final = 7 * 24 * 3600.0
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: `id` goes into its cookie, `csrf` into its forms, `expires_at` is in epoch seconds."""

    id: Secret
    site_id: str
    user: str
    csrf: Secret
    expires_at: float


class Sessions:
    """Sessions by the token in the browser's cookie; only the token's digest is stored."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        lifetime_seconds: float = LIFETIME_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random
        self._lifetime_seconds = lifetime_seconds

    def start(self, site_id: str, user: str) -> Session:
        """A new session with a new token; sessions that have expired are cleared away on the occasion."""
        now = self._clock.now()
        token = Secret(base64.urlsafe_b64encode(self._random(_TOKEN_BYTES)).decode().rstrip("="))
        expires_at = now + self._lifetime_seconds
        row = {"token_hash": digest(token.reveal()), "site_id": site_id, "user_id": user}
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            connection.execute(insert(sessions).values(**row, started_at=now, expires_at=expires_at))
        return Session(token, site_id, user, _csrf(token), expires_at)

    def find(self, token: str | Secret) -> Session | None:
        """The session of this token, or None when there is none or it has expired."""
        token = token if isinstance(token, Secret) else Secret(token)
        wanted = sessions.c.token_hash == digest(token.reveal())
        with self._database.read() as connection:
            row = connection.execute(select(sessions).where(wanted)).one_or_none()
        if row is None or row.expires_at <= self._clock.now():
            return None
        return Session(token, row.site_id, row.user_id, _csrf(token), row.expires_at)

    def end(self, token: str | Secret) -> None:
        """Sign this browser out; nothing happens when it is out already."""
        text = token.reveal() if isinstance(token, Secret) else token
        with self._database.begin() as connection:
            connection.execute(delete(sessions).where(sessions.c.token_hash == digest(text)))

    def end_all(self, site_id: str, user: str) -> int:
        """Sign the user out everywhere; how many sessions that were."""
        theirs = (sessions.c.site_id == site_id) & (sessions.c.user_id == user)
        with self._database.begin() as connection:
            return connection.execute(delete(sessions).where(theirs)).rowcount


def digest(token: str) -> str:
    """What is stored instead of a random token: enough to find it, useless to whoever reads the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def _csrf(token: Secret) -> Secret:
    """Derived from the token, so that it need not be stored and does not give the token away."""
    return Secret(hmac.new(token.reveal().encode(), b"csrf", hashlib.sha256).hexdigest())
