from __future__ import annotations

import copy
import dataclasses
import json
import logging
import pickle
import traceback
from pprint import pformat

import msgspec
import pytest

from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret

TEXT = "kGm3v9hVxY-secret"
SECRET = Secret(TEXT)


@dataclasses.dataclass(frozen=True)
class Holder:
    token: Secret


@pytest.mark.parametrize(
    "shown",
    [
        str(SECRET),
        repr(SECRET),
        f"{SECRET}",
        f"{SECRET!r:>40}",
        f"{SECRET:>40}",
        "%s %r" % (SECRET, SECRET),  # noqa: UP031
        repr([SECRET, {"token": SECRET}]),
        repr(Holder(SECRET)),
        repr(TokenSet(SECRET, SECRET, 0.0, "all", SECRET)),
        repr(OAuthClient("client", SECRET, "https://app.example.com")),
        pformat({"token": SECRET}),
        repr(KeyError(SECRET)),
    ],
)
def test_a_secret_never_shows_its_text(shown: str) -> None:
    assert TEXT not in shown
    assert "***" in shown


def test_a_secret_is_not_in_a_log_or_a_traceback(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        logging.getLogger("test").warning("token %s %r", SECRET, {"token": SECRET})
    assert TEXT not in caplog.text
    token = SECRET
    try:
        raise ValueError(token)  # noqa: TRY301
    except ValueError as error:
        shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "token = Secret('" in shown
    assert TEXT not in shown


def test_a_secret_can_not_be_written_down_by_accident() -> None:
    for write in (pickle.dumps, json.dumps, msgspec.json.encode, copy.deepcopy):
        with pytest.raises(TypeError):
            write(SECRET)


def test_a_secret_has_no_dict_to_look_into() -> None:
    assert not hasattr(SECRET, "__dict__")


def test_the_text_is_revealed_on_demand_alone() -> None:
    assert SECRET.reveal() == TEXT


def test_secrets_are_compared_by_their_text() -> None:
    assert Secret(TEXT) == SECRET
    assert Secret("another") != SECRET
    assert SECRET != TEXT
    assert len({SECRET, Secret(TEXT), Secret("another")}) == 2
    assert SECRET.matches(TEXT)
    assert not SECRET.matches("ä")


def test_an_empty_secret_is_false() -> None:
    assert not Secret("")
    assert SECRET
