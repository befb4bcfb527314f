from __future__ import annotations

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.call import Reply
from erpnext_connector.errors import (
    BadRequest,
    ClientRefused,
    CodeRefused,
    ConnectorError,
    ConsentRefused,
    GrantLost,
    NotFrappe,
    RateLimited,
    Retryable,
    SignInFailed,
    SiteFault,
    SiteUnavailable,
)
from erpnext_connector.oauth.discovery import Endpoints
from erpnext_connector.oauth.grant import AuthorizationRequest, exchange_code, read_callback, refresh, revoke
from erpnext_connector.oauth.tokens import OAuthClient, TokenSet
from erpnext_connector.secret import Secret

CLIENT = OAuthClient("client", Secret("client-s3cret"), "https://app.example.com/erpnext/callback?site=a b")
PUBLIC = OAuthClient("client", None, "https://app.example.com/callback")
TOKENS = TokenSet(Secret("access-t0ken"), Secret("refresh-t0ken"), expires_at=0.0, scope="all openid")
SITE = "https://erp.example.com"


def now() -> float:
    return 1_000.0


def counted(size: int) -> bytes:
    return bytes(range(size))


def answer(status: int, body: Any, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)


def test_the_address_asks_for_a_code_with_pkce_and_keeps_the_secrets_here() -> None:
    request = AuthorizationRequest.begin(CLIENT, SITE, random=counted)
    parts = urlsplit(request.url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(request.verifier.reveal().encode()).digest())
    assert parts._replace(query="").geturl() == f"{SITE}/api/method/frappe.integrations.oauth2.authorize"
    assert asked == {
        "response_type": "code",
        "client_id": "client",
        "redirect_uri": CLIENT.redirect_uri,
        "scope": "all openid",
        "state": request.state,
        "nonce": request.nonce.reveal(),
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    assert request.verifier.reveal() not in request.url
    assert 43 <= len(request.verifier.reveal()) <= 128, "RFC 7636, 4.1"
    assert request.verifier.reveal() not in repr(request)


def test_blanks_are_written_so_that_frappe_reads_them() -> None:
    url = AuthorizationRequest.begin(CLIENT, SITE, random=counted).url
    assert "scope=all%20openid" in url
    assert "+" not in url


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.binary(min_size=48, max_size=48))
def test_any_redirect_uri_comes_through_exactly(path: str, noise: bytes) -> None:
    client = OAuthClient("client", None, f"https://app.example.com/{path}")
    url = AuthorizationRequest.begin(client, SITE, random=lambda size: noise[:size]).url
    assert parse_qs(urlsplit(url).query)["redirect_uri"] == [client.redirect_uri]


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ({"error": "access_denied"}, ConsentRefused),
        ({"error": "invalid_scope"}, ClientRefused),
        ({"error": "unauthorized_client", "state": "s"}, ClientRefused),
        ({"error": "temporarily_unavailable"}, Retryable),
        ({"error": "<script>"}, SignInFailed),
        ({"error": "access_denied", "code": "x"}, ConsentRefused),
        ({}, SignInFailed),
        ({"code": ""}, SignInFailed),
    ],
)
def test_a_return_without_code_says_why(query: dict[str, str], kind: type[ConnectorError]) -> None:
    with pytest.raises(kind) as caught:
        read_callback(query)
    assert "script" not in caught.value.message


def test_a_return_with_a_code_gives_the_code() -> None:
    assert read_callback({"code": "abc", "state": "s"}) == Secret("abc")


def test_a_code_is_exchanged_in_a_form_without_authorization_and_only_once() -> None:
    call = exchange_code(CLIENT, Secret("c0de"), Secret("verifier"), now)
    assert (call.method, call.path) == ("POST", "/api/method/frappe.integrations.oauth2.get_token")
    assert call.form == {
        "grant_type": "authorization_code",
        "code": "c0de",
        "redirect_uri": CLIENT.redirect_uri,
        "code_verifier": "verifier",
        "client_id": "client",
        "client_secret": "client-s3cret",
    }
    assert not call.authenticated
    assert not call.repeatable
    assert not call.params
    assert call.json is None


def test_a_public_client_has_no_secret_to_send() -> None:
    form = exchange_code(PUBLIC, Secret("c0de"), Secret("verifier"), now).form
    assert form is not None
    assert "client_secret" not in form


def test_a_refresh_sends_the_refresh_token_without_the_access_token() -> None:
    call = refresh(CLIENT, TOKENS, now)
    assert call.form == {
        "grant_type": "refresh_token",
        "refresh_token": "refresh-t0ken",
        "client_id": "client",
        "client_secret": "client-s3cret",
    }
    assert not call.authenticated
    assert not call.repeatable, "a site that rotates tokens would refuse the second"


