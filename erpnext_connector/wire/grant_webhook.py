"""The webhook by which a site tells that it deleted somebody's tokens."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from erpnext_connector.secret import Secret
from erpnext_connector.wire.webhook import WebhookEvent, webhook_document

TOKEN: Final = "OAuth Bearer Token"  # noqa: S105  the name of a DocType
_SAID: Final = frozenset({"event", "doctype", "user", "client"})
# Never doc.name: up to 16 that is the access token itself.
_TEMPLATE: Final = (
    '{"event": "on_trash", "doctype": {{ doc.doctype | tojson }}, '
    '"user": {{ doc.user | tojson }}, "client": {{ doc.client | tojson }}}'
)


def grant_webhook_document(*, app: str, url: str, secret: Secret) -> dict[str, Any]:
    """The Webhook document that makes the end of a grant known at once, to be inserted by a System Manager.

    Third-party apps deletes the rows of all tokens, and `on_trash` fires for each; `revoke_token` fires nothing.
    """
    document = webhook_document(app=app, doctype=TOKEN, event="on_trash", url=url, secret=secret)
    return {**document, "webhook_json": _TEMPLATE}


def without_tokens(said: WebhookEvent, body: bytes) -> tuple[WebhookEvent, bytes]:
    """What may be kept of a delivery: of one about tokens only whose they were, whatever its template sends."""
    if said.doctype != TOKEN:
        return said, body
    kept = {key: value for key, value in said.body.items() if key in _SAID}
    return WebhookEvent(said.doctype, None, said.event, None, None, kept), msgspec.json.encode(kept)
