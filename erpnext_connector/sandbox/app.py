"""The sandbox as an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
Application = Callable[
    [Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]
]


def create_app(frappe: int = 15, **options: Any) -> Application:
    """The application for a fresh site of this version."""
    raise NotImplementedError
