"""Which webhooks an event sets off, with the exact request that each of them sends."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from jinja2.sandbox import SandboxedEnvironment

SIGNATURE_HEADER: Final = "X-Frappe-Webhook-Signature"
DEFAULT_TIMEOUT_SECONDS: Final = 5
NOT_SENT: Final = frozenset({"on_update_after_submit", "before_update_after_submit"})

Fields = Mapping[str, object]


class TemplateDocument:
    """A document as templates see it: fields as attributes, `get()`, missing fields as None."""

    def __init__(self, fields: Fields) -> None:
        self._fields = {name: _seen(value) for name, value in fields.items()}

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._fields.get(name)

    def __getitem__(self, name: str) -> object:
        return self._fields.get(name)

    def get(self, name: str, default: object = None) -> object:
        """The field's value, or `default` where it is empty."""
        value = self._fields.get(name)
        return default if value is None else value


def _seen(value: object) -> object:
    if isinstance(value, Mapping):
        return TemplateDocument(value)
    if isinstance(value, list):
        return [_seen(row) for row in value]
    return value


@dataclass(frozen=True, slots=True)
class WebhookRequest:
    """What one delivery puts on the wire; every attempt sends the same."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_seconds: float


@dataclass(frozen=True, slots=True)
class Trigger:
    """One webhook to send, with the document as it was when its transaction was committed."""

    webhook: str
    document: Fields


def triggered(webhooks: Sequence[Fields], events: Iterable[tuple[str, Fields]]) -> list[Trigger]:
    """The webhooks that a committed request sets off, in the order in which they are sent.

    `webhooks` are the enabled ones, newest first. Several events of one document give one delivery with the
    document's last state. `on_update_after_submit` never fires in Frappe 13 to 16.
    """
    found: dict[tuple[object, object], Trigger] = {}
    for event, document in events:
        for webhook in webhooks:
            if _fires(webhook, event, document):
                key = (webhook["name"], document.get("name"))
                found.pop(key, None)
                found[key] = Trigger(str(webhook["name"]), document)
    return list(found.values())


def _fires(webhook: Fields, event: str, document: Fields) -> bool:
    if webhook.get("webhook_doctype") != document.get("doctype"):
        return False
    if webhook.get("webhook_docevent") != event or event in NOT_SENT:
        return False
    return _meets(str(webhook.get("condition") or ""), document)


def _meets(condition: str, document: Fields) -> bool:
    """Whether the webhook's condition holds; one that raises does not hold (Frappe lets it break the save)."""
    if not condition.strip():
        return True
    try:
        return bool(evaluate(condition, document))
    except Exception:  # noqa: BLE001  a condition can raise anything
        return False


def evaluate(condition: str, document: Fields) -> object:
    """What a condition gives for a document; raises whatever the condition raises."""
    expression = _environment().compile_expression(condition, undefined_to_none=False)
    return expression(doc=TemplateDocument(document))


def request_of(webhook: Fields, document: Fields, secret: str | None) -> WebhookRequest:
    """The request that `webhook` sends about `document`.

    Raises whatever the template raises (also ValueError when it does not give JSON): Frappe then sends nothing.
    The body is JSON for both request structures, and there is no Content-Type but that of a header row.
    """
    body = json.dumps(_data(webhook, document), default=str).encode()
    headers = _headers(webhook, body, secret)
    return WebhookRequest(
        method=str(webhook.get("request_method") or "POST"),
        url=_url(webhook, document),
        headers=tuple(headers.items()),
        body=body,
        timeout_seconds=float(str(webhook.get("timeout") or DEFAULT_TIMEOUT_SECONDS)),
    )


def sign(body: bytes, secret: str) -> str:
    """Frappe's signature: base64 of HMAC-SHA256 over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _headers(webhook: Fields, body: bytes, secret: str | None) -> dict[str, str]:
    headers = {SIGNATURE_HEADER: sign(body, secret)} if webhook.get("enable_security") and secret else {}
    for row in _rows(webhook, "webhook_headers"):
        if row.get("key") and row.get("value"):
            headers[str(row["key"])] = str(row["value"])
    return headers


def _data(webhook: Fields, document: Fields) -> object:
    chosen = _rows(webhook, "webhook_data")
    if chosen:
        return {str(row.get("key")): document.get(str(row.get("fieldname"))) for row in chosen}
    template = webhook.get("webhook_json")
    return json.loads(_render(str(template), document)) if template else {}


def _url(webhook: Fields, document: Fields) -> str:
    url = str(webhook.get("request_url") or "")
    return _render(url, document) if webhook.get("is_dynamic_url") else url


def _rows(webhook: Fields, fieldname: str) -> list[Fields]:
    rows = webhook.get(fieldname)
    return [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []


def _render(template: str, document: Fields) -> str:
    return _environment().from_string(template).render(doc=TemplateDocument(document))


def _environment() -> SandboxedEnvironment:
    return SandboxedEnvironment(autoescape=False)
