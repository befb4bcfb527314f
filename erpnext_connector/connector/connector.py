"""The one object that an app makes."""

from __future__ import annotations

import asyncio
import inspect
import logging
import secrets
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from erpnext_connector.client import Anonymous, ApiKey, AsyncClient, Client, Credentials
from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.connector.reach import MAIN_SITE
from erpnext_connector.connector.running import Running
from erpnext_connector.connector.service_account import ServiceAccount
from erpnext_connector.errors import ConnectorError, Misconfigured
from erpnext_connector.grants.credentials import VaultCredentials
from erpnext_connector.grants.revocation import Revoked
from erpnext_connector.inbox import Event, Inbox
from erpnext_connector.manifest import Manifest
from erpnext_connector.oauth.identity import Profile
from erpnext_connector.settings import Settings, missing
from erpnext_connector.store.grant_state import GrantEnd
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.wire.site import SiteAddress

HandlerT = TypeVar("HandlerT", bound=Callable[[Event], Any])
HookT = TypeVar("HookT", bound=Callable[..., Any])
RevokedHookT = TypeVar("RevokedHookT", bound=Callable[[GrantEnd], Any])

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
        ring: Ring | None = None,
    ) -> None:
        """`random` gives that many secret bytes; `ring` seals and opens in the place of the key that is set, for those
        who keep keys in a service of their own.
        """
        self.manifest = manifest
        self.settings = settings
        self.clock: Clock = clock or SystemClock()
        self.random = random
        self._ring = ring
        self._handlers: list[tuple[str, str, Callable[[Event], Any]]] = []
        self._sign_in_hooks: list[Callable[[Profile, str], object]] = []
        self._revoked_hooks: list[Callable[[GrantEnd], object]] = []
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

    def on_grant_revoked(self, hook: RevokedHookT) -> RevokedHookT:
        """Decorate a plain function that is called with a `GrantEnd` when somebody's access was taken away.

        By ERPNext or here, as `GrantEnd.reason` says; not when people sign out or a grant just runs out. The grant and
        the user's sessions are gone by then. It is called on any thread, and not again when it raises.
        """
        _refuse_coroutine(hook)
        self._revoked_hooks.append(hook)
        return hook

    def _tell_revoked(self, end: GrantEnd) -> None:
        for hook in self._revoked_hooks:
            try:
                hook(end)
            except Exception:  # noqa: BLE001 - hooks are the app's code
                _log.exception("A hook of revoked grants raised.")

    # --- who calls ERPNext

    def client(self, site_id: str, user: str) -> Client:
        """A client that acts as this user with the user's own grant; for threads.

        Its calls raise `GrantLost` when the user has none (any more).
        """
        running = self.running
        return running.reach.client(site_id, VaultCredentials(running.vault, site_id, user))

    def aclient(self, site_id: str, user: str) -> AsyncClient:
        """The same for asyncio."""
        running = self.running
        return running.reach.aclient(site_id, VaultCredentials(running.vault, site_id, user))

    def as_app(self, site_id: str = MAIN_SITE) -> Client:
        """A client with the service account's API key, for what no user can do; raises `SettingMissing`."""
        return self.running.reach.client(site_id, self._service_account(site_id))

    def as_app_async(self, site_id: str = MAIN_SITE) -> AsyncClient:
        """The same for asyncio."""
        return self.running.reach.aclient(site_id, self._service_account(site_id))

    def as_nobody(self, site_id: str = MAIN_SITE) -> Client:
        """A client without credentials: ERPNext's Guest."""
        return self.running.reach.client(site_id, Anonymous())

    def as_anybody(self, site_id: str, credentials: Credentials) -> Client:
        """A client with credentials of your own."""
        return self.running.reach.client(site_id, credentials)

    def _service_account(self, site_id: str) -> ServiceAccount:
        site = self.running.reach.site(site_id)
        if not site.api_key:
            raise missing("ERPNEXT_API_KEY")
        if not site.api_secret:
            raise missing("ERPNEXT_API_SECRET")
        return ServiceAccount(ApiKey(site.api_key, site.api_secret))

    # --- whose access ends

    def revoke(self, site_id: str, user: str) -> Revoked:
        """End the user's access for good: the tokens at the site, which is proved by a call, and all that is here.

        The user's sessions end, the app's `on_grant_revoked` hooks are called, and signing in again takes a click on
        purpose. Where the site can't be reached, its part is made up for later; see `Revoked.at_site`.
        """
        return self.running.revoker.revoke(site_id, user)

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
            running = Running(self.settings, self.clock, self.random, ring=self._ring, on_revoked=self._tell_revoked)
            undo.callback(running.close)
            running.database.migrate()
            self._put_main_site(running.sites)
            for doctype, event, handler in self._handlers:
                running.inbox.on(doctype, event)(handler)
            running.start()
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
