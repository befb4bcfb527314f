from __future__ import annotations

import pytest

from erpnext_connector.errors import Misconfigured
from erpnext_connector.inbox.event import Event
from erpnext_connector.inbox.handlers import ANY, Handlers


def _event(doctype: str | None, name: str | None) -> Event:
    return Event(1, "main", doctype, "A", name, None, None, {}, 0.0)


def _heard(event: Event, *registered: tuple[str, str]) -> list[tuple[str, str]]:
    handlers, heard = Handlers(), []
    for doctype, name in registered:
        handlers.add(doctype, name, lambda _, what=(doctype, name): heard.append(what))
    for handler in handlers.of(event):
        handler(event)
    return heard


def test_a_handler_hears_of_its_doctype_and_event_only() -> None:
    mine = ("Sales Invoice", "on_submit")
    others = [("Sales Invoice", "on_cancel"), ("Item", "on_submit")]
    assert _heard(_event("Sales Invoice", "on_submit"), *others, mine) == [mine]


def test_a_star_means_any() -> None:
    stars = [("Item", ANY), (ANY, "on_update"), (ANY, ANY)]
    assert _heard(_event("Item", "on_update"), *stars) == stars


def test_handlers_are_called_in_the_order_of_their_registration() -> None:
    registered = [(ANY, ANY), ("Item", "on_update"), ("Item", ANY)]
    assert _heard(_event("Item", "on_update"), *registered) == registered


@pytest.mark.parametrize(
    ("doctype", "event", "expected"),
    [(None, None, [(ANY, ANY)]), ("Item", None, [("Item", ANY), (ANY, ANY)]), (None, "on_update", [(ANY, ANY)])],
    ids=["neither", "no event", "no doctype"],
)
def test_what_the_body_does_not_name_reaches_those_who_asked_for_any(
    doctype: str | None, event: str | None, expected: list[tuple[str, str]]
) -> None:
    assert _heard(_event(doctype, event), ("Item", "on_update"), ("Item", ANY), (ANY, ANY)) == expected


def test_a_coroutine_function_is_refused_at_once() -> None:
    async def plan(event: Event) -> None: ...

    with pytest.raises(Misconfigured, match="plan") as refused:
        Handlers().add("Item", "on_update", plan)
    assert "plain function" in refused.value.hint
