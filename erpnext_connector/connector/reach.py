"""The sites as this process reaches them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final

from erpnext_connector.client import Anonymous, AsyncClient, AsyncSiteConnection, Client, Credentials, SiteConnection
from erpnext_connector.clock import Clock
from erpnext_connector.errors import BadRequest, ConnectorError, NotFound, Retryable
from erpnext_connector.oauth import discovery, grant
from erpnext_connector.oauth.discovery import Endpoints
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.settings import missing
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.wire.site import SiteAddress

MAIN_SITE: Final = "main"
"""The id of the site that the environment names."""

# How long another process may go on with what this one knows of a site.
_SITE_SECONDS: Final = 5.0


@dataclass(slots=True)
class _Lines:
    """The connections to one site; the asynchronous one is made by the event loop that asks for it."""

    address: str
    connection: SiteConnection
    clock: Clock
    endpoints: Endpoints | None = None
    _async_connection: AsyncSiteConnection | None = None

    @property
    def async_connection(self) -> AsyncSiteConnection:
        if self._async_connection is None:
            self._async_connection = AsyncSiteConnection(SiteAddress.parse(self.address), clock=self.clock)
        return self._async_connection

    async def aclose(self) -> None:
        connection, self._async_connection = self._async_connection, None
        if connection:
            await connection.aclose()


class SiteReach:
    """The sites of the app, looked up every few seconds at most, with one set of connections for each."""

    def __init__(self, sites: Sites, clock: Clock) -> None:
        self._sites = sites
        self._clock = clock
        self._known: dict[str, tuple[float, Site]] = {}
        self._lines: dict[str, _Lines] = {}
        self._guard = threading.Lock()

    def site(self, site_id: str) -> Site:
        """The site; raises `NotFound`, or `SettingMissing` for the main site that nobody set."""
        site = self.find(site_id)
        if site is None:
            raise missing("ERPNEXT_URL") if site_id == MAIN_SITE else NotFound("This app knows no such site.")
        return site

    def find(self, site_id: str) -> Site | None:
        """The site, or None."""
        return self._looked_up(_checked(site_id))

    def webhook_secrets(self, site_id: str) -> tuple[Secret, ...]:
        """What the site may sign with; none for an unknown site."""
        site = self.find(site_id)
        return site.webhook_secrets if site else ()

    # --- who calls

    def client(self, site_id: str, credentials: Credentials) -> Client:
        """Calls the site with these credentials; for threads."""
        return Client(self._line(site_id).connection, credentials)

    def aclient(self, site_id: str, credentials: Credentials) -> AsyncClient:
        """The same for asyncio."""
        return AsyncClient(self._line(site_id).async_connection, credentials)

    # --- signing in

    def oauth_client(self, site_id: str, redirect_uri: str = "") -> OAuthClient:
        """This app as the site knows it; raises `SettingMissing` without a client id."""
        site = self.site(site_id)
        if not site.client_id:
            raise missing("ERPNEXT_CLIENT_ID")
        return OAuthClient(site.client_id, site.client_secret, redirect_uri)

    def endpoints(self, site_id: str) -> Endpoints:
        """Where the site's OAuth endpoints are: asked once, the fixed ones while it does not answer."""
        line = self._line(site_id)
        if line.endpoints is None:
            try:
                line.endpoints = Client(line.connection, Anonymous()).send(discovery.discover(line.address))
            except Retryable:
                return discovery.FIXED
            except ConnectorError:
                line.endpoints = discovery.FIXED
        return line.endpoints

    def refresh(self, site_id: str, tokens: TokenSet) -> TokenSet:
        """Ask the site for a new pair, as the vault does."""
        call = grant.refresh(self.oauth_client(site_id), tokens, self._clock.now, endpoints=self.endpoints(site_id))
        return self.client(site_id, Anonymous()).send(call)

    # --- what it runs on

    def warm(self, site_id: str) -> None:
        """Look the site up now, so that whoever asks next need not wait for the database."""
        self._line(site_id)

    def _line(self, site_id: str) -> _Lines:
        """The connections to the site; made anew when its address changed."""
        address = self.site(site_id).address
        with self._guard:
            lines = self._lines.get(site_id)
            if lines is None or lines.address != address:
                connection = SiteConnection(SiteAddress.parse(address), clock=self._clock)
                lines = self._lines[site_id] = _Lines(address, connection, self._clock)
            return lines

    def _looked_up(self, site_id: str) -> Site | None:
        now = self._clock.monotonic()
        known = self._known.get(site_id)
        if known and now < known[0]:
            return known[1]
        site = self._sites.get(site_id)
        if site is None:
            self._known.pop(site_id, None)
        else:
            self._known[site_id] = (now + _SITE_SECONDS, site)
        return site

    def close(self) -> None:
        """Close what is blocking."""
        with self._guard:
            all_lines = list(self._lines.values())
            self._lines.clear()
        for lines in all_lines:
            lines.connection.close()

    async def aclose(self) -> None:
        """Close what belongs to the event loop."""
        for lines in list(self._lines.values()):
            await lines.aclose()


def _checked(site_id: str) -> str:
    if "\0" in site_id or len(site_id) > 140:
        raise BadRequest("That is no id of a site.")
    return site_id
