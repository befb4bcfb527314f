"""OAuth Bearer Token documents: a pair of tokens as the site's version keeps it."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Final

from erpnext_connector.sandbox import records
from erpnext_connector.sandbox.oauth_rules import TOKEN_SECONDS, scope_list
from erpnext_connector.sandbox.site import Site
from erpnext_connector.sandbox.versions import HARDENED

TOKEN: Final = "OAuth Bearer Token"  # noqa: S105  the name of a DocType
CLIENT: Final = "OAuth Client"
TOKEN_LENGTH: Final = 30
ALPHABET: Final = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
STAMP: Final = "%Y-%m-%d %H:%M:%S.%f"


def generate(site: Site) -> str:
    """A code or token: 30 letters and digits."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in site.token_bytes(TOKEN_LENGTH))


def as_kept(site: Site, token: str) -> str:
    """What the database holds of a token: itself, or from 2026 on its SHA-256 alone."""
    return hashlib.sha256(token.encode()).hexdigest() if site.frappe >= HARDENED else token


def by_access_token(site: Site, token: str) -> records.Document | None:
    """The pair with this access token, whatever has become of it; until 2026 the token is its name."""
    if site.frappe < HARDENED:
        return records.read(site, TOKEN, token)
    found = records.find(site, TOKEN, access_token=as_kept(site, token))
    return found[0] if found else None


def by_refresh_token(site: Site, token: str, **equal: object) -> records.Document | None:
    """The oldest pair with this refresh token."""
    found = records.find(site, TOKEN, refresh_token=as_kept(site, token), **equal)
    return found[0] if found else None


def is_good(site: Site, row: records.Document) -> bool:
    """Whether an access token is neither revoked nor expired, and its client still has all of its scopes."""
    if row.get("status") == "Revoked" or str(row.get("expiration_time")) <= site.now():
        return False
    client = records.read(site, CLIENT, str(row.get("client")))
    return client is not None and set(scope_list(row.get("scopes"))) <= set(scope_list(client.get("scopes")))


def issue(site: Site, client: str, user: str, scopes: tuple[str, ...]) -> dict[str, object]:
    """Keep a new pair; gives what the token endpoint says of it."""
    seconds = site.faults.token_seconds(TOKEN_SECONDS)
    expires = datetime.fromisoformat(site.now()) + timedelta(seconds=seconds)
    access_token, refresh_token = generate(site), generate(site)
    records.add(
        site,
        {
            "doctype": TOKEN,
            "client": client,
            "user": user,
            "scopes": " ".join(scopes),
            "access_token": as_kept(site, access_token),
            "refresh_token": as_kept(site, refresh_token),
            "expires_in": seconds,
            "expiration_time": expires.strftime(STAMP),
            "status": "Active",
        },
    )
    return {
        "access_token": access_token,
        "expires_in": seconds,
        "token_type": "Bearer",
        "scope": " ".join(scopes),
        "refresh_token": refresh_token,
    }


def revoke(site: Site, row: records.Document) -> None:
    """Mark a pair as revoked, as Frappe does past its documents: no webhook hears of it."""
    records.change(site, TOKEN, str(row["name"]), status="Revoked")


def take_away(site: Site, user: str, client: str) -> int:
    """Delete all of a user's pairs for a client, with the webhooks that a deletion has; gives their number."""
    found = records.find(site, TOKEN, user=user, client=client)
    for row in found:
        records.trash(site, TOKEN, str(row["name"]), user)
    return len(found)
