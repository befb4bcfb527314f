"""Pairing: a code that a signed-in browser shows lets one more device in."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, insert, select

from erpnext_connector.clock import Clock
from erpnext_connector.errors import PairingUnknown
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.sessions import Session, digest
from erpnext_connector.store.tables import pairings, sessions

LIFETIME_SECONDS: Final = 120.0
_CODE_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Pairing:
    """A code to show; good once, until `expires_at` (epoch seconds)."""

    code: Secret
    expires_at: float


class Pairings:
    """Pairings by their code, of which only a digest is stored."""

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

    def begin(self, site_id: str, user: str, session: Session | Secret) -> Pairing:
        """A new code of this session; one that the session showed before is no longer good."""
        now = self._clock.now()
        code = Secret(base64.urlsafe_b64encode(self._random(_CODE_BYTES)).decode().rstrip("="))
        shown_by = digest((session.id if isinstance(session, Session) else session).reveal())
        expires_at = now + self._lifetime_seconds
        row = {"code_hash": digest(code.reveal()), "site_id": site_id, "user_id": user, "session_hash": shown_by}
        with self._database.begin() as connection:
            useless = (pairings.c.expires_at <= now) | (pairings.c.session_hash == shown_by)
            connection.execute(delete(pairings).where(useless))
            connection.execute(insert(pairings).values(**row, expires_at=expires_at))
        return Pairing(code, expires_at)

    def take(self, code: str | Secret, *, site_id: str | None = None) -> tuple[str, str]:
        """The site and the user of this code, which is used up by that.

        Raises `PairingUnknown` when it is unknown, used, older than two minutes, of another site than the one named,
        or when the session that showed it has ended. Throttle whoever may call this.
        """
        now = self._clock.now()
        wanted = pairings.c.code_hash == digest(code.reveal() if isinstance(code, Secret) else code)
        shown = select(sessions.c.token_hash).where(
            sessions.c.token_hash == pairings.c.session_hash, sessions.c.expires_at > now
        )
        with self._database.begin() as connection:
            row = connection.execute(select(pairings).where(wanted, shown.exists())).one_or_none()
            taken = connection.execute(delete(pairings).where(wanted)).rowcount
        if row is None or not taken or row.expires_at <= now or site_id not in (None, row.site_id):
            raise PairingUnknown
        return row.site_id, row.user_id
