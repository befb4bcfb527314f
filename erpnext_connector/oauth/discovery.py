"""Where a site's OAuth endpoints are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from erpnext_connector.call import Call, Reply
from erpnext_connector.oauth.replies import json_of

_METHODS: Final = "/api/method/frappe.integrations.oauth2."
_METADATA: Final = "/.well-known/oauth-authorization-server"
_PORTS: Final = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Paths on the site; the fixed ones are those of every Frappe from 13 on (frappe-protocol 1.1)."""

    authorize: str = _METHODS + "authorize"
    token: str = _METHODS + "get_token"
    userinfo: str = _METHODS + "openid_profile"
    revoke: str = _METHODS + "revoke_token"


FIXED: Final = Endpoints()


def discover(site_url: str) -> Call[Endpoints]:
    """Ask the site for its endpoints (Frappe 16 and newer); `FIXED` where it does not say.

    An endpoint on another host is not believed: tokens go to nobody but the site.
    """
    read = partial(_read_metadata, site_url=site_url)
    return Call("GET", _METADATA, read, repeatable=True, authenticated=False)


def _read_metadata(reply: Reply, *, site_url: str) -> Endpoints:
    told = json_of(reply) if reply.status == 200 else None
    return _endpoints(told, site_url) if told else FIXED


def _endpoints(told: Mapping[str, Any], site_url: str) -> Endpoints:
    found = {
        "authorize": _path(told.get("authorization_endpoint"), site_url),
        "token": _path(told.get("token_endpoint"), site_url),
        "userinfo": _path(told.get("userinfo_endpoint"), site_url),
        "revoke": _path(told.get("revocation_endpoint"), site_url),
    }
    return replace(FIXED, **{name: path for name, path in found.items() if path})


def _path(url: object, site_url: str) -> str | None:
    """The path, if it is on the site: the scheme may be told wrong behind a proxy (frappe-protocol 1.1)."""
    if not isinstance(url, str):
        return None
    try:
        parts, site = urlsplit(url), urlsplit(site_url)
        is_here = parts.hostname == site.hostname and _is_port_of(site.port, site.scheme, parts.port, parts.scheme)
    except ValueError:
        return None
    is_plain = parts.path.startswith("/") and not parts.path.startswith("//") and not parts.query and not parts.fragment
    return parts.path if is_here and is_plain and parts.username is None else None


def _is_port_of(site: int | None, site_scheme: str, told: int | None, told_scheme: str) -> bool:
    """The same port, or both at their schemes' own."""
    if told_scheme not in _PORTS:
        return False
    if site in (None, _PORTS[site_scheme]) and told in (None, _PORTS[told_scheme]):
        return True
    return (site or _PORTS[site_scheme]) == (told or _PORTS[told_scheme])
