"""Who a client acts as."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Protocol

from erpnext_connector.errors import BadRequest
from erpnext_connector.secret import Secret


class Credentials(Protocol):
    """Where the Authorization header comes from.

    The async client runs `authorization` in a thread, since it may wait for a database or a token endpoint; a class
    attribute `blocking = False` says that it never waits.
    """

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        """The header's value, such as "Bearer x"; None for none.

        After a 401 it is asked once more with the value that was `refused`. Then it answers another one, or None if
        it has no other, or raises `SignInRequired`.
        """
        ...


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Nobody: ERPNext's Guest."""

    blocking: ClassVar[bool] = False

    def authorization(self, refused: Secret | None = None) -> Secret | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A user's API key and secret (in ERPNext: User, Settings, API Access)."""

    key: str
    secret: Secret
    blocking: ClassVar[bool] = False
    _header: Secret = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_header", _header("token", f"{self.key}:{self.secret.reveal()}"))

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        return None if refused else self._header


@dataclass(frozen=True, slots=True)
class Bearer:
    """One access token, which nobody renews."""

    token: Secret
    blocking: ClassVar[bool] = False
    _header: Secret = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_header", _header("Bearer", self.token.reveal()))

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        return None if refused else self._header


def _header(scheme: str, text: str) -> Secret:
    """Refuse here what a header can't carry: the HTTP library would quote it in its error."""
    if not text.isascii() or not text.isprintable() or " " in text:
        raise BadRequest("These credentials hold blanks or characters that no header can carry.", hint=_HINT_COPY)
    return Secret(f"{scheme} {text}")


_HINT_COPY = "Copy them again, without line ends or quotes."
