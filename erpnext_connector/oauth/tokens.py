"""The tokens a site issues, and the app they are issued to."""

from __future__ import annotations

from dataclasses import dataclass

from erpnext_connector.secret import Secret


@dataclass(frozen=True, slots=True)
class TokenSet:
    """An access token with what renews it; `expires_at` is in epoch seconds. `id_token` comes with a code only."""

    access: Secret
    refresh: Secret | None
    expires_at: float
    scope: str
    id_token: Secret | None = None


@dataclass(frozen=True, slots=True)
class OAuthClient:
    """The app as an OAuth Client document of the site knows it; Frappe compares `redirect_uri` exactly."""

    client_id: str
    client_secret: Secret | None
    redirect_uri: str
    scopes: tuple[str, ...] = ("all", "openid")
