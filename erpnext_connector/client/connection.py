"""Connections to one site, shared by all who call it."""

from __future__ import annotations

import asyncio
import random
import ssl
import threading
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any, Protocol, Self, TypedDict, Unpack
from urllib.request import getproxies, proxy_bypass

import httpx2

from erpnext_connector.call import Call, Reply
from erpnext_connector.client.breaker import Breaker
from erpnext_connector.client.exchange import (
    LARGEST_REPLY_BYTES,
    LONGEST_REPLY_SECONDS,
    Measure,
    Writer,
    broke,
    reply_of,
)
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.steps import Broke, RetryPolicy, site_is_down
from erpnext_connector.clock import Clock, SystemClock
from erpnext_connector.errors import CircuitOpen, SiteUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.wire.site import SiteAddress


class ConnectionOptions(TypedDict, total=False):
    """What both kinds of connection may be told.

    * `clock`: where time is read from; the machine's own if left out.
    * `max_in_flight`: calls at a time, 4; bench's nginx refuses the ninth of one client (frappe-protocol 2.9).
    * `connect_timeout_seconds` 5, `read_timeout_seconds` 30 (for each wait; uploads 120),
      `queue_timeout_seconds` 60 (for a place among those in flight).
    * `largest_reply_bytes` 256 MiB, `longest_reply_seconds` 300: for a whole answer.
    * `retries`, `breaker`: how often to try again, when to stop asking.
    * `random`: numbers from 0 to 1 that spread retries.
    * `tls`: for a site with a certificate authority of its own. HTTPS_PROXY and NO_PROXY are respected.
    """

    clock: Clock
    max_in_flight: int
    connect_timeout_seconds: float
    read_timeout_seconds: float
    queue_timeout_seconds: float
    largest_reply_bytes: int
    longest_reply_seconds: float
    retries: RetryPolicy
    breaker: Breaker
    random: Callable[[], float]
    tls: ssl.SSLContext


class Transport(Protocol):
    """What carries requests instead of the network, in tests: the HTTP library's idea of a transport."""

    def handle_request(self, request: Any, /) -> Any: ...
    def close(self) -> None: ...


class AsyncTransport(Protocol):
    """The same for `AsyncSiteConnection`."""

    async def handle_async_request(self, request: Any, /) -> Any: ...
    async def aclose(self) -> None: ...


class _Site:
    """What both kinds of connection know of their site.

    They use the HTTP library's transport without its client: no cookie is kept, no redirect followed, no header added
    that is not ours; Frappe's cookies would make a later call somebody else's (frappe-quirks 1.3).
    """

    def __init__(self, address: SiteAddress | str, options: ConnectionOptions) -> None:
        self.address = SiteAddress.parse(address) if isinstance(address, str) else address
        self.clock: Clock = options.get("clock") or SystemClock()
        self.breaker = options.get("breaker") or Breaker()
        self.retries = options.get("retries") or RetryPolicy()
        self.random = options.get("random", random.random)
        self.knowledge = Knowledge()
        self._max_in_flight = options.get("max_in_flight", 4)
        self._queue_timeout_seconds = options.get("queue_timeout_seconds", 60.0)
        self._largest_reply_bytes = options.get("largest_reply_bytes", LARGEST_REPLY_BYTES)
        self._longest_reply_seconds = options.get("longest_reply_seconds", LONGEST_REPLY_SECONDS)
        self._tls = options.get("tls")
        self._writer = Writer(
            self.address.url,
            connect_timeout_seconds=options.get("connect_timeout_seconds", 5.0),
            read_timeout_seconds=options.get("read_timeout_seconds", 30.0),
        )

    def _transport_options(self) -> dict[str, Any]:
        count = self._max_in_flight
        limits = httpx2.Limits(max_connections=count, max_keepalive_connections=count, keepalive_expiry=5.0)
        return {"verify": self._tls or True, "limits": limits, "proxy": self.proxy}

    @property
    def proxy(self) -> str | None:
        """The proxy that HTTPS_PROXY, HTTP_PROXY or ALL_PROXY names for this site; its address may hold a password."""
        if self.address.is_loopback or proxy_bypass(self.address.host):
            return None
        proxies = getproxies()
        return proxies.get(self.address.url.partition(":")[0]) or proxies.get("all")

    def _check_breaker(self) -> None:
        wait = self.breaker.wait_seconds(self.clock.monotonic())
        if wait:
            raise CircuitOpen(retry_after_seconds=wait)

    def _noted(self, outcome: Reply | Broke) -> Reply | Broke:
        if site_is_down(outcome):
            self.breaker.failed(self.clock.monotonic())
        else:
            self.breaker.succeeded()
        return outcome

    def _measure(self) -> Measure:
        return Measure(self._largest_reply_bytes, self._longest_reply_seconds, self.clock.monotonic)

    def _no_place(self) -> SiteUnavailable:
        return SiteUnavailable(
            f"{self._max_in_flight} calls to ERPNext were in flight all the time, and this one found no place for "
            f"{self._queue_timeout_seconds:.0f} seconds."
        )


