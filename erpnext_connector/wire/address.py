"""The address of a site."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from erpnext_connector.errors import SiteAddressInvalid, SiteInsecure

_DEFAULT_PORTS: Final = {"https": 443, "http": 80}
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)\Z")
# Python's codec and browsers make different hosts of these (IDNA 2003 against 2008).
_AMBIGUOUS: Final = re.compile("[ßẞς\u200c\u200d]")
_NO_URL_CHARACTER: Final = re.compile(r"[\s\x00-\x1f\x7f\\]")


@dataclass(frozen=True, slots=True)
class SiteAddress:
    """Where a site is: `url` is like "https://erp.example.com", without path, slash or default port."""

    url: str

    @classmethod
    def parse(cls, text: str, *, allow_insecure: bool = False) -> SiteAddress:
        """Read what a person typed; without a scheme it is https.

        Raises `SiteAddressInvalid` for anything but scheme, host and port, and `SiteInsecure` for plain http to a
        host that is not this machine, unless `allow_insecure`.
        """
        parts = _split(text.strip())
        host = _host(parts)
        if parts.scheme == "http" and not allow_insecure and not _is_loopback(host):
            raise SiteInsecure(f"http://{host} would send tokens readable over the network.")
        shown = f"[{host}]" if ":" in host else host
        port = _port(parts)
        suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
        return cls(f"{parts.scheme}://{shown}{suffix}")

    @property
    def host(self) -> str:
        """The host name or IP address alone."""
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        """The port, the scheme's own where none is written."""
        parts = urlsplit(self.url)
        return parts.port or _DEFAULT_PORTS[parts.scheme]

    @property
    def is_loopback(self) -> bool:
        """Whether the site runs on this machine."""
        return _is_loopback(self.host)

    def __str__(self) -> str:
        return self.url


def _split(text: str) -> SplitResult:
    if _NO_URL_CHARACTER.search(text):
        raise SiteAddressInvalid("The site's address must not contain blanks or backslashes.")
    try:
        parts = urlsplit(text if "://" in text else f"https://{text}")
    except ValueError:
        raise SiteAddressInvalid("That is not an address.") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise SiteAddressInvalid("The site's address must begin with https://.")
    if parts.username is not None or parts.password is not None:
        raise SiteAddressInvalid("The site's address must not contain a user name or password.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SiteAddressInvalid(f"The site's address must end after the host: {parts.path or '?'} is too much.")
    return parts


def _host(parts: SplitResult) -> str:
    """The host in lower case, international names in their ASCII form."""
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        return str(_ip(host))
    if _AMBIGUOUS.search(host):
        raise SiteAddressInvalid(
            "Write the host name in its ASCII form (xn--...): it has letters that programs differ on."
        )
    try:
        host = host.encode("idna").decode("ascii").lower()
    except UnicodeError:
        raise SiteAddressInvalid("The site's address has no valid host name.") from None
    if not all(_LABEL.match(label) for label in host.split(".")):
        raise SiteAddressInvalid("The site's address has no valid host name.")
    if re.fullmatch(r"[0-9.]+", host):
        return str(_ip(host))
    return host


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        raise SiteAddressInvalid("The site's address has no valid IP address.") from None


def _port(parts: SplitResult) -> int | None:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        raise SiteAddressInvalid("The port must be a number from 1 to 65535.")
    return port


def _is_loopback(host: str) -> bool:
    """`localhost` and its subdomains never leave the machine (RFC 6761, 6.3)."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
