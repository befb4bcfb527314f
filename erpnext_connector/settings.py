"""What a deployment sets: addresses and secrets from the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from erpnext_connector.errors import Misconfigured, SettingMissing
from erpnext_connector.secret import Secret

DATABASE_URL: Final = "sqlite:///var/connector.sqlite3"
KEY_FILE: Final = "var/connector.key"
SESSION_SECONDS: Final = 7 * 24 * 3600
SESSION_IDLE_SECONDS: Final = 24 * 3600
SENTINEL_SECONDS: Final = 300

Verify = Literal["always", "on_expiry"]

# What each variable is for, as the error says it when one is missing.
_MEANING: Final = {
    "ERPNEXT_URL": "the address of the ERPNext site, like https://erp.example.com",
    "ERPNEXT_CLIENT_ID": "the App Client ID of the OAuth Client document in ERPNext",
    "ERPNEXT_API_KEY": "the API key of the service account (in ERPNext: User, Settings, API Access)",
    "ERPNEXT_API_SECRET": "the API secret that belongs to ERPNEXT_API_KEY",
    "CONNECTOR_URL": "the address of this app as browsers see it, like https://app.example.com",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that differs between two deployments of one app; None or empty where nothing is set.

    `webhook_secrets` holds the newest first. Paths and the SQLite URL are relative to the working directory.
    `site_hosts` says which site people get who come by which host; `trusted_proxies` how many proxies of yours stand
    before the app and add to X-Forwarded-For. `sentinel_seconds` is how often each grant is looked after, 0 for never;
    `verify` whether ERPNext is asked at each request of a user, or when a token is to be refreshed.
    """

    public_url: str | None = None
    erpnext_url: str | None = None
    client_id: str | None = None
    client_secret: Secret | None = None
    api_key: str | None = None
    api_secret: Secret | None = None
    webhook_secrets: tuple[Secret, ...] = ()
    database_url: Secret = field(default_factory=lambda: Secret(DATABASE_URL))
    key: Secret | None = None
    key_file: Path = Path(KEY_FILE)
    session_seconds: int = SESSION_SECONDS
    session_idle_seconds: int = SESSION_IDLE_SECONDS
    site_hosts: tuple[tuple[str, str], ...] = ()
    trusted_proxies: int = 0
    sentinel_seconds: int = SENTINEL_SECONDS
    verify: Verify = "on_expiry"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Read `environment`, the process's own if left out; a variable that is set to nothing counts as not set."""
        told = {name: text.strip() for name, text in (os.environ if environment is None else environment).items()}
        return cls(
            public_url=told.get("CONNECTOR_URL") or None,
            erpnext_url=told.get("ERPNEXT_URL") or None,
            client_id=told.get("ERPNEXT_CLIENT_ID") or None,
            client_secret=_secret(told, "ERPNEXT_CLIENT_SECRET"),
            api_key=told.get("ERPNEXT_API_KEY") or None,
            api_secret=_secret(told, "ERPNEXT_API_SECRET"),
            webhook_secrets=tuple(Secret(text) for text in told.get("ERPNEXT_WEBHOOK_SECRET", "").split()),
            database_url=Secret(told.get("CONNECTOR_DATABASE_URL") or DATABASE_URL),
            key=_secret(told, "CONNECTOR_KEY"),
            key_file=Path(told.get("CONNECTOR_KEY_FILE") or KEY_FILE),
            session_seconds=_number(told, "CONNECTOR_SESSION_SECONDS", SESSION_SECONDS, least=60),
            session_idle_seconds=_number(told, "CONNECTOR_SESSION_IDLE_SECONDS", SESSION_IDLE_SECONDS, least=60),
            site_hosts=_site_hosts(told.get("CONNECTOR_SITE_HOSTS", "")),
            trusted_proxies=_number(told, "CONNECTOR_TRUSTED_PROXIES", 0, least=0),
            sentinel_seconds=_number(told, "CONNECTOR_SENTINEL_SECONDS", SENTINEL_SECONDS, least=0),
            verify=_verify(told.get("CONNECTOR_VERIFY") or "on_expiry"),
        )


def missing(variable: str) -> SettingMissing:
    """The error for a variable that is needed now; it says what the variable is for."""
    return SettingMissing(
        f"{variable} is not set.",
        hint=f"Set {variable} to {_MEANING[variable]}, and start the app again.",
    )


def _secret(told: Mapping[str, str], name: str) -> Secret | None:
    return Secret(told[name]) if told.get(name) else None


def _number(told: Mapping[str, str], name: str, default: int, *, least: int) -> int:
    text = told.get(name) or str(default)
    if not text.isascii() or not text.isdecimal() or int(text) < least:
        raise Misconfigured(f"{name} is not a number from {least} on.", hint=f"Write it like {name}={default or 1}.")
    return int(text)


def _verify(text: str) -> Verify:
    if text == "always":
        return "always"
    if text == "on_expiry":
        return "on_expiry"
    raise Misconfigured("CONNECTOR_VERIFY is neither always nor on_expiry.", hint="Write CONNECTOR_VERIFY=on_expiry.")


def _site_hosts(text: str) -> tuple[tuple[str, str], ...]:
    """Pairs of a host, with its port if it has one, and a site's id."""
    pairs = [pair.partition("=") for pair in text.split()]
    if not all(host and site_id for host, _, site_id in pairs):
        raise Misconfigured(
            "CONNECTOR_SITE_HOSTS is not a list of hosts and sites.",
            hint="Write it like CONNECTOR_SITE_HOSTS='acme.example.com=acme brown.example.com=brown'.",
        )
    return tuple((host.lower(), site_id) for host, _, site_id in pairs)
