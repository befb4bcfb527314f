"""The connector: an app's manifest, settings and handlers wired into one object that can be started."""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from urllib.parse import urlsplit

from erpnext_connector.client import Anonymous, AsyncClient, AsyncSiteConnection, Client, Credentials, SiteConnection
from erpnext_connector.client.credentials import ApiKey
from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.errors import BadRequest, ConnectorError, Misconfigured, NotFound, Retryable
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.manifest import Manifest
from erpnext_connector.oauth import discovery, grant
from erpnext_connector.oauth.discovery import Endpoints
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret
from erpnext_connector.settings import Settings, missing
from erpnext_connector.store.database import Database
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.pending import PendingSignIns
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.vault import Vault
from erpnext_connector.wire.site import SiteAddress

MAIN_SITE: Final = "main"
"""The id of the site that the environment names."""

HandlerT = TypeVar("HandlerT", bound=Callable[[Event], Any])
HookT = TypeVar("HookT", bound=Callable[..., Any])

_BEARER: Final = "Bearer "
# How long another process may go on with what this one knows of a site.
_SITE_SECONDS: Final = 5.0
_log = logging.getLogger(__name__)


class Connector:
    """One app beside ERPNext: who signs in, what is called as whom, who hears of changes.

    Making one touches neither network nor disk. It works between start and stop: `with connector:`,
    `async with connector:`, or `lifespan=connector.lifespan` of an ASGI app. Two connectors in one process don't
    notice each other.
    """

    def __init__(
        self,
        manifest: Manifest,
        settings: Settings,
        *,
        clock: Clock | None = None,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """`random` gives that many secret bytes."""
        self.manifest = manifest
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.random = random
        self._handlers: list[tuple[str, str, Callable[[Event], Any]]] = []
        self._sign_in_hooks: list[Callable[[Profile, str], object]] = []
        self._running: Running | None = None
        self._starts = 0
        self._guard = threading.Lock()

    @classmethod
    def from_file(
        cls, path: str | Path = "connector.toml", *, environment: Mapping[str, str] | None = None
    ) -> Connector:
        """Read the manifest and the environment (the process's own if left out); raises `ManifestInvalid`."""
        return cls(Manifest.from_file(path), Settings.from_environment(environment))

    # --- what the app registers

    def on(self, doctype: str = "*", event: str = "*") -> Callable[[HandlerT], HandlerT]:
        """Decorate a plain function that is to be called with each `Event` of this DocType; "*" means any.

        At least once, in order per document, on a worker thread; when it raises, it is called again later.
        """

        def register(handler: HandlerT) -> HandlerT:
            _refuse_coroutine(handler)
            self._handlers.append((doctype, event, handler))
            if self._running:
                self._running.inbox.on(doctype, event)(handler)
            return handler

        return register

    def on_sign_in(self, hook: HookT) -> HookT:
        """Decorate a plain function `hook(profile)` or `hook(profile, site_id)` that is called at each sign-in.

        Here the person becomes one of the app's own users: keep them by site and `profile.identity`. Raise
        `Forbidden` with a sentence to refuse somebody. What it returns is not kept.
        """
        _refuse_coroutine(hook)
        takes_site = len(inspect.signature(hook).parameters) > 1
        self._sign_in_hooks.append(hook if takes_site else lambda profile, _site_id: hook(profile))
        return hook

    def meet(self, profile: Profile, site_id: str) -> None:
        """Call the sign-in hooks."""
        for hook in self._sign_in_hooks:
            hook(profile, site_id)

    # --- who calls ERPNext

    def client(self, site_id: str, user: str) -> Client:
        """A client that acts as this user with the user's own grant; for threads.

        Its calls raise `GrantLost` when the user has none (any more).
        """
        running = self.running
        return Client(running.lines(site_id).connection, VaultCredentials(running.vault, site_id, user))

    def aclient(self, site_id: str, user: str) -> AsyncClient:
        """The same for asyncio."""
        running = self.running
        return AsyncClient(running.lines(site_id).async_connection, VaultCredentials(running.vault, site_id, user))

    def as_app(self, site_id: str = MAIN_SITE) -> Client:
        """A client with the service account's API key, for what no user can do; raises `SettingMissing`."""
        return Client(self.running.lines(site_id).connection, self._service_account(site_id))

    def as_app_async(self, site_id: str = MAIN_SITE) -> AsyncClient:
        """The same for asyncio."""
        return AsyncClient(self.running.lines(site_id).async_connection, self._service_account(site_id))

    def as_nobody(self, site_id: str = MAIN_SITE) -> Client:
        """A client without credentials: ERPNext's Guest."""
        return Client(self.running.lines(site_id).connection, Anonymous())

    def as_anybody(self, site_id: str, credentials: Credentials) -> Client:
        """A client with credentials of your own."""
        return Client(self.running.lines(site_id).connection, credentials)

    def _service_account(self, site_id: str) -> ServiceAccount:
        site = self.running.site(site_id)
        if not site.api_key:
            raise missing("ERPNEXT_API_KEY")
        if not site.api_secret:
            raise missing("ERPNEXT_API_SECRET")
        return ServiceAccount(ApiKey(site.api_key, site.api_secret))

    # --- what it runs on

    @property
    def sites(self) -> Sites:
        """The ERPNext sites of this app; put one there to sign people in on it."""
        return self.running.sites

    @property
    def inbox(self) -> Inbox:
        """What the sites told, with the events that were parked."""
        return self.running.inbox

    @property
    def running(self) -> Running:
        """The parts of the started connector; raises `Misconfigured` before start and after stop."""
        if self._running is None:
            raise Misconfigured(
                "The connector is not running.",
                hint="Start it with the app: `FastAPI(lifespan=connector.lifespan)`; in a script `with connector:`.",
            )
        return self._running

    def start(self) -> None:
        """Migrate the database and handle events from now on; starting twice needs stopping twice.

        Raises `Misconfigured` for settings that can't work.
        """
        with self._guard:
            if self._starts == 0:
                self._running = self._built()
            self._starts += 1

    def stop(self) -> None:
        """Let handlers finish and close every blocking connection."""
        with self._guard:
            self._starts = max(0, self._starts - 1)
            if self._starts or self._running is None:
                return
            running, self._running = self._running, None
        running.close()

    def _built(self) -> Running:
        _check_public_url(self.settings.public_url or self.manifest.app.url)
        with ExitStack() as undo:
            running = Running(self)
            undo.callback(running.close)
            running.database.migrate()
            self._put_main_site(running.sites)
            for doctype, event, handler in self._handlers:
                running.inbox.on(doctype, event)(handler)
            running.inbox.start()
            undo.pop_all()
        return running

    def _put_main_site(self, sites: Sites) -> None:
        """What the environment says replaces what was stored of its site before."""
        said = self.settings
        if said.erpnext_url is None:
            if not sites.all():
                _log.warning("ERPNEXT_URL is not set, and no site is stored: nobody can sign in.")
            return
        sites.put(
            Site(
                id=MAIN_SITE,
                address=SiteAddress.parse(said.erpnext_url).url,
                client_id=said.client_id or "",
                client_secret=said.client_secret,
                api_key=said.api_key,
                api_secret=said.api_secret,
                webhook_secrets=said.webhook_secrets,
            )
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(self.start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        running = self._running
        if running and self._starts == 1:
            await running.aclose()
        await asyncio.to_thread(self.stop)

    @asynccontextmanager
    async def lifespan(self, _app: object = None) -> AsyncIterator[None]:
        """Start with an ASGI app and stop with it: `FastAPI(lifespan=connector.lifespan)`."""
        async with self:
            yield


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


class Running:
    """What a started connector is made of."""

    def __init__(self, connector: Connector) -> None:
        settings, clock, random = connector.settings, connector.clock, connector.random
        self.keyring = KeyRing.load(settings.key, settings.key_file)
        self.database = Database(settings.database_url)
        self.sites = Sites(self.database, self.keyring)
        self.sessions = Sessions(self.database, clock, random)
        self.pending = PendingSignIns(self.database, self.keyring, clock, random)
        self.vault = Vault(self.database, self.keyring, clock, self.refresh, token_bytes=random)
        self.inbox = Inbox(self.database, clock, self.webhook_secrets)
        self.ledger = Ledger(self.database, clock)
        self._clock = clock
        self._known: dict[str, tuple[float, Site]] = {}
        self._lines: dict[str, _Lines] = {}
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

    def lines(self, site_id: str) -> _Lines:
        """The connections to the site, shared by all who call it; made anew when its address changed."""
        address = self.site(site_id).address
        with self._guard:
            lines = self._lines.get(site_id)
            if lines is None or lines.address != address:
                connection = SiteConnection(SiteAddress.parse(address), clock=self._clock)
                lines = self._lines[site_id] = _Lines(address, connection, self._clock)
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


@dataclass(frozen=True, slots=True)
class VaultCredentials:
    """A user's grant as credentials: refreshed when it is old, or when the site refuses it."""

    vault: Vault
    site_id: str
    user: str

    def authorization(self, refused: Secret | None = None) -> Secret | None:
        """The header; raises `GrantLost` when there is no grant (any more), `Retryable` when nobody can tell."""
        token = Secret(refused.reveal().removeprefix(_BEARER)) if refused else None
        return Secret(_BEARER + self.vault.fresh(self.site_id, self.user, token).reveal())


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """The app's own API key. When the site refuses it, no user's sign-in helps: whoever runs the app has to act."""

    key: ApiKey
    blocking = False

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


def _checked(site_id: str) -> str:
    if "\0" in site_id or len(site_id) > 140:
        raise BadRequest("That is no id of a site.")
    return site_id


def _check_public_url(url: str | None) -> None:
    """Plain http would carry codes and cookies readable over the network, so it is for this machine only."""
    if url is None:
        return
    parts = urlsplit(url)
    try:
        SiteAddress.parse(f"{parts.scheme}://{parts.netloc}")
    except ConnectorError as error:
        raise type(error)(
            f"CONNECTOR_URL: {error.message}", hint="Write it like https://app.example.com, as browsers see the app."
        ) from None
    if parts.query or parts.fragment:
        raise Misconfigured("CONNECTOR_URL must not have a query.", hint="Write it like https://app.example.com.")


def _refuse_coroutine(function: Callable[..., Any]) -> None:
    if inspect.iscoroutinefunction(function):
        raise Misconfigured(
            f"{getattr(function, '__name__', 'The handler')} is an async function.",
            hint="Write it as a plain function: it is called on a worker thread.",
        )
