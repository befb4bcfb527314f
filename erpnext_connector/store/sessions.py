"""Who is signed in to this app, in which browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from erpnext_connector.clock import Clock
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.ended import end_sessions, end_sessions_of
from erpnext_connector.store.tables import ended_sessions, sessions

LIFETIME_SECONDS: Final = 7 * 24 * 3600.0
IDLE_SECONDS: Final = 24 * 3600.0
_SEEN_EVERY_SECONDS: Final = 60.0
_TOKEN_BYTES: Final = 32
_LABEL_LENGTH: Final = 120


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser: `id` goes into its cookie, `csrf` into its forms, `expires_at` is in epoch seconds.

    `public_id` names it in a list without giving the token away; `label` is what the browser called itself.
    """

    id: Secret
    site_id: str
    user: str
    csrf: Secret
    expires_at: float
    public_id: str = ""
    label: str | None = None
    started_at: float = 0.0
    last_seen_at: float = 0.0


@dataclass(frozen=True, slots=True)
class Listed:
    """A session as its user's list shows it; times in epoch seconds, `last_seen_at` to the minute."""

    public_id: str
    label: str | None
    started_at: float
    last_seen_at: float
    expires_at: float


class Sessions:
    """Sessions by the token in the browser's cookie; only the token's digest is stored.

    One ends after `lifetime_seconds` whatever happens, and after `idle_seconds` without a request.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        lifetime_seconds: float = LIFETIME_SECONDS,
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self._database = database
        self._clock = clock
        self._random = random
        self._lifetime_seconds = lifetime_seconds
        self._idle_seconds = idle_seconds

    def start(
        self, site_id: str, user: str, *, label: str | None = None, replaces: str | Secret | None = None
    ) -> Session:
        """A new session with a new token; sessions that have expired are cleared away on the occasion.

        `label` is the browser's User-Agent or a name for the device; `replaces` the token the browser had until now,
        which ends in the same moment.
        """
        now = self._clock.now()
        token = Secret(base64.urlsafe_b64encode(self._random(_TOKEN_BYTES)).decode().rstrip("="))
        row = {
            "token_hash": digest(token.reveal()),
            "site_id": site_id,
            "user_id": user,
            "label": _label(label),
            "started_at": now,
            "last_seen_at": now,
            "expires_at": now + self._lifetime_seconds,
        }
        with self._database.begin() as connection:
            self._clear(connection, now)
            if replaces:
                end_sessions(connection, _of_token(replaces), reason="replaced", now=now)
            started = connection.execute(insert(sessions).values(row).returning(sessions)).one()
        return _session(token, started)

    def find(self, token: str | Secret) -> Session | None:
        """The session of this token, or None when there is none or it has expired; it counts as seen now."""
        token = token if isinstance(token, Secret) else Secret(token)
        with self._database.read() as connection:
            row = connection.execute(select(sessions).where(_of_token(token))).one_or_none()
        now = self._clock.now()
        if row is None or self._over(row, now):
            return None
        if now - row.last_seen_at >= _SEEN_EVERY_SECONDS:
            self._seen(row, now)
        return _session(token, row)

    def ended_because(self, token: str | Secret) -> str | None:
        """Why this token's session is no longer there, told for a day; None when nobody knows, or it is still there.

        "signed_out", "ended_elsewhere", "replaced", "idle", "expired", "revoked", "another_person", "erased", or what
        the caller of `Vault.forget` said.
        """
        of_ended = ended_sessions.c.token_hash == digest(_text(token))
        with self._database.read() as connection:
            reason = connection.execute(select(ended_sessions.c.reason).where(of_ended)).scalar_one_or_none()
            row = connection.execute(select(sessions).where(_of_token(token))).one_or_none()
        return self._over(row, self._clock.now()) if row else reason

    def list(self, site_id: str, user: str) -> tuple[Listed, ...]:
        """The user's sessions, the one that was seen last first."""
        now = self._clock.now()
        query = select(sessions).where(_of_user(site_id, user))
        with self._database.read() as connection:
            rows = [row for row in connection.execute(query) if not self._over(row, now)]
        rows.sort(key=lambda row: (-row.last_seen_at, row.token_hash))
        return tuple(
            Listed(_public_id(row.token_hash), row.label, row.started_at, row.last_seen_at, row.expires_at)
            for row in rows
        )

    def end(self, token: str | Secret, *, reason: str = "signed_out") -> None:
        """Sign this browser out; nothing happens when it is out already."""
        with self._database.begin() as connection:
            end_sessions(connection, _of_token(token), reason=reason, now=self._clock.now())

    def end_listed(self, site_id: str, user: str, public_id: str, *, reason: str = "ended_elsewhere") -> bool:
        """End one session of the user's list; False when it is not (or no longer) there."""
        query = select(sessions.c.token_hash).where(_of_user(site_id, user))
        with self._database.begin() as connection:
            hashes = connection.execute(query).scalars().all()
            found = [found for found in hashes if hmac.compare_digest(_public_id(found).encode(), public_id.encode())]
            which = sessions.c.token_hash.in_(found)
            return bool(end_sessions(connection, which, reason=reason, now=self._clock.now()))

    def end_all(
        self, site_id: str, user: str, except_: str | Secret | None = None, *, reason: str = "ended_elsewhere"
    ) -> int:
        """Sign the user out everywhere, or everywhere but in the browser of the token `except_`; how many ended."""
        now = self._clock.now()
        with self._database.begin() as connection:
            if except_ is None:
                return end_sessions_of(connection, site_id, user, reason=reason, now=now)
            return end_sessions(connection, _of_user(site_id, user) & ~_of_token(except_), reason=reason, now=now)

    def _over(self, row: Row[Any], now: float) -> str | None:
        """Why time has ended the session, or None; one that was made before idleness was counted is not idle."""
        if row.expires_at <= now:
            return "expired"
        return "idle" if 0 < row.last_seen_at <= now - self._idle_seconds else None

    def _clear(self, connection: Connection, now: float) -> None:
        idle = (sessions.c.last_seen_at > 0) & (sessions.c.last_seen_at <= now - self._idle_seconds)
        end_sessions(connection, sessions.c.expires_at <= now, reason="expired", now=now)
        end_sessions(connection, idle, reason="idle", now=now)

    def _seen(self, row: Row[Any], now: float) -> None:
        """Of several requests in the same moment one writes it down."""
        unchanged = (sessions.c.token_hash == row.token_hash) & (sessions.c.last_seen_at == row.last_seen_at)
        with self._database.begin() as connection:
            connection.execute(update(sessions).where(unchanged).values(last_seen_at=now))


