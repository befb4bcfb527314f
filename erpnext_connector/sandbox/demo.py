"""What a person or a test has to know to use a sandbox: its accounts, keys and OAuth clients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final
from urllib.parse import quote

import msgspec

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.data import UserEntry, Users
from erpnext_connector.sandbox.loading import add_oauth_client
from erpnext_connector.sandbox.oauth_rules import BY_POST, PUBLIC
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import recorded

KEY_LENGTH: Final = 15
MANAGER: Final = "System Manager"


@dataclass(frozen=True, slots=True)
class Demo:
    """The accounts of the login page, with everything a program needs, as the file of `--vars` has it."""

    accounts: Sequence[UserEntry]
    variables: dict[str, object]


def prepare(site: Site, users: Users, clients: Mapping[str, str], *, authentication: str = BY_POST) -> Demo:
    """Make what is not there yet: the manager's API key, and an OAuth client for each name and redirect URI.

    `authentication` is how new clients prove themselves, which only matters since 2026.
    """
    _keep_subjects(site)
    variables: dict[str, object] = {}
    for prefix, listed in zip(("", "trusted_"), users.oauth_clients, strict=False):
        kept = _client(site, str(listed["app_name"]), str(listed["redirect_uris"]), authentication)
        variables |= {f"{prefix}client_id": kept["name"], f"{prefix}client_secret": kept["client_secret"]}
    more = {name: _client(site, name, uri, authentication) for name, uri in clients.items()}
    named = {name: _shown(site, kept) for name, kept in more.items()}
    keys = [_key(site, user.name) for user in users.users if MANAGER in user.roles and "@" in user.name]
    return Demo(users.users, variables | (keys[0] if keys else {}) | _people(users.users) | {"clients": named})


def _keep_subjects(site: Site) -> None:
    """Give the users the ids that the recorded servers had made up for them."""
    text = files("erpnext_connector.sandbox").joinpath("dataset", "subjects.json").read_bytes()
    known = msgspec.json.decode(text, type=dict[str, dict[str, str]])[str(recorded(site.frappe))]
    for user, subject in known.items():
        for row in records.find(site, "User Social Login", parent=user, provider="frappe"):
            records.change(site, "User Social Login", str(row["name"]), userid=subject)


def _shown(site: Site, client: records.Document) -> dict[str, object]:
    """What an app has to know of its client; a public one has no secret."""
    shown: dict[str, object] = {"client_id": client["name"]}
    if site.frappe < 16 or client.get("token_endpoint_auth_method") != PUBLIC:
        shown["client_secret"] = client["client_secret"]
    return shown


def _client(site: Site, app_name: str, redirect_uri: str, authentication: str) -> records.Document:
    for kept in records.find(site, "OAuth Client", app_name=app_name):
        if kept["redirect_uris"] == redirect_uri:
            return kept
    client = {"app_name": app_name, "redirect_uris": redirect_uri, "scopes": "all openid"}
    return add_oauth_client(site, client | {"token_endpoint_auth_method": authentication})


def _key(site: Site, user: str) -> dict[str, object]:
    """The user's API key, made once."""
    key = (records.read(site, "User", user) or {}).get("api_key")
    secret = site.password("User", user, "api_secret")
    if not key or not secret:
        key, secret = (site.token_bytes(8).hex()[:KEY_LENGTH] for _ in range(2))
        records.change(site, "User", user, api_key=key)
        site.keep_password("User", user, "api_secret", secret)
    return {"api_key": key, "api_secret": secret}


def _people(accounts: Sequence[UserEntry]) -> dict[str, object]:
    """Names and passwords; those of managers lie deeper, where the replay tool does not take them for variables."""
    users: dict[str, object] = {}
    others: dict[str, object] = {}
    for account in accounts:
        prefix = account.name.split("@")[0].lower()
        target = others if MANAGER in account.roles else users
        target[f"{prefix}_user"] = account.name
        target[f"{prefix}_password"] = account.password
        target[f"{prefix}_user_quoted"] = quote(account.name)
    return users | {"others": others}
