"""Work that takes several calls, as a generator that both clients drive."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias, TypeVar

from erpnext_connector.call import Call

T = TypeVar("T")

Flow: TypeAlias = Generator[Call[Any], Any, T]
"""Yields calls, is sent their values (or thrown their errors), and returns what the whole work gives."""


def ask(call: Call[T]) -> Flow[T]:
    """One call of a flow, with its type: `document = yield from ask(get_document("Item", name))`."""
    value: T = yield call
    return value
