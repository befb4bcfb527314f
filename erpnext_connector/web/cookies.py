"""The connector's two cookies: who is signed in, and which browser began a sign-in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Final

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.secret import Secret
from erpnext_connector.store.pending import LIFETIME_SECONDS as SIGN_IN_SECONDS
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.sessions import LIFETIME_SECONDS as SESSION_SECONDS
from erpnext_connector.web.message import WebRequest

_LONGEST: Final = 1_000


class Cookies:
    """Cookies sealed with the app's keys: a value that was not made here is no cookie, and no look-up either.

    Their names hold the app's, since cookies know no ports: two apps on one machine must not overwrite each other's.
    Over https the prefix `__Host-` binds them to this host alone.
    """

    def __init__(self, app_name: str, prefix: str) -> None:
        self._stem = stem(app_name, prefix)

    def session(self, request: WebRequest, ring: Ring, *, secure: bool) -> Secret | None:
        """The token of the session this browser shows, if it is one that was made here."""
        return self._read(request, ring, "session", secure=secure)

    def browser(self, request: WebRequest, ring: Ring, *, secure: bool) -> Secret | None:
        """What a sign-in that was begun in this browser is bound to."""
        return self._read(request, ring, "signin", secure=secure)

    def with_session(self, token: Secret, ring: Ring, *, secure: bool) -> tuple[str, str]:
        """The header that signs the browser in."""
        return self._header("session", self._sealed("session", token, ring), int(SESSION_SECONDS), secure=secure)

    def with_browser(self, token: Secret, ring: Ring, *, secure: bool) -> tuple[str, str]:
        """The header that lets the browser finish what it began."""
        return self._header("signin", self._sealed("signin", token, ring), int(SIGN_IN_SECONDS), secure=secure)

    def without_session(self, *, secure: bool) -> tuple[str, str]:
        """The header that makes the browser forget its session."""
        return self._header("session", "", 0, secure=secure)

    def _name(self, kind: str, *, secure: bool) -> str:
        return f"{'__Host-' if secure else ''}{self._stem}-{kind}"

    def _header(self, kind: str, value: str, seconds: int, *, secure: bool) -> tuple[str, str]:
        flags = f"Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
        return "Set-Cookie", f"{self._name(kind, secure=secure)}={value}; {flags}"

    def _sealed(self, kind: str, token: Secret, ring: Ring) -> str:
        sealed = ring.seal(token.reveal().encode(), site="", user=self._stem, kind=f"{kind} cookie")
        return base64.urlsafe_b64encode(sealed).decode().rstrip("=")

    def _read(self, request: WebRequest, ring: Ring, kind: str, *, secure: bool) -> Secret | None:
        text = request.cookies.get(self._name(kind, secure=secure), "")
        if not text or len(text) > _LONGEST or not text.isascii():
            return None
        try:
            sealed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            return Secret(ring.open(sealed, site="", user=self._stem, kind=f"{kind} cookie").decode())
        except (KeyUnusable, binascii.Error, ValueError):
            return None


def stem(app_name: str, prefix: str) -> str:
    """What the names of an app's cookies begin with."""
    words = "-".join(re.findall(r"[a-z0-9]+", f"{app_name} {prefix}".lower()))[:40]
    return f"{words or 'app'}-{hashlib.sha256(f'{app_name}{prefix}'.encode()).hexdigest()[:6]}"
