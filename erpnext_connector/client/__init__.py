"""The clients that speak to a site; nothing else does."""

from erpnext_connector.client.aclient import AsyncClient
from erpnext_connector.client.breaker import Breaker
from erpnext_connector.client.client import Client
from erpnext_connector.client.connection import AsyncSiteConnection, SiteConnection
from erpnext_connector.client.credentials import Anonymous, ApiKey, Bearer, Credentials
from erpnext_connector.client.listing import AsyncRows, Rows
from erpnext_connector.client.steps import RetryPolicy

__all__ = [
    "Anonymous",
    "ApiKey",
    "AsyncClient",
    "AsyncRows",
    "AsyncSiteConnection",
    "Bearer",
    "Breaker",
    "Client",
    "Credentials",
    "RetryPolicy",
    "Rows",
    "SiteConnection",
]
