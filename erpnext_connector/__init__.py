"""Build apps beside ERPNext.

The names below are the public interface; each is imported when it is first used, so that importing the package is
cheap. Type checkers read `__init__.pyi`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

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
    "GrantEnd",
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
    "GrantEnd": "store.grant_state",
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
