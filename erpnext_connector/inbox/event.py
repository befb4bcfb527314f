"""What a handler is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Event:
    """A site said that something happened to a document; look at the document itself for what is true now.

    `doctype`, `name`, `event`, `modified` (the site's local time) and `docstatus` are None where the webhook's
    template does not send them; `body` is all it sent. `received_at` is in epoch seconds. `id` stays the same when
    the event is handled again; `attempt` counts from 1.
    """

    id: int
    site_id: str
    doctype: str | None
    name: str | None
    event: str | None
    modified: str | None
    docstatus: int | None
    body: Mapping[str, Any]
    received_at: float
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class ParkedEvent:
    """An event that was given up on, with the last error; `Inbox.replay` puts it back."""

    event: Event
    error: str
    parked_at: float
