"""The clients that speak to a site; nothing else does."""

from erpnext_connector.call import Upload
from erpnext_connector.client.aclient import AsyncClient
from erpnext_connector.client.breaker import Breaker
from erpnext_connector.client.client import Client
from erpnext_connector.client.connection import AsyncSiteConnection, SiteConnection
from erpnext_connector.client.credentials import Anonymous, ApiKey, Bearer, Credentials
from erpnext_connector.client.listing import AsyncRows, Rows
from erpnext_connector.client.steps import RetryPolicy
from erpnext_connector.wire.lists import Aggregate
from erpnext_connector.wire.resources import FailedUpdate

__all__ = [
    "Aggregate",
    "Anonymous",
    "ApiKey",
    "AsyncClient",
    "AsyncRows",
    "AsyncSiteConnection",
    "Bearer",
    "Breaker",
    "Client",
    "Credentials",
    "FailedUpdate",
    "RetryPolicy",
    "Rows",
    "SiteConnection",
    "Upload",
]
