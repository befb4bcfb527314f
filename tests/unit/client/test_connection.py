"""What goes over the wire, and what of the answer is kept; each story on both clients."""

import asyncio
import ssl
import threading

import httpx2
import pytest

from erpnext_connector.call import Call, Upload
from erpnext_connector.client import AsyncClient, Bearer, Breaker, Client, RetryPolicy
from erpnext_connector.client.connection import SiteConnection
from erpnext_connector.errors import (
    BadRequest,
    CircuitOpen,
    ConnectorError,
    GrantLost,
    NotFrappe,
    OutcomeUnknown,
    RedirectRefused,
    SiteInsecure,
    SiteUnavailable,
    SiteUnreachable,
    TooLarge,
)
from erpnext_connector.secret import Secret
from tests.unit.client.site import ADDRESS, Asynchronous, Blocking, FakeSite, answer, breaks, page

ITEM = answer(200, {"data": {"name": "X"}})


def test_a_call_carries_the_token_and_asks_for_json(connect):
    client, site = connect(ITEM, credentials=Bearer(Secret("hush")))
    client.get("Item", "X")
    headers = site.requests[0].headers
    assert headers["authorization"] == "Bearer hush"
    assert headers["accept"] == "application/json"
    assert headers["host"] == "erp.example.com"
    assert str(site.requests[0].url) == f"{ADDRESS}/api/resource/Item/X"


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("1/2in Elbow", "1%2F2in%20Elbow"),
        ("100%", "100%25"),
        ("%2F", "%252F"),
        ("鋼管 你好", "%E9%8B%BC%E7%AE%A1%20%E4%BD%A0%E5%A5%BD"),
        ("a+b&c=d?e#f", "a%2Bb%26c%3Dd%3Fe%23f"),
        ("../../User", "..%2F..%2FUser"),
        ("quo\"te's", "quo%22te%27s"),
    ],
)
def test_names_are_encoded_whole(connect, name, path):
    client, site = connect(ITEM)
    client.get("Item", name)
    assert site.paths == [f"GET /api/resource/Item/{path}"]


def test_no_cookie_is_kept(connect):
    client, site = connect(answer(200, {"data": {}}, set_cookie="sid=Guest; Path=/"))
    client.get("Item", "X")
    client.get("Item", "X")
    assert "cookie" not in site.requests[1].headers


def test_a_json_body_is_sent_as_json(connect):
    client, site = connect(ITEM)
    client.insert("Item", {"item_code": "你好"})
    request = site.requests[0]
    assert request.headers["content-type"] == "application/json"
    assert request.headers["content-length"] == str(len(request.content))
    assert site.bodies == [{"item_code": "你好", "doctype": "Item"}]


def test_a_form_is_sent_as_a_form(connect):
    client, site = connect(answer())
    client.send(Call("POST", "/form", lambda reply: None, form={"a b": "1 & 2"}))
    assert site.requests[0].content == b"a%20b=1%20%26%202"
    assert site.requests[0].headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_post_without_a_body_says_so(connect):
    client, site = connect(answer())
    client.send(Call("POST", "/nothing", lambda reply: None))
    assert site.requests[0].headers["content-length"] == "0"


def test_a_file_is_sent_in_parts_and_may_take_two_minutes(connect):
    client, site = connect(answer(200, {"message": {"file_url": "/files/x"}}))
    client.upload(Upload("nöte.txt", b"hello", "text/plain"))
    request = site.requests[0]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b"hello" in request.content
    assert request.extensions["timeout"]["read"] == 120


def test_timeouts_are_five_seconds_to_connect_and_thirty_to_wait(connect):
    client, site = connect(ITEM)
    client.get("Item", "X")
    timeout = site.requests[0].extensions["timeout"]
    assert (timeout["connect"], timeout["read"]) == (5, 30)


def test_a_call_may_have_a_timeout_of_its_own(connect):
    client, site = connect(answer())
    client.send(Call("GET", "/x", lambda reply: None, timeout_seconds=2.5))
    assert site.requests[0].extensions["timeout"]["read"] == 2.5


def test_a_call_may_have_headers_of_its_own(connect):
    client, site = connect(answer())
    client.send(Call("GET", "/x", lambda reply: None, headers={"Origin": "https://app.example.com"}))
    assert site.requests[0].headers["origin"] == "https://app.example.com"


def test_an_endless_address_is_refused_before_it_is_sent(connect):
    client, site = connect(answer())
    with pytest.raises(BadRequest):
        client.send(Call("GET", "/x" * 40_000, lambda reply: None))
    assert site.requests == []


def test_a_page_instead_of_data_is_not_frappe(connect):
    client, _ = connect(page(200))
    with pytest.raises(NotFrappe):
        client.get("Item", "X")


def test_a_redirect_is_not_followed(connect):
    client, site = connect(answer(301, {}, location="https://www.example.com/api"))
    with pytest.raises(RedirectRefused, match=r"www\.example\.com"):
        client.get("Item", "X")
    assert len(site.requests) == 1


def test_it_waits_between_attempts_and_goes_on(connect):
    client, site = connect(answer(503), answer(503, {}, retry_after="3"), ITEM)
    assert client.get("Item", "X") == {"name": "X"}
    assert client.waits == [0.5, 3]
    assert len(site.requests) == 3


