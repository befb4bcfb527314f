"""What the replies of OAuth endpoints mean.

Nothing that these endpoints say is repeated in an error's message: Frappe quotes tokens there (frappe-quirks 1.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from erpnext_connector.call import Reply
from erpnext_connector.errors import (
    BadRequest,
    ClientRefused,
    CodeRefused,
    ConnectorError,
    CredentialsRefused,
    NotFrappe,
    RateLimited,
    Retryable,
    SiteFault,
    SiteUnavailable,
)

_CLIENT_ERRORS: Final = frozenset({"invalid_client", "unauthorized_client", "invalid_scope"})
# oauthlib's descriptions, which Frappe does not translate, of an invalid_request that the app's registration causes.
_CLIENT_DESCRIPTIONS: Final = frozenset(
    {
        "Invalid client_id parameter value.",
        "Missing client_id parameter.",
        "Mismatching redirect URI.",
        "Missing redirect URI.",
        "Invalid redirect URI.",
    }
)
_UNAVAILABLE: Final = frozenset({502, 503, 504, 508})
_UNKNOWN: Final = frozenset({403, 404})


def oauth_error_of(
    reply: Reply, *, lost: type[ConnectorError] = CodeRefused, unknown: type[ConnectorError] = ClientRefused
) -> ConnectorError:
    """The error behind a reply of an OAuth endpoint with status 400 or more, or one without JSON.

    `lost` is what a refused grant means (a code, or a refresh token), `unknown` what a 404 means. Frappe 16 answers
    403 where older ones answer 404 (frappe-quirks 7).
    """
    kind = _kind(reply, lost=lost, unknown=unknown)
    details: dict[str, Any] = {"upstream_status": reply.status}
    if issubclass(kind, Retryable):
        details["retry_after_seconds"] = reply.retry_after_seconds
    return kind(**details)


def json_of(reply: Reply) -> Mapping[str, Any] | None:
    """The body where it is a JSON object; None for a page, which something in front of Frappe may have sent."""
    try:
        body = reply.json()
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _kind(reply: Reply, *, lost: type[ConnectorError], unknown: type[ConnectorError]) -> type[ConnectorError]:
    if reply.status == 429:
        return RateLimited
    if reply.status in _UNAVAILABLE:
        return SiteUnavailable
    if reply.status >= 500:
        return SiteFault
    body = json_of(reply)
    if body is None or reply.status < 400:
        return NotFrappe
    if reply.status == 401:
        return CredentialsRefused
    return unknown if reply.status in _UNKNOWN else _of_oauthlib(body, lost)


def _of_oauthlib(body: Mapping[str, Any], lost: type[ConnectorError]) -> type[ConnectorError]:
    error, description = body.get("error"), body.get("error_description") or body.get("description")
    if error == "invalid_grant":
        return lost
    if error in _CLIENT_ERRORS or description in _CLIENT_DESCRIPTIONS:
        return ClientRefused
    return BadRequest
