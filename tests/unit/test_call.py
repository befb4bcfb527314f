from __future__ import annotations

import dataclasses

import pytest

from erpnext_connector.call import Call, Reply

AT_SEVEN = {"date": "Wed, 21 Oct 2026 07:00:00 GMT"}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "30"}, 30.0),
        ({"retry-after": " 0 "}, 0.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "²"}, None),
        ({"retry-after": "Wed, 21 Oct 2026 07:01:30 GMT"} | AT_SEVEN, 90.0),
        ({"retry-after": "Wed, 21 Oct 2026 06:00:00 GMT"} | AT_SEVEN, 0.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:01:30"} | AT_SEVEN, 90.0),
        ({"retry-after": "Wed, 21 Oct 2026 07:01:30 GMT"}, None),
        ({"retry-after": "30", "date": "nonsense"}, 30.0),
    ],
    ids=str,
)
def test_how_long_to_wait_is_told_in_seconds_or_by_the_sites_own_clock(
    headers: dict[str, str], seconds: float | None
) -> None:
    assert Reply(429, headers).retry_after_seconds == seconds


def test_a_body_is_decoded_as_json() -> None:
    assert Reply(200, {}, b'{"message": "pong"}').json() == {"message": "pong"}
    for content in (b"", b"<html>", b"\xff"):
        with pytest.raises(ValueError):
            Reply(200, {}, content).json()


def test_a_call_is_sent_once_and_with_credentials_unless_it_says_otherwise() -> None:
    call = Call("POST", "/api/method/x", read=lambda reply: reply.status)
    assert not call.repeatable
    assert call.authenticated
    assert call.read(Reply(204, {})) == 204


def test_a_call_is_a_value() -> None:
    call = Call("GET", "/api/method/ping", read=len)  # type: ignore[arg-type]
    assert call == dataclasses.replace(call)
    with pytest.raises(dataclasses.FrozenInstanceError):
        call.path = "/elsewhere"  # type: ignore[misc]
