"""The app itself as a caller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from erpnext_connector.client import ApiKey
from erpnext_connector.errors import Misconfigured
from erpnext_connector.secret import Secret


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
