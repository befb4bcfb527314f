"""One data key per user and site: what it sealed is gone for ever once it is erased."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.errors import KeyErased, KeyUnusable
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KEY_BYTES, Ring, bound
from erpnext_connector.store.tables import user_keys

KIND: Final = "data key"
CACHE_SECONDS: Final = 30.0
# A ring's envelope begins with 1. Then: the key's id (8 bytes), a nonce (12), the ciphertext with its tag.
_VERSION: Final = b"\x02"
_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
_MOST_CACHED: Final = 10_000


class Sealer(Protocol):
    """Seals for one user of one site: `UserKeys`, or a ring itself where nothing has to be erased."""

    def seal(self, plain: bytes, *, site: str, user: str, kind: str) -> bytes: ...
    def open(self, envelope: bytes, *, site: str, user: str, kind: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _DataKey:
    id: str
    cipher: AESGCM
    material: bytes = field(repr=False)
    good_until: float


class UserKeys:
    """The users' data keys, made when first needed; safe to share between threads and processes.

    A key that was opened is kept in memory for 30 seconds: so long may another process still read what was erased.
    """

    def __init__(
        self,
        database: Database,
        ring: Ring,
        clock: Clock | None = None,
        *,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        cache_seconds: float = CACHE_SECONDS,
    ) -> None:
        self._database = database
        self._ring = ring
        self._clock = clock or SystemClock()
        self._token_bytes = token_bytes
        self._cache_seconds = cache_seconds
        self._cache: OrderedDict[tuple[str, str], _DataKey] = OrderedDict()
        self._guard = threading.Lock()

    def seal(self, plain: bytes, *, site: str, user: str, kind: str) -> bytes:
        """An envelope that opens only for the same site, user and kind, and never again after `erase`.

        Begins a transaction of its own when the key is not at hand: not to be called within one.
        """
        key = self._at_hand(site, user) or self._found(site, user) or self._made(site, user)
        nonce = self._token_bytes(_NONCE_BYTES)
        return _VERSION + bytes.fromhex(key.id) + nonce + key.cipher.encrypt(nonce, plain, bound(site, user, kind))

    def open(self, envelope: bytes, *, site: str, user: str, kind: str) -> bytes:
        """What was sealed.

        Raises `KeyErased` when the user's key is gone, and `KeyUnusable` for another row's envelope or a changed byte.
        """
        if envelope[:1] != _VERSION or len(envelope) < _HEADER_BYTES:
            raise KeyUnusable(f"The {kind} of {user or site} is not sealed with a data key.")
        key = self._named(site, user, envelope[1 : 1 + _ID_BYTES].hex())
        nonce, sealed = envelope[1 + _ID_BYTES : _HEADER_BYTES], envelope[_HEADER_BYTES:]
        try:
            return key.cipher.decrypt(nonce, sealed, bound(site, user, kind))
        except (InvalidTag, ValueError):
            raise KeyUnusable(f"The {kind} of {user or site} does not open: it was changed or moved.") from None

    def id_of(self, site: str, user: str) -> str:
        """The id of the user's key, made if there is none: random, and so a pseudonym that dies with the key."""
        return (self._at_hand(site, user) or self._found(site, user) or self._made(site, user)).id

    def ids_of(self, user: str, site: str | None = None) -> tuple[str, ...]:
        """The ids of this user's keys, on every site or on one; none is made."""
        query = select(user_keys.c.key_id).where(user_keys.c.user_id == user)
        query = query if site is None else query.where(user_keys.c.site_id == site)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def users_of(self, key_ids: set[str]) -> dict[str, str]:
        """Who has these keys, by id; those that were erased are left out."""
        query = select(user_keys.c.key_id, user_keys.c.user_id).where(user_keys.c.key_id.in_(key_ids))
        with self._database.read() as connection:
            return {row.key_id: row.user_id for row in connection.execute(query)}

    def pseudonym(self, site: str, text: str) -> str:
        """A digest of `text` that can't be computed, or guessed at, without the site's own data key; hexadecimal."""
        key = self._at_hand(site, "") or self._found(site, "") or self._made(site, "")
        return hmac.new(key.material, b"pseudonym\0" + text.encode(), hashlib.sha256).hexdigest()

    def erase(self, connection: Connection, site: str, user: str) -> bool:
        """Delete the key within the caller's transaction; False when there was none. Call `forget` after the commit."""
        theirs = (user_keys.c.site_id == site) & (user_keys.c.user_id == user)
        self.forget(site, user)
        return bool(connection.execute(delete(user_keys).where(theirs)).rowcount)

    def forget(self, site: str, user: str) -> None:
        """Drop the key from this process's memory; the stored one stays."""
        with self._guard:
            self._cache.pop((site, user), None)

    def _at_hand(self, site: str, user: str) -> _DataKey | None:
        key = self._cache.get((site, user))
        return key if key and self._clock.monotonic() < key.good_until else None

    def _named(self, site: str, user: str, key_id: str) -> _DataKey:
        """The user's key, which must have this id; another process may have made it since this process looked."""
        key = self._at_hand(site, user)
        if key is None or key.id != key_id:
            key = self._found(site, user)
        if key is None or key.id != key_id:
            raise self._not_theirs(site, user, key_id)
        return key

    def _not_theirs(self, site: str, user: str, key_id: str) -> KeyUnusable:
        with self._database.read() as connection:
            others = connection.execute(select(user_keys.c.key_id).where(user_keys.c.key_id == key_id)).one_or_none()
        if others:
            return KeyUnusable(f"What is stored for {user or site} was sealed for somebody else: it was moved.")
        return KeyErased()

    def _found(self, site: str, user: str) -> _DataKey | None:
        query = select(user_keys).where(user_keys.c.site_id == site, user_keys.c.user_id == user)
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            self.forget(site, user)
            return None
        return self._kept(site, user, row.key_id, self._ring.open(row.sealed_key, site=site, user=user, kind=KIND))

    def _made(self, site: str, user: str) -> _DataKey:
        """A new key, or the one that somebody else made at the same moment."""
        material = self._token_bytes(KEY_BYTES)
        row = {
            "site_id": site,
            "user_id": user,
            "key_id": self._token_bytes(_ID_BYTES).hex(),
            "sealed_key": self._ring.seal(material, site=site, user=user, kind=KIND),
            "made_at": self._clock.now(),
        }
        with self._database.begin() as connection:
            dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
            connection.execute(dialect.insert(user_keys).values(row).on_conflict_do_nothing())
        key = self._found(site, user)
        if key is None:
            raise KeyErased("The user's data was erased at this very moment.")
        return key

    def _kept(self, site: str, user: str, key_id: str, material: bytes) -> _DataKey:
        key = _DataKey(key_id, AESGCM(material), material, self._clock.monotonic() + self._cache_seconds)
        with self._guard:
            self._cache[site, user] = key
            self._cache.move_to_end((site, user))
            if len(self._cache) > _MOST_CACHED:
                self._cache.popitem(last=False)
        return key
