"""Sign-ins that were begun here and are being finished at ERPNext."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, insert, select

from erpnext_connector.clock import Clock
from erpnext_connector.errors import StateUnknown
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.sessions import digest
from erpnext_connector.store.tables import pending_sign_ins as table

LIFETIME_SECONDS: Final = 600.0
KIND: Final = "sign-in proof"
_TOKEN_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class PendingSignIn:
    """A sign-in under way: the site, where the person wants to go next, and what proves that it is ours."""

    site_id: str
    next_path: str
    verifier: Secret
    nonce: Secret


class _Kept(msgspec.Struct, frozen=True):
    next_path: str
    verifier: str
    nonce: str


class PendingSignIns:
    """Sign-ins by their state; each can be taken once, by the browser that began it, for ten minutes.

    State and browser token are stored as digests, all else but the site sealed.
    """

    def __init__(
        self,
        database: Database,
        ring: Ring,
        clock: Clock,
        random: Callable[[int], bytes] = secrets.token_bytes,
        *,
        lifetime_seconds: float = LIFETIME_SECONDS,
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock
        self._random = random
        self._lifetime_seconds = lifetime_seconds

    def begin(
        self,
        site_id: str,
        next_path: str,
        *,
        state: str | Secret,
        verifier: Secret,
        nonce: Secret,
        browser_token: str | Secret | None = None,
    ) -> Secret:
        """Remember a sign-in; the answer is the token for the browser's cookie.

        Pass the browser's `browser_token` when it has one, so that sign-ins begun in two of its tabs both work.
        """
        now = self._clock.now()
        state_hash = digest(_text(state))
        browser = _text(browser_token) if browser_token else self._new_token()
        kept = msgspec.json.encode(_Kept(next_path, verifier.reveal(), nonce.reveal()))
        row = {
            "state_hash": state_hash,
            "browser_hash": digest(browser),
            "site_id": site_id,
            "sealed_proof": self._ring.seal(kept, site=site_id, user=state_hash, kind=KIND),
            "expires_at": now + self._lifetime_seconds,
        }
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.expires_at <= now))
            connection.execute(insert(table).values(row))
        return Secret(browser)

    def take(self, state: str | Secret, browser_token: str | Secret | None) -> PendingSignIn:
        """The sign-in of this state, which is gone afterwards.

        Raises `StateUnknown` when it expired, was taken before, or was begun in another browser; the last leaves it
        in place for the browser that it belongs to.
        """
        if not browser_token:
            raise StateUnknown
        wanted = (table.c.state_hash == digest(_text(state))) & (table.c.browser_hash == digest(_text(browser_token)))
        with self._database.begin() as connection:
            row = connection.execute(select(table).where(wanted)).one_or_none()
            taken = connection.execute(delete(table).where(wanted)).rowcount
        if row is None or not taken or row.expires_at <= self._clock.now():
            raise StateUnknown
        return self._opened(row)

    def abandon(self, browser_token: str | Secret | None) -> str | None:
        """Drop the newest sign-in of this browser; where it wanted to go next, or None when there is none.

        ERPNext answers a click on Deny without the state (frappe-quirks 1.4), so the browser is all there is to go by.
        """
        if not browser_token:
            return None
        newest = (
            select(table)
            .where(table.c.browser_hash == digest(_text(browser_token)), table.c.expires_at > self._clock.now())
            .order_by(table.c.expires_at.desc())
            .limit(1)
        )
        with self._database.begin() as connection:
            row = connection.execute(newest).one_or_none()
            if row is None:
                return None
            connection.execute(delete(table).where(table.c.state_hash == row.state_hash))
        return self._opened(row).next_path

    def _opened(self, row: Row[Any]) -> PendingSignIn:
        plain = self._ring.open(row.sealed_proof, site=row.site_id, user=row.state_hash, kind=KIND)
        kept = msgspec.json.decode(plain, type=_Kept)
        return PendingSignIn(row.site_id, kept.next_path, Secret(kept.verifier), Secret(kept.nonce))

    def _new_token(self) -> str:
        return base64.urlsafe_b64encode(self._random(_TOKEN_BYTES)).decode().rstrip("=")


def _text(token: str | Secret) -> str:
    return token.reveal() if isinstance(token, Secret) else token
