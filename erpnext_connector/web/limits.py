"""How often one address may try what can be guessed at."""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from typing import Final

from erpnext_connector.errors import TooManyAttempts
from erpnext_connector.web.door import Door
from erpnext_connector.web.message import WebRequest

# What one household or customer gets of IPv6 (RFC 6177): single addresses cost nothing there.
_IPV6_BITS: Final = 64
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Limit:
    """So many `times` at once, and again as many in `seconds`; offices share one address, so not too few."""

    what: str
    times: int
    seconds: float = 300.0


SIGN_INS: Final = Limit("sign-in", 100)
FAILURES: Final = Limit("failed sign-in", 20)


def admit(door: Door, request: WebRequest, limit: Limit) -> None:
    """Count an attempt of this request's address; raises `TooManyAttempts`."""
    try:
        door.connector.running.throttle.admit(limit.what, address_of(door, request), limit.times, limit.seconds)
    except TooManyAttempts:
        _warn(door, request, limit)
        raise


def check(door: Door, request: WebRequest, limit: Limit) -> None:
    """Raise `TooManyAttempts` when nothing is left for this request's address, without counting it."""
    try:
        door.connector.running.throttle.check(limit.what, address_of(door, request), limit.times, limit.seconds)
    except TooManyAttempts:
        _warn(door, request, limit)
        raise


def address_of(door: Door, request: WebRequest) -> str:
    """Whose attempts count together: the address of the connection, or the one that the own proxies saw.

    Each proxy adds the address it was called from at the end of X-Forwarded-For; whatever stands before was written by
    anybody.
    """
    proxies = door.connector.settings.trusted_proxies
    seen = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
    chain = [*seen, request.client][-proxies - 1 :]
    return _network(chain[0])


def _network(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    mapped = parsed.ipv4_mapped
    return str(mapped or ipaddress.ip_network((parsed, _IPV6_BITS), strict=False))


def _warn(door: Door, request: WebRequest, limit: Limit) -> None:
    """Behind an unknown proxy everybody has one address, and the first busy morning shuts everybody out."""
    is_proxied = "x-forwarded-for" in request.headers and not door.connector.settings.trusted_proxies
    advice = " Requests come through a proxy: set CONNECTOR_TRUSTED_PROXIES." if is_proxied else ""
    _log.warning("An address has used up its attempts (%s).%s", limit.what, advice)
