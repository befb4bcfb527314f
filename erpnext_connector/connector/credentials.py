"""Who the connector's clients act as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Final

from erpnext_connector.client import ApiKey
from erpnext_connector.errors import Misconfigured, OutcomeUnknown, SiteUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.store.vault import Vault

_BEARER: Final = "Bearer "


@dataclass(frozen=True, slots=True)
class VaultCredentials:
    """A user's grant as credentials: refreshed when it is old, or when the site refuses it."""

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


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The app's own API key. When the site refuses it, no user's sign-in helps: whoever runs the app has to act."""

    key: ApiKey
    blocking: ClassVar[bool] = False

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        """The header; raises `Misconfigured` once it was refused."""
        if refused:
            raise Misconfigured(
                "ERPNext refuses the service account's API key.",
                hint="Make a new key (in ERPNext: User, Settings, API Access), set ERPNEXT_API_KEY and "
                "ERPNEXT_API_SECRET, and start the app again.",
                upstream_status=401,
            )
        return self.key.authorization()
