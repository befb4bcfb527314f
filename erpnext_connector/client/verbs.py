"""The verbs of both clients, each said once and typed for each."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine
from inspect import Signature
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from erpnext_connector.call import Call
from erpnext_connector.client import flows, learning, listing
from erpnext_connector.client.flow import Flow
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.listing import AsyncRows, Listing, Rows
from erpnext_connector.wire import files, links, lists, meta, methods, resources

P = ParamSpec("P")
T = TypeVar("T")


class Blocking(Protocol):
    """A client whose verbs give their values."""

    def bind_call(self, build: Callable[..., Call[T]]) -> Callable[..., T]: ...
    def bind_flow(self, build: Callable[..., Flow[T]]) -> Callable[..., T]: ...
    def bind_rows(self, build: Callable[..., Listing]) -> Callable[..., Rows]: ...


class Asynchronous(Protocol):
    """A client whose verbs give coroutines of their values."""

    def bind_call(self, build: Callable[..., Call[T]]) -> Callable[..., Coroutine[Any, Any, T]]: ...
    def bind_flow(self, build: Callable[..., Flow[T]]) -> Callable[..., Coroutine[Any, Any, T]]: ...
    def bind_rows(self, build: Callable[..., Listing]) -> Callable[..., AsyncRows]: ...


class Single(Generic[P, T]):
    """A verb that is one call: on a `Client` it gives the call's value, on an `AsyncClient` a coroutine of it."""

    __slots__ = ("_signature", "build")

    def __init__(self, build: Callable[P, Call[T]]) -> None:
        self.build = build
        self._signature = _signature(build)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Call[T]]: ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Asynchronous, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Blocking | Asynchronous | None, owner: type) -> Callable[P, Any]:
        return self.build if client is None else _described(client.bind_call(self.build), self.build, self._signature)


class Several(Generic[P, T]):
    """A verb that takes several calls; what it learns of the site is kept in the connection's `Knowledge`."""

    __slots__ = ("_signature", "build")

    def __init__(self, build: Callable[Concatenate[Knowledge, P], Flow[T]]) -> None:
        self.build = build
        self._signature = _signature(build, skip=1)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[Concatenate[Knowledge, P], Flow[T]]: ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Asynchronous, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, client: Blocking | Asynchronous | None, owner: type) -> Callable[..., Any]:
        return self.build if client is None else _described(client.bind_flow(self.build), self.build, self._signature)


class Many(Generic[P]):
    """A verb that gives rows: `Rows` on a `Client`, `AsyncRows` on an `AsyncClient`."""

    __slots__ = ("_signature", "build")

    def __init__(self, build: Callable[P, Listing]) -> None:
        self.build = build
        self._signature = _signature(build)

    @overload
    def __get__(self, client: None, owner: type) -> Callable[P, Listing]: ...
    @overload
    def __get__(self, client: Blocking, owner: type) -> Callable[P, Rows]: ...
    @overload
    def __get__(self, client: Asynchronous, owner: type) -> Callable[P, AsyncRows]: ...
    def __get__(self, client: Blocking | Asynchronous | None, owner: type) -> Callable[P, Any]:
        return self.build if client is None else _described(client.bind_rows(self.build), self.build, self._signature)


def _described(bound: Callable[..., Any], build: Callable[..., Any], signature: Signature) -> Callable[..., Any]:
    """So that help() shows the verb."""
    bound.__doc__ = build.__doc__
    bound.__signature__ = signature  # type: ignore[attr-defined]
    return bound


def _signature(build: Callable[..., Any], *, skip: int = 0) -> Signature:
    """What a caller passes; what the verb returns depends on the client."""
    found = inspect.signature(build)
    return found.replace(parameters=[*found.parameters.values()][skip:], return_annotation=Signature.empty)


class Verbs:
    """What a client can do with documents, as its user: ERPNext's own permissions decide."""

    list = Many(listing.listing)
    get = Single(resources.get_document)
    get_value = Several(flows.get_value)
    count = Single(lists.count)
    exists = Several(flows.exists)

    insert = Single(resources.insert)
    insert_many = Several(flows.insert_many)
    update = Several(flows.update)
    set_value = Single(resources.set_value)
    bulk_update = Several(flows.bulk_update)
    delete = Single(resources.delete)
    rename = Single(methods.rename)
    assign = Several(flows.assign)

    submit = Several(flows.submit)
    cancel = Single(resources.cancel)
    amend = Several(flows.amend)
    apply_workflow = Several(flows.apply_workflow)
    workflow_actions = Several(flows.workflow_actions)

    search_link = Single(links.search_link)
    validate_link = Several(flows.validate_link)
    meta = Single(meta.meta)

    upload = Single(files.upload)
    download = Single(files.download)
    call = Single(methods.method)

    ping = Single(methods.ping)
    logged_user = Single(methods.logged_user)
    versions = Single(methods.versions)
    capabilities = Several(learning.capabilities)
