from __future__ import annotations

from typing import Any

import pytest

from erpnext_connector.errors import RateLimited, SiteUnavailable
from erpnext_connector.wire.site import NEWEST, OLDEST, TABLE, capabilities, probes
from tests.unit.wire.answers import answer
from tests.unit.wire.recordings import exchanges

OF_13: dict[str, bool] = dict.fromkeys(probes(), False)
OF_14 = OF_13 | {"refuses_bad_tokens": True}
OF_15 = OF_14 | {"rest_v2": True}
OF_16 = OF_15 | {"link_fetch": True, "oauth_metadata": True}
OF_17 = OF_16 | {"checks_client": True}


@pytest.mark.parametrize(("answers", "line"), [(OF_13, 13), (OF_14, 14), (OF_15, 15), (OF_16, 16), (OF_17, 17)])
def test_each_line_is_known_by_what_it_has(answers: dict[str, bool], line: int) -> None:
    assert capabilities(answers) == TABLE[line]


def test_what_was_probed_counts_more_than_the_line() -> None:
    found = capabilities(OF_16 | {"oauth_metadata": False})
    assert (found.line, found.oauth_metadata) == (16, False)


def test_without_answers_the_oldest_is_assumed() -> None:
    assert capabilities({}) == OLDEST
    assert NEWEST.line == 17


def test_probes_are_harmless_and_need_no_sign_in() -> None:
    for call in probes().values():
        assert call.method == "GET"
        assert call.repeatable
        assert not call.authenticated


@pytest.mark.parametrize(
    ("name", "version", "case", "expected"),
    [
        ("rest_v2", 14, "v2/method", False),
        ("oauth_metadata", 15, "server/oauth_server_metadata", False),
        ("oauth_metadata", 16, "server/oauth_server_metadata", True),
        ("link_fetch", 15, "server/unknown_method", False),
        ("link_fetch", 16, "search/guest", True),
        ("refuses_bad_tokens", 14, "server/whoami_bad_bearer", True),
        ("refuses_bad_tokens", 14, "server/ping", False),
        ("checks_client", 15, "token/unsupported_grant_type", False),
    ],
)
def test_probes_read_recorded_answers(name: str, version: int, case: str, expected: bool) -> None:
    assert probes()[name].read(exchanges(version)[case].reply) is expected


@pytest.mark.parametrize("name", sorted(probes()))
def test_a_proxys_page_and_a_failing_site_prove_nothing(name: str) -> None:
    page: Any = b"<html>Blocked</html>"
    for status in (200, 401, 403):
        assert probes()[name].read(answer(page, status=status)) is False
    with pytest.raises(SiteUnavailable):
        probes()[name].read(answer(page, status=503))
    with pytest.raises(RateLimited):
        probes()[name].read(answer(page, status=429))
