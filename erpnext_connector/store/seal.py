"""Sealing: what is stored encrypted opens only with the right key, in the row it was made for.

An envelope is `version (1 byte) | key id (4) | nonce (12) | AES-256-GCM ciphertext with tag`. Site, user and kind are
authenticated with it, each with its length in front, so an envelope copied into another row does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.secret import Secret
from erpnext_connector.store.key_file import changed_at, read_or_make

KEY_BYTES: Final = 32
_VERSION: Final = b"\x01"
_KEY_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = len(_VERSION) + _KEY_ID_BYTES + _NONCE_BYTES
_NEW_KEY_HINT: Final = (
    "CONNECTOR_KEY holds 32 random bytes in base64; make one with `erpnext-connector keys new --print`. "
    "Several keys are separated by commas, the newest first."
)


class Ring(Protocol):
    """What seals the users' data keys and the sites' secrets: a `KeyRing`, or an app's own over a KMS.

    It is asked seldom: data keys are kept for a short time once they are open.
    """

    @property
    def newest(self) -> str:
        """The id of the key that seals now."""
        ...

    def seal(self, plain: bytes, *, site: str, user: str, kind: str) -> bytes:
        """An envelope that opens only for the same site, user and kind."""
        ...

    def open(self, envelope: bytes, *, site: str, user: str, kind: str) -> bytes:
        """What was sealed; raises `KeyUnusable` when it does not open here."""
        ...

    def key_id_of(self, envelope: bytes) -> str:
        """The id of the key that sealed it, without opening it."""
        ...


class KeyRing:
    """The keys of this deployment: the first seals, all of them open."""

    def __init__(
        self,
        keys: Sequence[bytes],
        *,
        token_bytes: Callable[[int], bytes] = secrets.token_bytes,
        more: Callable[[], Sequence[bytes] | None] = lambda: None,
    ) -> None:
        """`keys` are 32 bytes each, the newest first; raises `KeyUnusable` otherwise.

        `more` is asked when a key is missed, and answers all keys if there is news.
        """
        self._token_bytes = token_bytes
        self._more = more
        self._take(keys)

    @classmethod
    def load(cls, key: Secret | None, key_file: Path) -> KeyRing:
        """The ring in `key` (base64, newest first, comma-separated), else the one in `key_file`.

        The file is made on the first run, readable by its owner only, and read again when a key is missed and the file
        has changed. Raises `KeyUnusable` when a key is malformed
        or the file is readable by others.
        """
        if key:
            return cls(_decode(key.reveal(), where="CONNECTOR_KEY"))
        seen_at = changed_at(key_file)
        keys = _decode(read_or_make(key_file, new_key), where=str(key_file))

        def more() -> Sequence[bytes] | None:
            """What the file holds, when it was changed since: a rotation needs no restart."""
            nonlocal seen_at
            if (now := changed_at(key_file)) == seen_at:
                return None
            seen_at = now
            return _decode(read_or_make(key_file, new_key), where=str(key_file))

        return cls(keys, more=more)

    @property
    def newest(self) -> str:
        """The id of the key that seals, eight hexadecimal digits; it gives nothing of the key away."""
        return self.key_ids[0]

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys at hand, the newest first."""
        return tuple(key_id.hex() for key_id in self._ciphers)

    def key_id_of(self, envelope: bytes) -> str:
        """The id of the key that sealed it, at hand or not."""
        return key_id_of(envelope)

    def seal(self, plain: bytes, *, site: str, user: str, kind: str) -> bytes:
        """An envelope that opens only for the same site, user and kind."""
        nonce, (newest, cipher) = self._token_bytes(_NONCE_BYTES), next(iter(self._ciphers.items()))
        return _VERSION + newest + nonce + cipher.encrypt(nonce, plain, bound(site, user, kind))

    def open(self, envelope: bytes, *, site: str, user: str, kind: str) -> bytes:
        """What was sealed; raises `KeyUnusable` for an unknown key, another row's envelope or a changed byte."""
        cipher = self._cipher(envelope[1 : 1 + _KEY_ID_BYTES])
        if cipher is None or envelope[:1] != _VERSION or len(envelope) < _HEADER_BYTES:
            raise KeyUnusable(f"The {kind} of {user or site} was sealed with a key that is not at hand.")
        nonce, sealed = envelope[1 + _KEY_ID_BYTES : _HEADER_BYTES], envelope[_HEADER_BYTES:]
        try:
            return cipher.decrypt(nonce, sealed, bound(site, user, kind))
        except InvalidTag:
            raise KeyUnusable(f"The {kind} of {user or site} does not open: it was changed or moved.") from None

    def _cipher(self, key_id: bytes) -> AESGCM | None:
        if key_id not in self._ciphers and (keys := self._more()):
            self._take(keys)
        return self._ciphers.get(key_id)

    def _take(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise KeyUnusable("A key must have 32 bytes.", hint=_NEW_KEY_HINT)
        # The first is the newest. Replaced as a whole: other threads see all of it or nothing.
        self._ciphers = {_key_id(key): AESGCM(key) for key in keys}


def key_id_of(envelope: bytes) -> str:
    """The id of the key of a `KeyRing` that sealed this envelope."""
    return envelope[1 : 1 + _KEY_ID_BYTES].hex()


def bound(site: str, user: str, kind: str) -> bytes:
    """Site, user and kind so that no two different triples give the same bytes."""
    parts = [part.encode() for part in (site, user, kind)]
    return _VERSION + b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"erpnext-connector key id" + key).digest()[:_KEY_ID_BYTES]


def new_key() -> str:
    """A line for the key file, or a value of CONNECTOR_KEY: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode() + "\n"


def _decode(text: str, *, where: str) -> list[bytes]:
    """The keys in `text`; the message never repeats what was found there."""
    try:
        keys = [base64.b64decode(part, validate=True) for part in text.replace(",", " ").split()]
    except binascii.Error:
        raise KeyUnusable(f"{where} is not base64.", hint=_NEW_KEY_HINT) from None
    if not keys or any(len(key) != KEY_BYTES for key in keys):
        raise KeyUnusable(f"{where} does not hold keys of 32 bytes each.", hint=_NEW_KEY_HINT)
    return keys
