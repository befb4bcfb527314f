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
from erpnext_connector.store.grant_state import GrantEnd
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
