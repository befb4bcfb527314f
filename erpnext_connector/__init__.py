"""Build apps beside ERPNext.

The names below are the public interface; each is imported when it is first used, so that importing the package is
cheap.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from erpnext_connector.client import ApiKey, AsyncClient, Bearer, Client
    from erpnext_connector.connector import Connector
    from erpnext_connector.errors import (
        Conflict,
        ConnectorError,
        DocumentNotFound,
        Forbidden,
        GrantLost,
        Invalid,
        Misconfigured,
        NotFound,
        OutcomeUnknown,
        PermissionDenied,
        Refused,
        Retryable,
        SignInRequired,
        StaleDocument,
    )
    from erpnext_connector.inbox import Event
    from erpnext_connector.manifest import Manifest
    from erpnext_connector.oauth.identity import Profile
    from erpnext_connector.secret import Secret
    from erpnext_connector.settings import Settings
    from erpnext_connector.store.sites import Site
    from erpnext_connector.wire.links import LinkOption

__all__ = [
    "ApiKey",
    "AsyncClient",
    "Bearer",
    "Client",
    "Conflict",
    "Connector",
    "ConnectorError",
    "DocumentNotFound",
    "Event",
    "Forbidden",
    "GrantLost",
    "Invalid",
    "LinkOption",
    "Manifest",
    "Misconfigured",
    "NotFound",
    "OutcomeUnknown",
    "PermissionDenied",
    "Profile",
    "Refused",
    "Retryable",
    "Secret",
    "Settings",
    "SignInRequired",
    "Site",
    "StaleDocument",
]

_ROOMS: Final = {
    "ApiKey": "client",
    "AsyncClient": "client",
    "Bearer": "client",
    "Client": "client",
    "Connector": "connector",
    "Event": "inbox",
    "LinkOption": "wire.links",
    "Manifest": "manifest",
    "Profile": "oauth.identity",
    "Secret": "secret",
    "Settings": "settings",
    "Site": "store.sites",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_ROOMS.get(name, 'errors')}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
