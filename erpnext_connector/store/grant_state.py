"""How grants are, and what is to be done about them: values that the vault tells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from erpnext_connector.secret import Secret
from erpnext_connector.store.grant_store import GrantRow

SIGNED_OUT: Final = "signed_out"
EXPIRED: Final = "expired"
ERASED: Final = "erased"
REVOKED: Final = "revoked"
"""The site does not renew the grant any more, and does not say why."""

Kind = Literal["healthy", "degraded", "expired", "revoked", "none"]


@dataclass(frozen=True, slots=True)
class GrantState:
    """How a grant is.

    "healthy"; "degraded": the site can't renew it now, which is tried again at `retry_at` (epoch seconds); "expired"
    and "revoked": the user has to sign in again; "none": there never was one, or the user ended it.
    """

    kind: Kind
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class GrantEnd:
    """A grant that has just ended: `identity` as in `Profile.identity`, `at` in epoch seconds.

    `reason` is "signed_out", "expired", "erased"; "revoked" at the site, or "revoked_here"; or what the site was seen
    to have done: "disabled", "renamed" (or deleted), "password_reset", "client_deleted".
    """

    site_id: str
    user: str
    identity: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Due:
    """A grant whose turn it is to be looked after; `checked_at` is when it was before."""

    site_id: str
    user: str
    identity: str
    checked_at: float
    last_refreshed_at: float
    password_mark: str | None


@dataclass(frozen=True, slots=True)
class Retired:
    """An access token that was replaced, to be revoked at the site."""

    id: int
    site_id: str
    user: str
    access: Secret
    retired_at: float


def kind_of(reason: str) -> Kind:
    """What a reason to end a grant means to its user."""
    if reason in {SIGNED_OUT, ERASED}:
        return "none"
    return "expired" if reason == EXPIRED else "revoked"


def due_of(row: GrantRow) -> Due:
    identity = row.subject or row.user
    return Due(row.site_id, row.user, identity, row.checked_at, row.last_refreshed_at, row.password_mark)
