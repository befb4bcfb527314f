"""Whether a site can answer two requests at a time."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from typing import Final, TypeAlias

from erpnext_connector.call import Reply
from erpnext_connector.client import SiteConnection
from erpnext_connector.clock import Clock
from erpnext_connector.doctor.encryption import is_encrypted
from erpnext_connector.doctor.frappe import PING, get, shown
from erpnext_connector.doctor.network import connect, reason
from erpnext_connector.doctor.report import Finding, failed, ok, unknown
from erpnext_connector.errors import SiteUnavailable, SiteUnreachable
from erpnext_connector.wire.address import SiteAddress

HOLD_SECONDS: Final = 3.0
_COLLECTORS: Final = ("nginx", "openresty", "tengine", "cloudflare", "cloudfront", "akamaighost", "awselb")
_ON_THE_SERVER: Final = "On the server, gunicorn_workers in common_site_config.json should be 2 or more."
_MORE_WORKERS: Final = (
    "Run two or more web workers: gunicorn_workers in common_site_config.json, then bench setup supervisor; in "
    "containers gunicorn --workers 2 --threads 4. With one worker ERPNext can't answer a call that it caused itself: a "
    "request waits for the app, the app asks ERPNext, and ERPNext is busy with its own request, until one gives up: "
    '"Unable to make request to the Frappe Server URL".'
)

Open: TypeAlias = Callable[[float], SiteConnection]
"""Gives a new connection to the site, whose answers may take so many seconds."""


def check_workers(open_connection: Open, tls: ssl.SSLContext, clock: Clock) -> Finding:
    """Does the site still answer while one request occupies a worker?

    Each request has a connection of its own: one that stays open could be the very one that a single worker serves.
    """
    with open_connection(2 * HOLD_SECONDS) as connection:
        address, proxy = connection.address, connection.proxy
        usual, seconds = _timed(connection, clock)
    if proxy:
        return unknown("workers", "requests go through a proxy, so workers can't be counted from here", _ON_THE_SERVER)
    limit = HOLD_SECONDS + 2 * seconds
    try:
        held = hold_request(address, tls)
    except OSError as error:
        return unknown("workers", f"a second connection could not be opened ({reason(error)})", _ON_THE_SERVER)
    with held, open_connection(limit) as connection:
        try:
            reply, seconds = _timed(connection, clock)
        except SiteUnavailable:
            return _starved(limit)
        except SiteUnreachable as error:
            return unknown("workers", f"while one request was held open: {error.message}", _ON_THE_SERVER)
    return _judge(usual, reply, seconds)


def hold_request(address: SiteAddress, tls: ssl.SSLContext) -> socket.socket:
    """Send a request whose body never comes, and return its connection: close it to let go. Raises `OSError`.

    A worker that serves one request at a time waits for that body, and answers nobody else.
    """
    connection = connect(address)
    if is_encrypted(address):
        connection = tls.wrap_socket(connection, server_hostname=address.host)
    head = (
        f"POST {PING} HTTP/1.1\r\nHost: {address.url.partition('://')[2]}\r\nAccept: application/json\r\n"
        "User-Agent: erpnext-connector\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\n"
    )
    connection.sendall(head.encode("ascii"))
    return connection


def _timed(connection: SiteConnection, clock: Clock) -> tuple[Reply, float]:
    started = clock.monotonic()
    reply = get(connection, PING)
    return reply, clock.monotonic() - started


def _starved(limit: float) -> Finding:
    return failed(
        "workers",
        f"while one request was held open, the site answered nobody else within {limit:.0f} s: it has a single worker",
        _MORE_WORKERS,
    )


def _judge(usual: Reply, reply: Reply, seconds: float) -> Finding:
    if reply.status != usual.status:
        return unknown("workers", f"while one request was held open, the site answered {shown(reply)}", _ON_THE_SERVER)
    front = collector(usual)
    if front:
        evidence = f"{front} stands in front and holds requests back until they are complete, so workers can't be seen"
        return unknown("workers", evidence, _ON_THE_SERVER)
    return ok("workers", f"answered in {seconds * 1000:.0f} ms while another request was held open")


def collector(reply: Reply) -> str:
    """What stands in front of the site and passes requests on only when they are complete; "" if nothing shows."""
    server = reply.headers.get("server", "")
    if server.lower().startswith(_COLLECTORS):
        return server
    return reply.headers.get("via", "")