class SiteConnection(_Site):
    """Blocking connections to one site; safe to share between threads, and meant to be shared by all users' clients."""

    def __init__(
        self,
        address: SiteAddress | str,
        *,
        transport: Transport | None = None,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        """`address` is text such as "https://erp.example.com", or parsed already."""
        super().__init__(address, options)
        self._transport = transport or httpx2.HTTPTransport(**self._transport_options())
        self._places = threading.BoundedSemaphore(self._max_in_flight)

    def exchange(self, call: Call[Any], authorization: Secret | None) -> Reply | Broke:
        """Send the call once and read the whole reply.

        Raises `CircuitOpen` without sending, and `SiteUnavailable` when no place got free.
        """
        request = self._writer.request(call, authorization)
        if not self._places.acquire(timeout=self._queue_timeout_seconds):
            raise self._no_place()
        try:
            self._check_breaker()
            return self._noted(self._transmit(request))
        finally:
            self._places.release()

    def _transmit(self, request: httpx2.Request) -> Reply | Broke:
        measure = self._measure()
        try:
            response = self._transport.handle_request(request)
            try:
                for part in response.iter_bytes():
                    measure.add(part)
            finally:
                response.close()
        except httpx2.RequestError as error:
            return broke(error)
        return reply_of(response, measure.content)

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class AsyncSiteConnection(_Site):
    """The same for asyncio; one event loop may use it."""

    def __init__(
        self,
        address: SiteAddress | str,
        *,
        transport: AsyncTransport | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        **options: Unpack[ConnectionOptions],
    ) -> None:
        super().__init__(address, options)
        self.sleep = sleep
        self._transport = transport or httpx2.AsyncHTTPTransport(**self._transport_options())
        self._places = asyncio.BoundedSemaphore(self._max_in_flight)

    async def exchange(self, call: Call[Any], authorization: Secret | None) -> Reply | Broke:
        """Send the call once and read the whole reply; raises as `SiteConnection.exchange` does.

        When cancelled, it gives back its place and drops the connection.
        """
        request = self._writer.request(call, authorization)
        await self._take_place()
        try:
            self._check_breaker()
            return self._noted(await self._transmit(request))
        finally:
            self._places.release()

    async def _take_place(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(self._queue_timeout_seconds):
                await self._places.acquire()
        except TimeoutError:
            raise self._no_place() from None

    async def _transmit(self, request: httpx2.Request) -> Reply | Broke:
        measure = self._measure()
        try:
            response = await self._transport.handle_async_request(request)
            try:
                async for part in response.aiter_bytes():
                    measure.add(part)
            finally:
                await response.aclose()
        except httpx2.RequestError as error:
            return broke(error)
        return reply_of(response, measure.content)

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
