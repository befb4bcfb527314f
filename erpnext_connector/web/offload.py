"""Where blocking handlers run beside an event loop."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_LOCAL_THREADS: Final = 4
_SITE_THREADS: Final = 32


class Offload:
    """Two sets of threads: those that may wait for ERPNext never keep the others from answering.

    Neither is the framework's own, whose threads the app's handlers may be using up. They end with this object.
    """

    def __init__(self) -> None:
        self._local = ThreadPoolExecutor(_LOCAL_THREADS, thread_name_prefix="connector-local")
        self._site = ThreadPoolExecutor(_SITE_THREADS, thread_name_prefix="connector-site")

    async def run_local(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Run what waits for nothing but our own database."""
        return await self._run(self._local, function, *args, **named)

    async def run_site(self, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        """Run what may wait for ERPNext."""
        return await self._run(self._site, function, *args, **named)

    async def _run(self, threads: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **named: P.kwargs) -> T:
        context = contextvars.copy_context()
        return await asyncio.get_running_loop().run_in_executor(threads, lambda: context.run(function, *args, **named))
