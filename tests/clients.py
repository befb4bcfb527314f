"""Both clients under one set of calls, so that a test can be said once."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Any

from erpnext_connector.client import AsyncClient, Client
from erpnext_connector.client.credentials import Credentials


class Blocking:
    """The blocking client; `rows` walks a list."""

    def __init__(self, url: str, credentials: Credentials | None) -> None:
        self.client = Client(url, credentials)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.client, name)

    def rows(self, *arguments: Any, **named: Any) -> list[dict[str, Any]]:
        return list(self.client.list(*arguments, **named))

    def close(self) -> None:
        self.client.close()


class Asynchronous:
    """The async client on an event loop of its own."""

    def __init__(self, url: str, credentials: Credentials | None) -> None:
        self.runner = asyncio.Runner()
        self.client = self._run(lambda: AsyncClient(url, credentials))

    def _run(self, work: Callable[[], Any]) -> Any:
        async def run() -> Any:
            result = work()
            return await result if inspect.isawaitable(result) else result

        return self.runner.run(run())

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments, **named: self._run(lambda: getattr(self.client, name)(*arguments, **named))

    def rows(self, *arguments: Any, **named: Any) -> list[dict[str, Any]]:
        async def walk() -> list[dict[str, Any]]:
            return [row async for row in self.client.list(*arguments, **named)]

        rows: list[dict[str, Any]] = self._run(walk)
        return rows

    def close(self) -> None:
        self._run(self.client.aclose)
        self.runner.close()
