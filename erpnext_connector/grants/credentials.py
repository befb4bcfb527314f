"""A user's grant as the credentials of a client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from erpnext_connector.errors import OutcomeUnknown, SiteUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.store.vault import Vault

_BEARER: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class VaultCredentials:
    """Acts as the user: the token is refreshed when it is old, or when the site refuses it."""

    vault: Vault
    site_id: str
    user: str

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        """The header; raises `GrantLost` when there is no grant (any more), `Retryable` when nobody can tell."""
        token = Secret(refused.reveal().removeprefix(_BEARER)) if refused else None
        try:
            return Secret(_BEARER + self.vault.fresh(self.site_id, self.user, token).reveal())
        except OutcomeUnknown as error:  # of the refresh; the call itself was not sent
            raise SiteUnavailable(upstream_status=error.upstream_status) from error
