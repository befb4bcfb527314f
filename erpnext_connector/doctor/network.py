"""Whether a site's name resolves, and whether something listens there."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final, TypeAlias

from erpnext_connector.doctor.report import Finding, failed, ok
from erpnext_connector.wire.address import SiteAddress

CONNECT_SECONDS: Final = 5.0
RESOLVE_SECONDS: Final = 5.0

Resolve: TypeAlias = Callable[[str, int], Sequence[tuple[Any, ...]]]
"""Asks for the addresses of host and port, in rows as `socket.getaddrinfo` gives them."""

_UNKNOWN_NAME: Final = (
    "Check the spelling. If the name works in your browser, this machine asks another DNS server: "
    "add the name there or to /etc/hosts (in containers: extra_hosts). "
    'Inside Frappe it shows as "Unable to make request to the Frappe Server URL".'
)
_NO_DNS: Final = "This machine can't ask its DNS server: check its network, and /etc/resolv.conf."
_IN_CONTAINER: Final = (
    " In a container, this address is the container itself: use the name of the site's container there."
)


def connect(address: SiteAddress, seconds: float = CONNECT_SECONDS) -> socket.socket:
    """An open connection to the site, on which each wait takes so long at most; raises `OSError`."""
    return socket.create_connection((address.host, address.port), timeout=seconds)


def place(address: SiteAddress) -> str:
    """Host and port, as people write them."""
    return f"[{address.host}]:{address.port}" if ":" in address.host else f"{address.host}:{address.port}"


def reason(error: Exception) -> str:
    """Why the network failed, without Python's decorations."""
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__


def check_name(address: SiteAddress, resolve: Resolve | None = None, seconds: float = RESOLVE_SECONDS) -> Finding:
    """Does the host name resolve from this machine, within so many seconds?"""
    if _is_ip(address.host):
        return ok("name", f"{address.host} is an IP address: there is no name to look up")
    found = _within(seconds, lambda: (resolve or _getaddrinfo)(address.host, address.port))
    if isinstance(found, Exception):
        is_silent = isinstance(found, TimeoutError) or getattr(found, "errno", None) == socket.EAI_AGAIN
        evidence = f"{address.host} does not resolve on this machine ({reason(found)})"
        return failed("name", evidence, _NO_DNS if is_silent else _UNKNOWN_NAME)
    return ok("name", f"{address.host} is {', '.join(dict.fromkeys(str(row[4][0]) for row in found))}")


def check_port(address: SiteAddress) -> Finding:
    """Does something accept connections?"""
    hint = _IN_CONTAINER if address.is_loopback else ""
    try:
        connect(address).close()
    except ConnectionRefusedError:
        return failed(
            "port", f"nothing listens at {place(address)}", f"Start the site, or correct the port in the address.{hint}"
        )
    except TimeoutError:
        return failed(
            "port",
            f"{place(address)} did not answer within {CONNECT_SECONDS:.0f} s",
            "A firewall drops what this machine sends, or the site's machine is down: open the port between both.",
        )
    except OSError as error:
        return failed(
            "port",
            f"{place(address)} can't be reached ({reason(error)})",
            f"Check the network between this machine and the site, and the port in the address.{hint}",
        )
    return ok("port", f"{place(address)} accepts connections")


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _getaddrinfo(host: str, port: int) -> Sequence[tuple[Any, ...]]:
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


def _within(seconds: float, work: Callable[[], Sequence[tuple[Any, ...]]]) -> Sequence[tuple[Any, ...]] | Exception:
    """What `work` gives, or why it failed; the system's resolver takes no timeout, so it is left behind in a thread."""
    answers: SimpleQueue[Sequence[tuple[Any, ...]] | Exception] = SimpleQueue()

    def run() -> None:
        try:
            answers.put(work())
        except (OSError, UnicodeError) as error:
            answers.put(error)

    Thread(target=run, name="doctor-resolve", daemon=True).start()
    try:
        return answers.get(timeout=seconds)
    except Empty:
        return TimeoutError(f"no answer within {seconds:.0f} s")
