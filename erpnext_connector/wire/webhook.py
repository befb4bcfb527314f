"""Webhooks as Frappe sends them: the signature, the body, and the document that sets one up."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from erpnext_connector.errors import BadRequest, SignatureInvalid
from erpnext_connector.secret import Secret

SIGNATURE_HEADER: Final = "x-frappe-webhook-signature"
EVENT_HEADER: Final = "x-webhook-event"
"""Where a webhook made by hand may name its event, by a header row; ours names it in the body."""

EVENTS: Final = frozenset(
    {"after_insert", "on_update", "on_submit", "on_cancel", "on_trash", "on_update_after_submit", "on_change"}
)
_TIMEOUT_SECONDS: Final = 5
# Frappe adds no event, time or delivery id of its own (frappe-quirks 5), so the template must; tojson escapes quotes.
_TEMPLATE: Final = (
    '{{"event": "{event}", "doctype": {{{{ doc.doctype | tojson }}}}, "name": {{{{ doc.name | tojson }}}}, '
    '"modified": {{{{ doc.modified | string | tojson }}}}, "docstatus": {{{{ doc.docstatus | int }}}}}}'
)


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """What a delivery says happened; None where the webhook's template leaves it out. `body` is all it said."""

    doctype: str | None
    name: str | None
    event: str | None
    modified: str | None
    docstatus: int | None
    body: Mapping[str, Any]


def sign(body: bytes, secret: Secret) -> str:
    """The signature Frappe sends with a body: base64 of HMAC-SHA256 over its raw bytes (frappe-quirks 5)."""
    return base64.b64encode(hmac.digest(secret.reveal().encode(), body, hashlib.sha256)).decode()


def verify(body: bytes, signature: str | None, secrets: Sequence[Secret]) -> None:
    """Raise `SignatureInvalid` unless one of the secrets signed the body; without secrets nothing is valid."""
    given = (signature or "").strip().encode("utf-8", "replace")
    # Every secret is compared, so that the time does not tell which one matched.
    matches = [hmac.compare_digest(sign(body, secret).encode(), given) for secret in secrets if secret]
    if not any(matches):
        raise SignatureInvalid


def read_event(body: bytes, headers: Mapping[str, str] | None = None) -> WebhookEvent:
    """Read a verified delivery; raises `BadRequest` unless the body is a JSON object.

    The content type is not looked at: Frappe sends none, and JSON even for "Form URL-Encoded" (frappe-quirks 5).
    """
    try:
        said = msgspec.json.decode(body)
    except ValueError:
        raise BadRequest("The webhook's body is not JSON.") from None
    if not isinstance(said, dict):
        raise BadRequest("The webhook's body is not a JSON object.")
    named = {name.lower(): value for name, value in (headers or {}).items()}.get(EVENT_HEADER)
    return WebhookEvent(
        doctype=_text(said.get("doctype")),
        name=_text(said.get("name")),
        event=_text(said.get("event")) or _text(named),
        modified=_text(said.get("modified")),
        docstatus=_number(said.get("docstatus")),
        body=said,
    )


def webhook_document(*, app: str, doctype: str, event: str, url: str, secret: Secret) -> dict[str, Any]:
    """The Webhook document to insert upstream (a System Manager may), which reports one event of one DocType.

    It has no condition: one that raises would keep everybody from saving (frappe-protocol 3.4).
    """
    if event not in EVENTS:
        raise BadRequest(f"{event!r} is not an event of a webhook: use one of {', '.join(sorted(EVENTS))}.")
    return {
        "doctype": "Webhook",
        # From 15 on the name has to be given; 14 makes its own (frappe-quirks 5).
        "name": f"{app}: {doctype} {event}",
        "webhook_doctype": doctype,
        "webhook_docevent": event,
        "request_url": url,
        "request_method": "POST",
        "request_structure": "JSON",
        "webhook_json": _TEMPLATE.format(event=event),
        "webhook_headers": [{"key": "Content-Type", "value": "application/json"}],
        "enable_security": 1,
        "webhook_secret": secret.reveal(),
        "timeout": _TIMEOUT_SECONDS,
        "enabled": 1,
    }


def _text(value: object) -> str | None:
    """Names may be numbers where a DocType counts its documents."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def _number(value: object) -> int | None:
    if isinstance(value, str) and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
