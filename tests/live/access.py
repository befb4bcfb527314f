"""The site to test against, from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

import pytest

APP_URL: Final = "http://127.0.0.1:8000"
APP_PORT: Final = 8000

HOW: Final = "docs/real-site.md tells how to run the tests against a site"


@dataclass(frozen=True, slots=True)
class Access:
    """Where the site is, who signs in, and whose API key may make and change documents; empty where not set."""

    url: str
    client_id: str
    client_secret: str
    user: str
    password: str
    api_key: str
    api_secret: str
    app_url: str

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Access:
        return cls(
            url=environment.get("ERPNEXT_URL", "").rstrip("/"),
            client_id=environment.get("ERPNEXT_CLIENT_ID", ""),
            client_secret=environment.get("ERPNEXT_CLIENT_SECRET", ""),
            user=environment.get("ERPNEXT_USER", ""),
            password=environment.get("ERPNEXT_PASSWORD", ""),
            api_key=environment.get("ERPNEXT_API_KEY", ""),
            api_secret=environment.get("ERPNEXT_API_SECRET", ""),
            app_url=environment.get("CONNECTOR_URL", "").rstrip("/") or APP_URL,
        )

    @property
    def app_port(self) -> int:
        """Where Dispatch listens: behind a public address it is up to a proxy or tunnel to lead there."""
        return (urlsplit(self.app_url).port if _is_loopback(self.app_url) else None) or APP_PORT

    @property
    def can_reach_the_app(self) -> bool:
        """False when the site is surely unable to: another machine's loopback is not ours."""
        return _is_loopback(self.url) or not _is_loopback(self.app_url)

    def missing(self, *names: str) -> str:
        """The sentence for variables that a test needs and that are not set; empty when all are."""
        unset = [variable for variable in names if not getattr(self, variable.removeprefix("ERPNEXT_").lower())]
        return f"{', '.join(unset)} not set: {HOW}" if unset else ""


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def need_a_site() -> None:
    """Skip the module that calls it, with one line that says why, unless there is a site."""
    if not os.environ.get("ERPNEXT_URL"):
        pytest.skip(f"no site to test against: set ERPNEXT_URL; {HOW}", allow_module_level=True)
