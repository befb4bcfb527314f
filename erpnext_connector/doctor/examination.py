"""Which checks are made on a site, in which order."""

from __future__ import annotations

import ssl
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from erpnext_connector.client import ApiKey, Breaker, RetryPolicy, SiteConnection
from erpnext_connector.client.trust import trusted_here
from erpnext_connector.clock import Clock
from erpnext_connector.doctor import frappe, network, oauth
from erpnext_connector.doctor.cors import check_cors
from erpnext_connector.doctor.encryption import check_encryption
from erpnext_connector.doctor.report import Finding, Verdict, failed, ok, unknown
from erpnext_connector.doctor.workers import check_workers
from erpnext_connector.errors import ConnectorError, Misconfigured
from erpnext_connector.oauth.tokens import OAuthClient
from erpnext_connector.secret import Secret
from erpnext_connector.wire.address import SiteAddress

ANSWER_SECONDS: Final = 8.0
LARGEST_REPLY_BYTES: Final = 8 * 1024 * 1024

Check = tuple[str, Callable[[], Finding]]


@dataclass(frozen=True, slots=True)
class App:
    """The app that is to work with the site: empty where it is not known yet."""

    url: str = ""
    redirect_uri: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    key: ApiKey | None = None


def examine(url: str, app: App, clock: Clock, tls: ssl.SSLContext | None = None) -> Iterator[Finding]:
    """Yield each finding as it is made; stop early when nothing behind it can work.

    `tls` says which certificates are trusted, those of this machine if left out.
    """
    try:
        address = SiteAddress.parse(url, allow_insecure=True)
    except Misconfigured as error:
        yield failed("address", error.message, error.hint)
        return
    yield ok("address", address.url)
    trusted = tls or trusted_here()
    open_connection = partial(_open, address, trusted, clock)
    with open_connection(ANSWER_SECONDS) as connection:
        for finding in _network(connection, trusted, clock):
            yield finding
            if finding.verdict is Verdict.FAILED and not _is_plain_http(finding, address):
                return
        if not (yield from _made(_checks(connection, app, clock))):
            return
    # The connection is closed: kept open, it could be the one that a single worker serves.
    yield from _made([("workers", lambda: check_workers(open_connection, trusted, clock))])


def _open(address: SiteAddress, tls: ssl.SSLContext, clock: Clock, seconds: float) -> SiteConnection:
    """A connection that asks once: an examination wants to see the failure, not what a retry makes of it."""
    return SiteConnection(
        address,
        clock=clock,
        tls=tls,
        retries=RetryPolicy(attempts=1),
        breaker=Breaker(failures=sys.maxsize),
        connect_timeout_seconds=network.CONNECT_SECONDS,
        read_timeout_seconds=seconds,
        longest_reply_seconds=2 * seconds,
        largest_reply_bytes=LARGEST_REPLY_BYTES,
    )


def _network(connection: SiteConnection, tls: ssl.SSLContext, clock: Clock) -> Iterator[Finding]:
    address = connection.address
    if connection.proxy:
        where = connection.proxy.rpartition("@")[2].rpartition("//")[2]
        yield unknown("name", f"calls go through the proxy {where}, which finds the site on its own (HTTPS_PROXY)")
        return
    yield network.check_name(address)
    yield network.check_port(address)
    yield check_encryption(address, tls, clock.now())


def _is_plain_http(finding: Finding, address: SiteAddress) -> bool:
    """Plain http is a fault that keeps nobody from looking further."""
    return finding.check == "encryption" and address.url.startswith("http:")


def _checks(connection: SiteConnection, app: App, clock: Clock) -> Iterator[Check]:
    yield "frappe", lambda: frappe.check_is_frappe(connection)
    yield "version", lambda: frappe.check_version(connection, app.key)
    yield "oauth", lambda: oauth.check_oauth(connection)
    yield "clock", lambda: frappe.check_clock(connection, clock)
    yield "cors", lambda: check_cors(connection, app.url)
    yield "redirect", lambda: _redirect(app)
    yield "client", lambda: _client(connection, app, clock)


def _redirect(app: App) -> Finding:
    if not app.redirect_uri:
        return unknown("redirect", "the app's address is not known", "Give --app-url, or set CONNECTOR_URL.")
    return oauth.check_redirect_uri(app.redirect_uri)


def _client(connection: SiteConnection, app: App, clock: Clock) -> Finding:
    if not app.client_id:
        return unknown("client", "the app's client id is not known", "Give --client-id, or set ERPNEXT_CLIENT_ID.")
    client = OAuthClient(app.client_id, app.client_secret, app.redirect_uri)
    return oauth.check_client(connection, client, clock, app.key)


def _made(checks: Iterable[Check]) -> Generator[Finding, None, bool]:
    """Make one check after the other; False when the site is not Frappe, or no longer answers."""
    for name, check in checks:
        try:
            finding = check()
        except ConnectorError as error:
            yield failed(name, error.message, error.hint)
            if frappe.is_silence(error):
                return False
            continue
        yield finding
        if name == "frappe" and finding.verdict is Verdict.FAILED:
            return False
    return True
