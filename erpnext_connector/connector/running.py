"""What a started connector is made of."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from erpnext_connector.client import Anonymous, AsyncSiteConnection, Client, SiteConnection
from erpnext_connector.clock import Clock
from erpnext_connector.errors import BadRequest, ConnectorError, NotFound, Retryable
from erpnext_connector.inbox import Inbox
from erpnext_connector.oauth import discovery, grant
from erpnext_connector.oauth.discovery import Endpoints
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.settings import Settings, missing
from erpnext_connector.store.database import Database
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.pairings import Pairings
from erpnext_connector.store.pending import PendingSignIns
from erpnext_connector.store.receipts import Receipts
from erpnext_connector.store.revocations import Revocations
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.throttle import Throttle
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.site import SiteAddress

MAIN_SITE: Final = "main"
"""The id of the site that the environment names."""

# How long another process may go on with what this one knows of a site.
_SITE_SECONDS: Final = 5.0


@dataclass(slots=True)
class Lines:
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


class Running:
    """What a started connector is made of."""

    def __init__(self, settings: Settings, clock: Clock, random: Callable[[int], bytes]) -> None:
        self.keyring = KeyRing.load(settings.key, settings.key_file)
        self.database = Database(settings.database_url)
        self.sites = Sites(self.database, self.keyring)
        self.sessions = Sessions(
            self.database,
            clock,
            random,
            lifetime_seconds=settings.session_seconds,
            idle_seconds=settings.session_idle_seconds,
        )
        self.pending = PendingSignIns(self.database, self.keyring, clock, random)
        self.vault = Vault(self.database, self.keyring, clock, self.refresh, token_bytes=random)
        self.inbox = Inbox(self.database, clock, self.webhook_secrets)
        self.user_keys = UserKeys(self.database, self.keyring, clock, token_bytes=random)
        self.ledger = Ledger(self.database, clock, self.user_keys)
        self.receipts = Receipts(self.database, clock)
        self.revocations = Revocations(self.database, clock, self.user_keys)
        self.throttle = Throttle(self.database, clock)
        self.pairings = Pairings(self.database, clock, random)
        self._clock = clock
        self._known: dict[str, tuple[float, Site]] = {}
        self._lines: dict[str, Lines] = {}
        self._guard = threading.Lock()

    def site(self, site_id: str) -> Site:
        """The site; raises `NotFound`, or `SettingMissing` for the main site that nobody set.

        Looked up in the database every few seconds at most.
        """
        site = self.find(site_id)
        if site is None:
            raise missing("ERPNEXT_URL") if site_id == MAIN_SITE else NotFound("This app knows no such site.")
        return site

    def find(self, site_id: str) -> Site | None:
        """The site, or None."""
        return self._looked_up(_checked(site_id))

    def lines(self, site_id: str) -> Lines:
        """The connections to the site, shared by all who call it; made anew when its address changed."""
        address = self.site(site_id).address
        with self._guard:
            lines = self._lines.get(site_id)
            if lines is None or lines.address != address:
                connection = SiteConnection(SiteAddress.parse(address), clock=self._clock)
                lines = self._lines[site_id] = Lines(address, connection, self._clock)
            return lines

    def endpoints(self, site_id: str) -> Endpoints:
        """Where the site's OAuth endpoints are: asked once, the fixed ones while it does not answer."""
        lines = self.lines(site_id)
        if lines.endpoints is None:
            try:
                lines.endpoints = Client(lines.connection, Anonymous()).send(discovery.discover(lines.address))
            except Retryable:
                return discovery.FIXED
            except ConnectorError:
                lines.endpoints = discovery.FIXED
        return lines.endpoints

    def oauth_client(self, site_id: str, redirect_uri: str = "") -> OAuthClient:
        """This app as the site knows it; raises `SettingMissing` without a client id."""
        site = self.site(site_id)
        if not site.client_id:
            raise missing("ERPNEXT_CLIENT_ID")
        return OAuthClient(site.client_id, site.client_secret, redirect_uri)

    def refresh(self, site_id: str, tokens: TokenSet) -> TokenSet:
        """Ask the site for a new pair, as the vault does."""
        call = grant.refresh(self.oauth_client(site_id), tokens, self._clock.now, endpoints=self.endpoints(site_id))
        return Client(self.lines(site_id).connection, Anonymous()).send(call)

    def webhook_secrets(self, site_id: str) -> tuple[Secret, ...]:
        """What the site may sign with; none for an unknown site."""
        site = self.find(site_id)
        return site.webhook_secrets if site else ()

    def _looked_up(self, site_id: str) -> Site | None:
        now = self._clock.monotonic()
        known = self._known.get(site_id)
        if known and now < known[0]:
            return known[1]
        site = self.sites.get(site_id)
        if site is None:
            self._known.pop(site_id, None)
        else:
            self._known[site_id] = (now + _SITE_SECONDS, site)
        return site

    def close(self) -> None:
        """Let handlers finish, then close what is blocking."""
        self.inbox.stop()
        with self._guard:
            all_lines = list(self._lines.values())
            self._lines.clear()
        for lines in all_lines:
            lines.connection.close()
        self.database.close()

    async def aclose(self) -> None:
        """Close what belongs to the event loop."""
        for lines in list(self._lines.values()):
            await lines.aclose()


def _checked(site_id: str) -> str:
    if "\0" in site_id or len(site_id) > 140:
        raise BadRequest("That is no id of a site.")
    return site_id