def digest(token: str) -> str:
    """What is stored instead of a random token: enough to find it, useless to whoever reads the database."""
    return hashlib.sha256(token.encode()).hexdigest()


def _session(token: Secret, row: Row[Any]) -> Session:
    return Session(
        id=token,
        site_id=row.site_id,
        user=row.user_id,
        csrf=_csrf(token),
        expires_at=row.expires_at,
        public_id=_public_id(row.token_hash),
        label=row.label,
        started_at=row.started_at,
        last_seen_at=row.last_seen_at,
    )


def _of_token(token: str | Secret) -> ColumnElement[bool]:
    return sessions.c.token_hash == digest(_text(token))


def _of_user(site_id: str, user: str) -> ColumnElement[bool]:
    return (sessions.c.site_id == site_id) & (sessions.c.user_id == user)


def _text(token: str | Secret) -> str:
    return token.reveal() if isinstance(token, Secret) else token


def _label(text: str | None) -> str | None:
    """One printable line."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text or "")
    return " ".join(shown.split())[:_LABEL_LENGTH] or None


def _public_id(token_hash: str) -> str:
    return hashlib.sha256(b"public id" + token_hash.encode()).hexdigest()[:16]


def _csrf(token: Secret) -> Secret:
    """Derived from the token, so that it need not be stored and does not give the token away."""
    return Secret(hmac.new(token.reveal().encode(), b"csrf", hashlib.sha256).hexdigest())
