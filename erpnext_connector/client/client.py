"""The blocking client of one user on one site."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, TypeVar

from erpnext_connector.call import Call
from erpnext_connector.client.connection import SiteConnection
from erpnext_connector.client.credentials import Anonymous, Credentials
from erpnext_connector.client.flow import Flow
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.listing import Listing, Rows
from erpnext_connector.client.steps import Authorize, Outcome, Send, Step, steps
from erpnext_connector.client.verbs import Verbs
from erpnext_connector.errors import ConnectorError
from erpnext_connector.wire.site import SiteAddress

T = TypeVar("T")


class Client(Verbs):
    """Works on a site with one user's credentials; light, and safe to share between threads.

    Give it the `SiteConnection` that all clients of the site share, or just an address: then it has a connection of
    its own, which `close()` (or leaving the `with` block) closes.
    """

    def __init__(self, connection: SiteConnection | SiteAddress | str, credentials: Credentials | None = None) -> None:
        self._is_owner = not isinstance(connection, SiteConnection)
        self.connection = connection if isinstance(connection, SiteConnection) else SiteConnection(connection)
        self.credentials: Credentials = credentials or Anonymous()

    @property
    def knowledge(self) -> Knowledge:
        """What was learned about the site."""
        return self.connection.knowledge

    def send(self, call: Call[T]) -> T:
        """Make a call, again where that is due, and give its value; every verb goes through here."""
        connection = self.connection
        todo = steps(call, connection.retries, connection.clock.monotonic, connection.random, connection.knowledge)
        try:
            step = next(todo)
            while True:
                step = todo.send(self._perform(step))
        except StopIteration as done:
            value: T = done.value
            return value

    def _perform(self, step: Step) -> Outcome:
        if isinstance(step, Send):
            return self.connection.exchange(step.call, step.authorization)
        if isinstance(step, Authorize):
            return self.credentials.authorization(step.refused)
        self.connection.clock.sleep(step.seconds)
        return None

    def run(self, flow: Flow[T]) -> T:
        """Make all calls of a flow, and give its value."""
        try:
            call = next(flow)
            while True:
                try:
                    value = self.send(call)
                except ConnectorError as error:
                    call = flow.throw(error)
                else:
                    call = flow.send(value)
        except StopIteration as done:
            result: T = done.value
            return result

    def bind_call(self, build: Callable[..., Call[T]]) -> Callable[..., T]:
        """The verb that makes the call which `build` describes."""

        def verb(*arguments: Any, **named: Any) -> T:
            return self.send(build(*arguments, **named))

        return verb

    def bind_flow(self, build: Callable[..., Flow[T]]) -> Callable[..., T]:
        """The verb that runs the flow which `build` makes."""

        def verb(*arguments: Any, **named: Any) -> T:
            return self.run(build(self.knowledge, *arguments, **named))

        return verb

    def bind_rows(self, build: Callable[..., Listing]) -> Callable[..., Rows]:
        """The verb that lists what `build` describes."""

        def verb(*arguments: Any, **named: Any) -> Rows:
            return Rows(self, build(*arguments, **named))

        return verb

    def close(self) -> None:
        """Close the connection if it is this client's own."""
        if self._is_owner:
            self.connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
