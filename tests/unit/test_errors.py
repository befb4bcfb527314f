from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from erpnext_connector import errors
from erpnext_connector.errors import ConnectorError, RateLimited, Retryable, StaleDocument

DOCUMENTED = Path(__file__).parents[2] / "docs" / "errors.md"
ROW = re.compile(
    r"\| (?P<dots>(?:· )*)`(?P<name>\w+)` \| `(?P<code>\w+)` \| (?P<when>.+?) \| (?P<hint>.+?) \| (?P<http>\d+) \|"
)


def below(kind: type[ConnectorError]) -> Iterator[type[ConnectorError]]:
    """The classes of the tree, in its order."""
    yield kind
    for child in kind.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from below(child)


TREE = list(below(ConnectorError))


@pytest.mark.parametrize("kind", TREE, ids=lambda kind: kind.__name__)
def test_every_error_has_a_sentence_a_code_and_a_next_step(kind: type[ConnectorError]) -> None:
    error = kind()
    assert error.message.endswith("."), "the docstring's first line is the message"
    assert str(error) == error.message
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", error.code)
    assert error.hint.endswith(".")
    assert 400 <= error.http_status < 600
    assert 0 < error.exit_code < 126
    assert "code" in vars(kind), "a code of its own, not its parent's"


def test_no_two_errors_share_a_code() -> None:
    assert len({kind.code for kind in TREE}) == len(TREE)


def test_every_error_is_documented_as_it_is() -> None:
    rows = [found.groupdict() for found in map(ROW.fullmatch, DOCUMENTED.read_text().splitlines()) if found]
    written = [(row["dots"].count("·"), row["name"], row["code"], row["hint"], int(row["http"])) for row in rows]
    steps = len(ConnectorError.__mro__)
    assert written == [
        (len(kind.__mro__) - steps, kind.__name__, kind.code, kind.hint, kind.http_status) for kind in TREE
    ]
    assert all(row["when"].endswith(".") for row in rows)


def test_every_error_is_drawn_at_the_top_of_its_module() -> None:
    drawn = re.findall(r"^[│├└─ ]*([A-Z]\w+)", inspect.getdoc(errors) or "", re.MULTILINE)
    assert drawn[1:] == [kind.__name__ for kind in TREE], "the first word is the sentence's"


def test_an_error_shows_its_code_message_and_next_step() -> None:
    error = ConnectorError("Something.", hint="Do this.", upstream_status=417, exc_type="ValidationError")
    assert error.as_dict() == {
        "code": "error",
        "message": "Something.",
        "hint": "Do this.",
        "exc_type": "ValidationError",
    }
    assert error.upstream_status == 417
    assert "exc_type" not in ConnectorError().as_dict()


def test_a_hint_of_one_error_is_not_that_of_the_class() -> None:
    ConnectorError(hint="Do this.")
    assert ConnectorError().hint == ConnectorError.hint


def test_only_retryable_errors_say_how_long_to_wait() -> None:
    assert RateLimited(retry_after_seconds=3).retry_after_seconds == 3
    assert [kind for kind in TREE if "retry_after_seconds" in dir(kind())] == [
        kind for kind in TREE if issubclass(kind, Retryable)
    ]


def test_a_stale_document_holds_both_versions() -> None:
    error = StaleDocument(mine={"a": 1}, theirs={"a": 2}, exc_type="TimestampMismatchError")
    assert (error.mine, error.theirs, error.exc_type) == ({"a": 1}, {"a": 2}, "TimestampMismatchError")
