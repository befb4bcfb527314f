"""What this room needs of the sites: ways to ask them."""

from __future__ import annotations

from typing import Protocol

from erpnext_connector.client import Client, Credentials
from erpnext_connector.oauth.discovery import Endpoints
from erpnext_connector.oauth.tokens import OAuthClient


class Reach(Protocol):
    """How sites are reached, by their ids; all of it raises `NotFound` for a site that is not known."""

    def client(self, site_id: str, credentials: Credentials) -> Client:
        """Calls the site with these credentials."""
        ...

    def oauth_client(self, site_id: str) -> OAuthClient:
        """What the app is called there."""
        ...

    def endpoints(self, site_id: str) -> Endpoints:
        """Where the site's OAuth endpoints are."""
        ...
