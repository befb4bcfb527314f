"""Which ERPNext sites this app works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import Row, delete, select

from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import Ring
from erpnext_connector.store.tables import sites
from erpnext_connector.store.upsert import upsert

KIND: Final = "site secrets"


@dataclass(frozen=True, slots=True)
class Site:
    """One ERPNext server: where it is, and what this app is called there.

    `api_key` and `api_secret` belong to the service account; `webhook_secrets` holds the newest first, so that a
    secret can be changed without losing a delivery.
    """

    id: str
    address: str
    client_id: str
    client_secret: Secret | None = None
    api_key: str | None = None
    api_secret: Secret | None = None
    webhook_secrets: tuple[Secret, ...] = ()


class _Secrets(msgspec.Struct, frozen=True):
    client_secret: str | None
    api_secret: str | None
    webhook_secrets: list[str]


class Sites:
    """The sites, by id; their secrets are stored sealed."""

    def __init__(self, database: Database, ring: Ring) -> None:
        self._database = database
        self._ring = ring

    def put(self, site: Site) -> None:
        """Store `site`; one of the same id is replaced, its users' grants stay."""
        row = {
            "id": site.id,
            "address": site.address,
            "client_id": site.client_id,
            "api_key": site.api_key,
            "sealed_secrets": self._ring.seal(_secrets(site), site=site.id, user="", kind=KIND),
        }
        with self._database.begin() as connection:
            connection.execute(upsert(connection, sites, row))

    def get(self, site_id: str) -> Site | None:
        """The site, or None; raises `KeyUnusable` when its secrets don't open."""
        with self._database.read() as connection:
            row = connection.execute(select(sites).where(sites.c.id == site_id)).one_or_none()
        return self._site(row) if row else None

    def all(self) -> tuple[Site, ...]:
        """Every site, in the order of their ids."""
        with self._database.read() as connection:
            rows = connection.execute(select(sites).order_by(sites.c.id)).all()
        return tuple(self._site(row) for row in rows)

    def remove(self, site_id: str) -> None:
        """Forget the site with its grants, sessions and inbox; the ledger stays."""
        with self._database.begin() as connection:
            connection.execute(delete(sites).where(sites.c.id == site_id))

    def _site(self, row: Row[Any]) -> Site:
        plain = self._ring.open(row.sealed_secrets, site=row.id, user="", kind=KIND)
        secrets = msgspec.json.decode(plain, type=_Secrets)
        return Site(
            id=row.id,
            address=row.address,
            client_id=row.client_id,
            client_secret=_secret(secrets.client_secret),
            api_key=row.api_key,
            api_secret=_secret(secrets.api_secret),
            webhook_secrets=tuple(Secret(text) for text in secrets.webhook_secrets),
        )


def _secrets(site: Site) -> bytes:
    return msgspec.json.encode(
        _Secrets(
            client_secret=site.client_secret.reveal() if site.client_secret else None,
            api_secret=site.api_secret.reveal() if site.api_secret else None,
            webhook_secrets=[secret.reveal() for secret in site.webhook_secrets],
        )
    )


def _secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)
