"""The asyncio client of one user on one site."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from erpnext_connector.call import Call
from erpnext_connector.client.connection import AsyncSiteConnection
from erpnext_connector.client.credentials import Anonymous, Credentials
from erpnext_connector.client.flow import Flow
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.listing import AsyncRows, Listing
from erpnext_connector.client.steps import Authorize, Outcome, Send, Step, steps
from erpnext_connector.client.verbs import Verbs
from erpnext_connector.errors import ConnectorError
from erpnext_connector.secret import Secret
from erpnext_connector.wire.site import SiteAddress

T = TypeVar("T")


class AsyncClient(Verbs):
    """`Client` for asyncio: the same verbs, awaited; `async for` over lists, or await them."""

    def __init__(
        self, connection: AsyncSiteConnection | SiteAddress | str, credentials: Credentials | None = None
    ) -> None:
        self._is_owner = not isinstance(connection, AsyncSiteConnection)
        self.connection = connection if isinstance(connection, AsyncSiteConnection) else AsyncSiteConnection(connection)
        self.credentials: Credentials = credentials or Anonymous()
        self._may_block = getattr(self.credentials, "blocking", True)

    @property
    def knowledge(self) -> Knowledge:
        """What was learned about the site."""
        return self.connection.knowledge

    async def send(self, call: Call[T]) -> T:
        """Make a call, again where that is due, and give its value; every verb goes through here."""
        connection = self.connection
        todo = steps(call, connection.retries, connection.clock.monotonic, connection.random, connection.knowledge)
        try:
            step = next(todo)
            while True:
                step = todo.send(await self._perform(step))
        except StopIteration as done:
            value: T = done.value
            return value

    async def _perform(self, step: Step) -> Outcome:
        if isinstance(step, Send):
            return await self.connection.exchange(step.call, step.authorization)
        if isinstance(step, Authorize):
            return await self._authorization(step.refused)
        await self.connection.sleep(step.seconds)
        return None

    async def _authorization(self, refused: Secret | None) -> Secret | None:
        if not self._may_block:
            return self.credentials.authorization(refused)
        return await asyncio.to_thread(self.credentials.authorization, refused)

    async def run(self, flow: Flow[T]) -> T:
        """Make all calls of a flow, and give its value."""
        try:
            call = next(flow)
            while True:
                try:
                    value = await self.send(call)
                except ConnectorError as error:
                    call = flow.throw(error)
                else:
                    call = flow.send(value)
        except StopIteration as done:
            result: T = done.value
            return result

    def bind_call(self, build: Callable[..., Call[T]]) -> Callable[..., Coroutine[Any, Any, T]]:
        """The verb that makes the call which `build` describes."""

        async def verb(*arguments: Any, **named: Any) -> T:
            return await self.send(build(*arguments, **named))

        return verb

    def bind_flow(self, build: Callable[..., Flow[T]]) -> Callable[..., Coroutine[Any, Any, T]]:
        """The verb that runs the flow which `build` makes."""

        async def verb(*arguments: Any, **named: Any) -> T:
            return await self.run(build(self.knowledge, *arguments, **named))

        return verb

    def bind_rows(self, build: Callable[..., Listing]) -> Callable[..., AsyncRows]:
        """The verb that lists what `build` describes."""

        def verb(*arguments: Any, **named: Any) -> AsyncRows:
            return AsyncRows(self, build(*arguments, **named))

        return verb

    async def aclose(self) -> None:
        """Close the connection if it is this client's own."""
        if self._is_owner:
            await self.connection.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()
