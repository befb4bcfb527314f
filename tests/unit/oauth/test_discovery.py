from __future__ import annotations

import json
from typing import Any

import pytest

from erpnext_connector.call import Reply
from erpnext_connector.oauth.discovery import FIXED, Endpoints, discover
from tests.unit.wire.recordings import exchanges

SITE = "https://erp.example.com"
ELSEWHERE = {
    "authorization_endpoint": f"{SITE}/oauth/authorize",
    "token_endpoint": f"{SITE}/oauth/token",
    "userinfo_endpoint": f"{SITE}/oauth/me",
    "revocation_endpoint": f"{SITE}/oauth/revoke",
}


def told(body: Any, status: int = 200) -> Reply:
    return Reply(status, {}, body if isinstance(body, bytes) else json.dumps(body).encode())


def test_frappe_16_tells_where_its_endpoints_are() -> None:
    reply = exchanges(16)["server/oauth_server_metadata"].reply
    told_at_site = Reply(reply.status, reply.headers, reply.content.replace(b"{base_url}", SITE.encode()))
    assert discover(SITE).read(told_at_site) == FIXED
    assert discover(SITE).read(told(ELSEWHERE)) == Endpoints(
        authorize="/oauth/authorize", token="/oauth/token", userinfo="/oauth/me", revoke="/oauth/revoke"
    )


@pytest.mark.parametrize("version", [14, 15])
def test_older_ones_have_fixed_paths(version: int) -> None:
    assert discover(SITE).read(exchanges(version)["server/oauth_server_metadata"].reply) == FIXED


@pytest.mark.parametrize(
    "reply", [told(b"<html>", 200), told({}, 200), told([1]), told(ELSEWHERE, 403), told(ELSEWHERE, 301), told({}, 500)]
)
def test_no_metadata_means_the_fixed_paths(reply: Reply) -> None:
    assert discover(SITE).read(reply) == FIXED


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/oauth/token",
        "https://erp.example.com.evil.com/oauth/token",
        "https://erp.example.com@evil.com/oauth/token",
        "https://erp.example.com:8443/oauth/token",
        "//evil.example.com/token",
        "/oauth/token",
        "ftp://erp.example.com/token",
        "https://erp.example.com//evil.com/token",
        "https://erp.example.com/token?to=evil",
        "https://erp.example.com:x/token",
        "https://user@erp.example.com/token",
        "https://erp.example.com",
        "",
        None,
        7,
    ],
)
def test_an_endpoint_elsewhere_is_not_believed(url: Any) -> None:
    assert discover(SITE).read(told(ELSEWHERE | {"token_endpoint": url})).token == FIXED.token


def test_a_proxy_may_hide_the_scheme() -> None:
    """Without X-Forwarded-Proto a site says http of itself; the path is what counts."""
    assert discover(SITE).read(told({"token_endpoint": "http://erp.example.com/oauth/token"})).token == "/oauth/token"
    local = "http://127.0.0.1:8016"
    assert discover(local).read(told({"token_endpoint": f"{local}/t"})).token == "/t"


def test_asking_needs_no_sign_in() -> None:
    call = discover(SITE)
    assert (call.method, call.path) == ("GET", "/.well-known/oauth-authorization-server")
    assert call.repeatable
    assert not call.authenticated
