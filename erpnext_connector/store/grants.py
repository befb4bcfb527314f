"""The rows the vault is made of, and the statements that keep two writers apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.tables import grants, sessions
from erpnext_connector.store.upsert import upsert

REFRESH_AT_SHARE_OF_LIFE: Final = 0.8
_KIND: Final = "tokens"
_GENERATION_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Grant:
    """A user's tokens as they were read; `generation` tells this pair from the ones before and after it."""

    site_id: str
    user: str
    tokens: TokenSet
    generation: str
    refresh_at: float


class _Tokens(msgspec.Struct, frozen=True):
    access: str
    refresh: str | None
    expires_at: float
    scope: str


class _Profile(msgspec.Struct, frozen=True):
    user: str
    sub: str | None
    full_name: str
    email: str
    picture: str | None
    roles: tuple[str, ...]


class Grants:
    """Grants in the database: every change after the first names the generation that it replaces."""

    def __init__(self, database: Database, keyring: KeyRing, token_bytes: Callable[[int], bytes]) -> None:
        self._database = database
        self._keyring = keyring
        self._token_bytes = token_bytes

    def get(self, site_id: str, user: str) -> Grant | None:
        """The grant, opened, or None; raises `KeyUnusable` when it does not open."""
        with self._database.read() as connection:
            row = connection.execute(select(grants).where(_of(site_id, user))).one_or_none()
        return self._opened(row) if row else None

    def profile(self, site_id: str, user: str) -> Profile | None:
        with self._database.read() as connection:
            text = connection.execute(select(grants.c.profile).where(_of(site_id, user))).scalar_one_or_none()
        return None if text is None else _profile(text)

    def users(self, site_id: str) -> tuple[str, ...]:
        query = select(grants.c.user_id).where(grants.c.site_id == site_id).order_by(grants.c.user_id)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def put(self, site_id: str, profile: Profile, tokens: TokenSet, *, now: float) -> None:
        """Store a grant whatever was there before; another person's sessions under this user name end."""
        user = profile.user
        row = {
            "site_id": site_id,
            "user_id": user,
            "subject": profile.sub,
            "profile": msgspec.json.encode(_stored(profile)).decode(),
            **self._pair(site_id, user, tokens, now=now),
        }
        with self._database.begin() as connection:
            before = select(grants.c.subject).where(_of(site_id, user)).with_for_update()
            old = connection.execute(before).one_or_none()
            if old is not None and old.subject != profile.sub:
                _end_sessions(connection, site_id, user)
            connection.execute(upsert(connection, grants, row))

    def claim(self, grant: Grant, *, now: float, until: float) -> bool:
        """Take the right to refresh this pair until then; False when another has it or the pair was replaced."""
        free = _same(grant) & (grants.c.refreshing_until <= now)
        with self._database.begin() as connection:
            return connection.execute(update(grants).where(free).values(refreshing_until=until)).rowcount == 1

    def release(self, grant: Grant, *, until: float, refresh_at: float) -> None:
        """Give a right back without a new pair; nobody tries again before `refresh_at` while the old one lives."""
        mine = _same(grant) & (grants.c.refreshing_until == until)
        values = {"refreshing_until": 0.0, "refresh_at": refresh_at}
        with self._database.begin() as connection:
            connection.execute(update(grants).where(mine).values(values))

    def replace(self, grant: Grant, tokens: TokenSet, *, now: float) -> bool:
        """Store the pair that `grant` was refreshed to; False when a newer one is there or the grant is gone."""
        values = self._pair(grant.site_id, grant.user, tokens, now=now)
        with self._database.begin() as connection:
            return connection.execute(update(grants).where(_same(grant)).values(values)).rowcount == 1

    def purge(self, grant: Grant) -> bool:
        """Delete this pair with the user's sessions; False, and nothing done, when a newer one is there."""
        with self._database.begin() as connection:
            newer = _of(grant.site_id, grant.user) & (grants.c.generation != grant.generation)
            if connection.execute(select(grants.c.user_id).where(newer)).one_or_none():
                return False
            connection.execute(delete(grants).where(_same(grant)))
            _end_sessions(connection, grant.site_id, grant.user)
        return True

    def remove(self, site_id: str, user: str) -> None:
        with self._database.begin() as connection:
            connection.execute(delete(grants).where(_of(site_id, user)))
            _end_sessions(connection, site_id, user)

    def _pair(self, site_id: str, user: str, tokens: TokenSet, *, now: float) -> dict[str, Any]:
        """The columns of a new pair, with nobody refreshing it."""
        stored = _Tokens(
            tokens.access.reveal(),
            tokens.refresh.reveal() if tokens.refresh else None,
            tokens.expires_at,
            tokens.scope,
        )
        return {
            "generation": self._token_bytes(_GENERATION_BYTES).hex(),
            "sealed_tokens": self._keyring.seal(msgspec.json.encode(stored), site=site_id, user=user, kind=_KIND),
            "refresh_at": _refresh_at(tokens, now=now),
            "expires_at": tokens.expires_at,
            "refreshing_until": 0.0,
        }

    def _opened(self, row: Row[Any]) -> Grant:
        plain = self._keyring.open(row.sealed_tokens, site=row.site_id, user=row.user_id, kind=_KIND)
        stored = msgspec.json.decode(plain, type=_Tokens)
        tokens = TokenSet(
            access=Secret(stored.access),
            refresh=Secret(stored.refresh) if stored.refresh else None,
            expires_at=stored.expires_at,
            scope=stored.scope,
            id_token=None,
        )
        return Grant(row.site_id, row.user_id, tokens, row.generation, row.refresh_at)


def _of(site_id: str, user: str) -> ColumnElement[bool]:
    return (grants.c.site_id == site_id) & (grants.c.user_id == user)


def _same(grant: Grant) -> ColumnElement[bool]:
    return _of(grant.site_id, grant.user) & (grants.c.generation == grant.generation)


def _end_sessions(connection: Connection, site_id: str, user: str) -> None:
    theirs = (sessions.c.site_id == site_id) & (sessions.c.user_id == user)
    connection.execute(delete(sessions).where(theirs))


def _refresh_at(tokens: TokenSet, *, now: float) -> float:
    """A pair that can't be refreshed is good to its end."""
    share = REFRESH_AT_SHARE_OF_LIFE if tokens.refresh else 1.0
    return now + share * (tokens.expires_at - now)


def _stored(profile: Profile) -> _Profile:
    return _Profile(profile.user, profile.sub, profile.full_name, profile.email, profile.picture, profile.roles)


def _profile(text: str) -> Profile:
    stored = msgspec.json.decode(text, type=_Profile)
    return Profile(
        user=stored.user,
        sub=stored.sub,
        full_name=stored.full_name,
        email=stored.email,
        picture=stored.picture,
        roles=stored.roles,
    )
