"""Which of the app's functions hear of which events."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Final, TypeVar

from erpnext_connector.errors import Misconfigured
from erpnext_connector.inbox.event import Event

Handler = Callable[[Event], Any]
HandlerT = TypeVar("HandlerT", bound=Handler)

ANY: Final = "*"


class Handlers:
    """Handlers by DocType and event, called in the order in which they were registered."""

    def __init__(self) -> None:
        self._registered: list[tuple[str, str, Handler]] = []

    def add(self, doctype: str, event: str, handler: HandlerT) -> HandlerT:
        """Register; raises `Misconfigured` for a coroutine function, which nobody would await."""
        if inspect.iscoroutinefunction(handler):
            raise Misconfigured(
                f"The handler {handler.__name__} is an async function.",
                hint="Write it as a plain function: handlers run on worker threads.",
            )
        self._registered.append((doctype, event, handler))
        return handler

    def of(self, event: Event) -> list[Handler]:
        """The handlers that asked for this event; what it does not name, only "any" matches."""
        return [
            handler
            for doctype, name, handler in self._registered
            if doctype in {ANY, event.doctype} and name in {ANY, event.event}
        ]