def test_without_a_refresh_token_the_grant_is_lost() -> None:
    with pytest.raises(GrantLost):
        refresh(CLIENT, TokenSet(Secret("a"), None, 0.0, "all"), now)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {"error": "invalid_grant"}, GrantLost),
        (404, {"exc_type": "DoesNotExistError"}, GrantLost),
        (404, {}, GrantLost),
        (403, {"exc_type": "PermissionError"}, GrantLost),
        (400, {"error": "invalid_client"}, ClientRefused),
        (400, {"error": "invalid_scope"}, ClientRefused),
        (400, {"error": "invalid_request"}, BadRequest),
        (429, {}, RateLimited),
        (500, {"exc_type": "Any"}, SiteFault),
        (500, b"<html>Internal Server Error</html>", SiteFault),
        (502, b"<html>Bad Gateway</html>", SiteUnavailable),
        (503, {"exc_type": "SessionStopped"}, SiteUnavailable),
        (504, b"", SiteUnavailable),
        (403, b"<html>Blocked by the firewall</html>", NotFrappe),
        (404, b"<html>Not Found</html>", NotFrappe),
        (200, b"<html>Sign in to the hotel's network</html>", NotFrappe),
        (200, {}, NotFrappe),
        (200, {"access_token": ""}, NotFrappe),
        (200, {"access_token": "x", "token_type": "mac"}, NotFrappe),
        (302, b"", NotFrappe),
    ],
)
def test_only_a_real_no_ends_the_grant(status: int, body: Any, kind: type[ConnectorError]) -> None:
    with pytest.raises(ConnectorError) as caught:
        refresh(CLIENT, TOKENS, now).read(answer(status, body))
    assert type(caught.value) is kind
    assert isinstance(caught.value, GrantLost) == (kind is GrantLost)


def test_try_later_says_when() -> None:
    with pytest.raises(RateLimited) as caught:
        refresh(CLIENT, TOKENS, now).read(answer(429, {}, retry_after="30"))
    assert caught.value.retry_after_seconds == 30


def test_no_token_is_in_what_an_error_says() -> None:
    text = "OAuth Bearer Token {'refresh_token': 'refresh-t0ken', 'status': 'Active'} not found"
    body = {"exc_type": "DoesNotExistError", "exception": text, "error_description": text, "message": text}
    for status in (400, 401, 403, 404, 417, 429, 500, 503):
        for call in (refresh(CLIENT, TOKENS, now), exchange_code(CLIENT, Secret("c0de"), Secret("verifier"), now)):
            with pytest.raises(ConnectorError) as caught:
                call.read(answer(status, body))
            shown = repr(caught.value) + repr(caught.value.as_dict()) + repr(vars(caught.value))
            assert "refresh-t0ken" not in shown


def test_a_site_that_sends_no_new_refresh_token_means_the_old_one() -> None:
    tokens = refresh(CLIENT, TOKENS, now).read(answer(200, {"access_token": "new", "expires_in": 60}))
    assert tokens == TokenSet(Secret("new"), TOKENS.refresh, 1_060.0, "all openid", None)


@pytest.mark.parametrize("said", [None, "3600", -1, 0, True, 1e12])
def test_a_life_that_makes_no_sense_is_an_hour(said: Any) -> None:
    tokens = refresh(CLIENT, TOKENS, now).read(answer(200, {"access_token": "new", "expires_in": said}))
    assert tokens.expires_at == 4_600.0


def test_revoking_names_the_access_token_and_may_be_repeated() -> None:
    call = revoke(CLIENT, TOKENS.access)
    asked = {"token": "access-t0ken", "token_type_hint": "access_token", "client_id": "client"}
    assert call.form == {**asked, "client_secret": "client-s3cret"}
    assert revoke(PUBLIC, TOKENS.access).form == asked
    assert call.repeatable
    assert not call.authenticated, "with the token's own bearer it is refused"


@pytest.mark.parametrize(("status", "kind"), [(401, ConnectorError), (500, SiteFault), (429, RateLimited)])
def test_a_revocation_that_may_not_have_happened_is_an_error(status: int, kind: type[ConnectorError]) -> None:
    with pytest.raises(kind):
        revoke(CLIENT, TOKENS.access).read(answer(status, {}))
    with pytest.raises(NotFrappe):
        revoke(CLIENT, TOKENS.access).read(answer(403, b"<html>firewall</html>"))


def test_discovered_endpoints_are_used() -> None:
    endpoints = Endpoints(authorize="/a", token="/t", userinfo="/u", revoke="/r")
    assert AuthorizationRequest.begin(CLIENT, SITE, random=counted, endpoints=endpoints).url.startswith(f"{SITE}/a?")
    assert exchange_code(CLIENT, Secret("c"), Secret("v"), now, endpoints=endpoints).path == "/t"
    assert refresh(CLIENT, TOKENS, now, endpoints=endpoints).path == "/t"
    assert revoke(CLIENT, TOKENS.access, endpoints=endpoints).path == "/r"


def test_a_code_that_is_refused_is_no_lost_grant() -> None:
    with pytest.raises(CodeRefused):
        exchange_code(CLIENT, Secret("c"), Secret("v"), now).read(answer(400, {"error": "invalid_grant"}))
