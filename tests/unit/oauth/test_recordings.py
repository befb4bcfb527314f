"""Every recorded failure of the OAuth endpoints, read by the call that meets it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from erpnext_connector.call import Reply
from erpnext_connector.errors import ConnectorError
from erpnext_connector.oauth.grant import exchange_code, refresh, revoke
from erpnext_connector.oauth.identity import userinfo
from erpnext_connector.oauth.replies import oauth_error_of
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret
from tests.unit.wire.recordings import VERSIONS, Exchange, exchanges

CLIENT = OAuthClient("client", Secret("secret"), "http://127.0.0.1:9000/oauth/callback")
TOKENS = TokenSet(Secret("access"), Secret("refresh"), expires_at=0.0, scope="all")


def now() -> float:
    return 1_800_000_000.0


def read_authorize(reply: Reply) -> Any:
    raise oauth_error_of(reply)


CODE = exchange_code(CLIENT, Secret("code"), Secret("verifier"), now).read
REFRESH = refresh(CLIENT, TOKENS, now).read

EXPECTED: dict[str, tuple[Callable[[Reply], Any], str]] = {
    "authorize/unknown_client": (read_authorize, "client_refused"),
    "authorize/foreign_redirect_uri": (read_authorize, "client_refused"),
    "authorize/unregistered_scope": (read_authorize, "client_refused"),
    "authorize/bad_response_type": (read_authorize, "bad_request"),
    "authorize/no_client_id": (read_authorize, "client_refused"),
    "token/unsupported_grant_type": (CODE, "bad_request"),
    "token/no_grant_type": (CODE, "bad_request"),
    "token/unknown_code": (CODE, "code_refused"),
    "token/unknown_client": (CODE, "client_refused"),
    "token/pkce_without_verifier_then_gone": (CODE, "code_refused"),
    "token/pkce_wrong_verifier": (CODE, "code_refused"),
    "token/code_wrong_redirect_uri": (CODE, "client_refused"),
    "token/code_reused": (CODE, "code_refused"),
    "token/code_basic_auth": (CODE, "credentials_refused"),
    "token/refresh_unknown": (REFRESH, "grant_lost"),
    "token/refresh_missing": (REFRESH, "bad_request"),
    "token/refresh_after_revoke": (REFRESH, "grant_lost"),
    "token/openid_profile_guest": (userinfo().read, "grant_lost"),
    "token/openid_profile_revoked": (userinfo().read, "credentials_refused"),
}
FAILED = [
    exchange
    for version in VERSIONS
    for exchange in exchanges(version).values()
    if exchange.reply.status >= 400 and "frappe.integrations.oauth2" in exchange.path
]


@pytest.mark.parametrize("exchange", FAILED, ids=lambda exchange: f"{exchange.version}-{exchange.case}")
def test_every_recorded_failure_gets_its_class_and_repeats_nothing_of_the_body(exchange: Exchange) -> None:
    if exchange.case == "token/revoke_unknown":
        assert revoke(CLIENT, Secret("x")).read(exchange.reply) is None, "what is gone already needs no revoking"
        return
    read, code = EXPECTED[exchange.case]
    with pytest.raises(ConnectorError) as caught:
        read(exchange.reply)
    assert caught.value.code == code
    assert caught.value.message == type(caught.value)().message
    assert caught.value.hint


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_tokens_are_read_with_the_time_they_expire(version: int) -> None:
    first = CODE(exchanges(version)["token/code_ok"].reply)
    assert (first.access, first.refresh, first.id_token) == (
        Secret("{access}"),
        Secret("{refresh}"),
        Secret("{id_token}"),
    )
    assert (first.expires_at, first.scope) == (now() + 3600, "openid all")
    second = REFRESH(exchanges(version)["token/refresh_ok"].reply)
    assert (second.access, second.refresh, second.id_token) == (Secret("{access2}"), Secret("{refresh2}"), None)
    assert revoke(CLIENT, second.access).read(exchanges(version)["token/revoke"].reply) is None


@pytest.mark.parametrize("version", VERSIONS)
def test_a_recorded_profile_tells_who_it_is(version: int) -> None:
    profile = userinfo().read(exchanges(version)["token/openid_profile"].reply)
    assert profile.user == profile.email == "{sales_user}"
    assert profile.full_name == "Sally Example"
    assert profile.picture is None
    assert "Sales User" in profile.roles
    assert profile.sub
    assert profile.identity == profile.sub
