"""Lists of any length, fetched page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, TypeAlias

from erpnext_connector.client.children import ChildTable, attach_children
from erpnext_connector.client.flow import Flow, T, ask
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.learning import capabilities
from erpnext_connector.errors import BadRequest
from erpnext_connector.wire.filters import Filters
from erpnext_connector.wire.lists import BY_NAME, Aggregate, Field, ListQuery, list_documents
from erpnext_connector.wire.pages import Page, first_page, next_page

Row: TypeAlias = dict[str, Any]
Children: TypeAlias = Sequence[str] | Mapping[str, Sequence[str]]
"""Names of child tables, or each with the fields wanted of its rows."""

PAGE_ROWS: Final = 500
PAGE_ROWS_WITH_CHILDREN: Final = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """What is to be listed: at most `limit` rows of `query`, whose own limit is the size of a page.

    Fields in `hidden` are fetched to find the next page or the child rows, and taken out again.
    """

    query: ListQuery
    limit: int | None = None
    children: tuple[ChildTable, ...] = ()
    hidden: frozenset[str] = frozenset()


def listing(
    doctype: str,
    *,
    fields: Sequence[Field] = ("name",),
    filters: Filters | None = None,
    or_filters: Filters | None = None,
    order_by: str | None = None,
    group_by: str | None = None,
    start: int = 0,
    limit: int | None = None,
    page_size: int | None = None,
    children: Children = (),
    parent: str | None = None,
) -> Listing:
    """Documents as rows of the fields asked for: all of them, or the first `limit`.

    Without `order_by` they come by name. By name, and by "modified asc", pages are found by key, so that rows which
    come and go meanwhile shift nothing; in any other order they are counted off. `children` names child tables: each
    row then holds its child rows under that name, for one more call per page and table. `parent` is the parent
    DocType, needed to list child rows themselves.
    """
    if limit is not None and limit < 1:
        raise BadRequest("limit must be at least 1; leave it out for all rows.")
    tables = _child_tables(children)
    query = ListQuery(
        doctype,
        fields=fields,
        filters=filters,
        or_filters=or_filters,
        order_by=_stable_order(order_by, group_by),
        group_by=group_by,
        start=start,
        limit=_page_rows(limit, page_size, bool(tables)),
        parent=parent,
    )
    hidden = _missing_fields(query)
    return Listing(replace(query, fields=(*fields, *hidden)), limit, tables, frozenset(hidden))


class Walk:
    """A place in a listing; `next_rows` fetches the page at it."""

    __slots__ = ("_listing", "_page", "_remaining", "_tables")

    def __init__(self, listing: Listing) -> None:
        self._listing = listing
        self._page: Page | None = first_page(listing.query)
        self._remaining = listing.limit
        self._tables = listing.children

    @property
    def is_done(self) -> bool:
        """Whether there is no further page."""
        return self._page is None

    def next_rows(self, knowledge: Knowledge) -> Flow[list[Row]]:
        """The rows of this page; afterwards the walk stands at the next one."""
        assert self._page is not None
        page = self._page
        if self._remaining is not None and self._remaining < page.query.limit:
            page = replace(page, query=replace(page.query, limit=self._remaining))
        dict_aggregates = yield from self._dict_aggregates(knowledge)
        rows = yield from ask(list_documents(page.query, dict_aggregates=dict_aggregates))
        self._step(page, rows)
        if self._tables and rows:
            self._tables = yield from attach_children(self._listing.query.doctype, rows, self._tables, knowledge)
        for name in self._listing.hidden:
            for row in rows:
                row.pop(name, None)
        return rows

    def _step(self, page: Page, rows: list[Row]) -> None:
        if self._remaining is not None:
            self._remaining -= len(rows)
        self._page = next_page(page, rows) if self._remaining is None or self._remaining > 0 else None

    def _dict_aggregates(self, knowledge: Knowledge) -> Flow[bool]:
        if not any(isinstance(field, Aggregate) for field in self._listing.query.fields):
            return False
        return (yield from capabilities(knowledge)).dict_aggregates


class _Runner(Protocol):
    @property
    def knowledge(self) -> Knowledge: ...
    def run(self, flow: Flow[T]) -> T: ...


class _AsyncRunner(Protocol):
    @property
    def knowledge(self) -> Knowledge: ...
    async def run(self, flow: Flow[T]) -> T: ...


class Rows:
    """The rows of a list: iterate over them, page after page, or take `all()`. Each iteration asks anew."""

    __slots__ = ("_client", "_listing")

    def __init__(self, client: _Runner, listing: Listing) -> None:
        self._client = client
        self._listing = listing

    def __iter__(self) -> Iterator[Row]:
        walk = Walk(self._listing)
        while not walk.is_done:
            yield from self._client.run(walk.next_rows(self._client.knowledge))

    def all(self) -> list[Row]:
        """All rows at once."""
        return list(self)

    def first(self) -> Row | None:
        """The first row, None when there is none."""
        return next(iter(Rows(self._client, replace(self._listing, limit=1))), None)


class AsyncRows:
    """The rows of a list: `async for` over them, page after page, or `await` it for all. Each time asks anew."""

    __slots__ = ("_client", "_listing")

    def __init__(self, client: _AsyncRunner, listing: Listing) -> None:
        self._client = client
        self._listing = listing

    async def __aiter__(self) -> AsyncIterator[Row]:
        walk = Walk(self._listing)
        while not walk.is_done:
            for row in await self._client.run(walk.next_rows(self._client.knowledge)):
                yield row

    def __await__(self) -> Generator[Any, None, list[Row]]:
        return self.all().__await__()

    async def all(self) -> list[Row]:
        """All rows at once."""
        return [row async for row in self]

    async def first(self) -> Row | None:
        """The first row, None when there is none."""
        rows = await AsyncRows(self._client, replace(self._listing, limit=1))
        return rows[0] if rows else None


def _child_tables(children: Children) -> tuple[ChildTable, ...]:
    if isinstance(children, str):
        raise BadRequest("children is a list of child tables' field names.")
    if isinstance(children, Mapping):
        return tuple(ChildTable(fieldname, tuple(fields)) for fieldname, fields in children.items())
    return tuple(ChildTable(fieldname) for fieldname in children)


def _page_rows(limit: int | None, page_size: int | None, has_children: bool) -> int:
    rows = page_size or (PAGE_ROWS_WITH_CHILDREN if has_children else PAGE_ROWS)
    return min(rows, limit) if limit else rows


def _stable_order(order_by: str | None, group_by: str | None) -> str:
    """An order in which no two documents are equal, or pages would overlap (frappe-quirks 3, lists)."""
    if order_by is None:
        return BY_NAME
    if group_by or any(_column(part) == "name" for part in order_by.split(",")):
        return order_by
    return f"{order_by}, name asc"


def _column(part: str) -> str:
    column, _, _ = part.strip().partition(" ")
    return column.rpartition(".")[2].strip("`").lower()


def _missing_fields(query: ListQuery) -> tuple[str, ...]:
    """What the rows need beyond what was asked: the name, and `modified` when the order is by it."""
    if query.group_by or "*" in query.fields or any(not isinstance(field, str) for field in query.fields):
        return ()
    first = _column(query.order_by.partition(",")[0])
    needed = ("name", "modified") if first == "modified" else ("name",)
    return tuple(name for name in needed if name not in query.fields)
