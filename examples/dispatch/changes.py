"""Tells open pages which upstream documents have changed."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

STILL_HERE_SECONDS = 15.0


class Changes:
    """Handlers publish from any thread; each open page listens to a stream of its own."""

    def __init__(self) -> None:
        self._listeners: set[tuple[asyncio.AbstractEventLoop, asyncio.Queue[str]]] = set()

    def publish(self, doctype: str, name: str) -> None:
        line = json.dumps({"doctype": doctype, "name": name})
        for loop, queue in tuple(self._listeners):
            loop.call_soon_threadsafe(queue.put_nowait, line)

    async def stream(self) -> AsyncIterator[str]:
        """Server-sent events, until the page is closed."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        listener = (asyncio.get_running_loop(), queue)
        self._listeners.add(listener)
        try:
            yield "retry: 2000\n\n"
            while True:
                yield await self._next(queue)
        finally:
            self._listeners.discard(listener)

    async def _next(self, queue: asyncio.Queue[str]) -> str:
        try:
            return f"data: {await asyncio.wait_for(queue.get(), STILL_HERE_SECONDS)}\n\n"
        except TimeoutError:
            return ": still here\n\n"