def test_retries_may_be_switched_off(connect):
    client, site = connect(answer(503), retries=RetryPolicy(attempts=1))
    with pytest.raises(SiteUnavailable):
        client.get("Item", "X")
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "error", [httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout], ids=["refused", "late", "full"]
)
def test_a_write_that_never_left_is_sent_again(connect, error):
    client, site = connect(breaks(error), ITEM)
    assert client.insert("Item", {}) == {"name": "X"}
    assert len(site.requests) == 2


@pytest.mark.parametrize(
    "error",
    [httpx2.ReadError, httpx2.ReadTimeout, httpx2.WriteError, httpx2.WriteTimeout, httpx2.RemoteProtocolError],
)
def test_a_write_that_may_have_arrived_is_not_sent_again(connect, error):
    client, site = connect(breaks(error), ITEM)
    with pytest.raises(OutcomeUnknown):
        client.insert("Item", {})
    assert len(site.requests) == 1


def test_errors_do_not_carry_the_http_library_or_the_token(connect):
    client, _ = connect(breaks(httpx2.ConnectError, "no route"), credentials=Bearer(Secret("hush")))
    with pytest.raises(SiteUnreachable, match="no route") as unreachable:
        client.get("Item", "X")
    assert unreachable.value.__cause__ is None
    assert "hush" not in repr(unreachable.value.__dict__)


def test_a_broken_connection_is_told_in_words_not_in_numbers(connect):
    client, _ = connect(breaks(httpx2.ConnectError, "[Errno 111] Connection refused"))
    with pytest.raises(SiteUnreachable) as unreachable:
        client.get("Item", "X")
    assert unreachable.value.message == "ERPNext could not be reached: Connection refused."


def test_a_certificate_that_is_not_trusted_is_not_tried_again(connect):
    def refuse(request):
        raise httpx2.ConnectError("certificate verify failed") from ssl.SSLCertVerificationError(1, "self-signed")

    client, site = connect(refuse)
    with pytest.raises(SiteUnreachable, match="certificate"):
        client.get("Item", "X")
    assert len(site.requests) == 1


def test_an_answer_beyond_all_measure_is_cut_off(connect):
    client, _ = connect(answer(200, b"x" * 2000), largest_reply_bytes=1000)
    with pytest.raises(TooLarge, match="1,000 bytes"):
        client.get("Item", "X")


def test_after_failures_in_a_row_the_site_is_left_alone_for_a_while(connect, clock):
    breaker = Breaker(failures=2, pause_seconds=60)
    client, site = connect(answer(503), answer(503), ITEM, breaker=breaker, retries=RetryPolicy(attempts=1))
    for _ in range(2):
        with pytest.raises(SiteUnavailable):
            client.get("Item", "X")
    with pytest.raises(CircuitOpen) as paused:
        client.get("Item", "X")
    assert paused.value.retry_after_seconds == 60
    assert len(site.requests) == 2
    clock.advance(60)
    assert client.get("Item", "X") == {"name": "X"}
    assert not breaker.is_open


@pytest.mark.parametrize("status", [400, 403, 404, 417, 429, 500])
def test_answers_that_show_a_living_site_do_not_count_against_it(connect, status):
    breaker = Breaker(failures=1)
    client, _ = connect(answer(status), breaker=breaker, retries=RetryPolicy(attempts=1))
    with pytest.raises(ConnectorError):
        client.get("Item", "X")
    assert not breaker.is_open


class Renewing:
    """Credentials that have another value once, as the vault does; it notes the thread it runs in."""

    def __init__(self, *tokens, lost=None):
        self.tokens, self.lost, self.threads = list(tokens), lost, []

    def authorization(self, refused=None):
        self.threads.append(threading.current_thread())
        if refused is not None and self.lost:
            raise self.lost
        return Secret(self.tokens[1 if refused else 0])


def test_an_expired_token_is_renewed_once(connect):
    client, site = connect(answer(401), ITEM, credentials=Renewing("Bearer old", "Bearer new"))
    assert client.insert("Item", {}) == {"name": "X"}
    assert site.authorizations == ["Bearer old", "Bearer new"]


def test_a_lost_grant_is_told_as_it_is(connect):
    client, _ = connect(answer(401), credentials=Renewing("Bearer old", lost=GrantLost()))
    with pytest.raises(GrantLost):
        client.get("Item", "X")


def test_the_async_client_asks_credentials_that_may_block_in_a_thread(clock):
    credentials = Renewing("Bearer x")
    Asynchronous(FakeSite(ITEM), clock, credentials).get("Item", "X")
    assert credentials.threads[0] is not threading.main_thread()


def test_the_blocking_client_asks_credentials_right_here(clock):
    credentials = Renewing("Bearer x")
    Blocking(FakeSite(ITEM), clock, credentials).get("Item", "X")
    assert credentials.threads == [threading.main_thread()]


def test_plain_http_to_another_machine_is_refused():
    with pytest.raises(SiteInsecure):
        Client("http://erp.example.com")


def test_a_client_closes_the_connection_it_opened_itself():
    with Client("https://erp.example.com") as client:
        assert client.connection.address.url == "https://erp.example.com"


def test_an_async_client_closes_the_connection_it_opened_itself():
    async def use():
        async with AsyncClient("https://erp.example.com") as client:
            return client.connection.address.url

    assert asyncio.run(use()) == "https://erp.example.com"


def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    monkeypatch.setenv("NO_PROXY", "inside.example.com")
    for address, proxy in [
        ("https://erp.example.com", "http://proxy.example.com:3128"),
        ("https://inside.example.com", None),
        ("https://localhost", None),
    ]:
        with SiteConnection(address) as connection:
            assert connection.proxy == proxy
