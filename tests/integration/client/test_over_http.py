"""The clients against real servers on loopback that behave well or badly."""

import asyncio
import gzip
import json
import threading
import time

import pytest

from erpnext_connector.call import Call
from erpnext_connector.client import (
    AsyncClient,
    AsyncSiteConnection,
    Bearer,
    Client,
    RetryPolicy,
    SiteConnection,
)
from erpnext_connector.errors import (
    BadRequest,
    OutcomeUnknown,
    RedirectRefused,
    SiteUnavailable,
    SiteUnreachable,
    TooLarge,
)
from erpnext_connector.secret import Secret

QUICK = RetryPolicy(first_wait_seconds=0.01)


def response(body, *headers, status="200 OK"):
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def replies(body=b'{"data": {"name": "X"}}', *headers, status="200 OK", after=lambda: None):
    """Answer every request of the connection."""

    def turn(site, connection):
        while site.read(connection):
            after()
            connection.sendall(response(body, *headers, status=status))

    return turn


def hangs_up_after_reading(site, connection):
    site.read(connection)


def hangs_up_in_the_answer(site, connection):
    site.read(connection)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"data": ')


def hangs_up_at_once(site, connection):
    pass


def stays_silent(site, connection):
    site.read(connection)
    site.read(connection)


def speaks_something_else(site, connection):
    site.read(connection)
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


class Blocking:
    """A blocking client with a connection of its own."""

    def __init__(self, url, credentials=None, **options):
        self.url, self.credentials, self.options = url, credentials, {"retries": QUICK, **options}

    def do(self, work):
        with SiteConnection(self.url, **self.options) as connection:
            return work(Client(connection, self.credentials))

    def together(self, count, work):
        with SiteConnection(self.url, **self.options) as connection:
            threads = [
                threading.Thread(target=work, args=(Client(connection, self.credentials),)) for _ in range(count)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()


class Asynchronous(Blocking):
    """An async client with a connection of its own."""

    def do(self, work):
        async def run():
            async with AsyncSiteConnection(self.url, **self.options) as connection:
                return await work(AsyncClient(connection, self.credentials))

        return asyncio.run(run())

    def together(self, count, work):
        async def run():
            async with AsyncSiteConnection(self.url, **self.options) as connection:
                await asyncio.gather(*(work(AsyncClient(connection, self.credentials)) for _ in range(count)))

        asyncio.run(run())


@pytest.fixture(params=[Blocking, Asynchronous], ids=["sync", "async"])
def client_of(request):
    return request.param


def read(client):
    return client.get("Item", "X")


def write(client):
    return client.insert("Item", {"item_code": "X"})


def test_a_reading_call_survives_a_connection_cut_before_during_and_after(client_of, serve):
    site = serve(hangs_up_at_once, hangs_up_after_reading, hangs_up_in_the_answer, replies())
    assert client_of(site.url).do(read) == {"name": "X"}
    assert site.connections == 4


@pytest.mark.parametrize("turn", [hangs_up_after_reading, hangs_up_in_the_answer])
def test_a_write_cut_after_it_was_sent_is_sent_once(client_of, serve, turn):
    site = serve(turn, replies())
    with pytest.raises(OutcomeUnknown):
        client_of(site.url).do(write)
    assert len(site.requests) == 1


def test_a_write_to_a_port_where_nobody_listens_is_told_as_unreachable(client_of, serve):
    site = serve(replies())
    site.close()
    with pytest.raises(SiteUnreachable):
        client_of(site.url).do(write)


def test_a_host_that_does_not_exist_is_told_at_once(client_of):
    started = time.monotonic()
    with pytest.raises(SiteUnreachable):
        client_of("https://erp.invalid", retries=RetryPolicy(first_wait_seconds=30, total_seconds=0.5)).do(read)
    assert time.monotonic() - started < 10


def test_a_server_that_is_no_web_server_is_unreachable(client_of, serve):
    site = serve(speaks_something_else)
    with pytest.raises(SiteUnreachable):
        client_of(site.url).do(read)


def test_a_silent_site_is_given_up_after_the_timeout(client_of, serve):
    site = serve(stays_silent)
    options = {"read_timeout_seconds": 0.1, "retries": RetryPolicy(attempts=1)}
    with pytest.raises(SiteUnavailable):
        client_of(site.url, **options).do(read)
    with pytest.raises(OutcomeUnknown):
        client_of(site.url, **options).do(write)


def test_an_answer_that_never_ends_is_given_up(client_of, serve):
    def drips(site, connection):
        site.read(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            connection.sendall(b" ")
            time.sleep(0.02)

    site = serve(drips)
    with pytest.raises(SiteUnavailable):
        client_of(site.url, longest_reply_seconds=0.2, retries=RetryPolicy(attempts=1)).do(read)


def test_cookies_that_the_site_sets_are_never_sent_back(client_of, serve):
    site = serve(replies(b'{"data": {}}', "Set-Cookie: sid=Guest; Path=/", "Set-Cookie: user_id=Guest; Path=/"))

    def twice(client):
        if isinstance(client, Client):
            return [read(client), read(client)]

        async def both():
            return [await read(client), await read(client)]

        return both()

    client_of(site.url).do(twice)
    assert len(site.requests) == 2
    assert site.connections == 1
    assert not any("cookie" in request.lower() for request in site.requests)


def test_credentials_do_not_follow_a_redirect(client_of, serve):
    other = serve(replies())
    site = serve(replies(b"", f"Location: {other.url}/login", status="302 Found"))
    with pytest.raises(RedirectRefused, match=other.url):
        client_of(site.url, Bearer(Secret("hush"))).do(read)
    assert other.connections == 0


def test_a_compressed_answer_is_read(client_of, serve):
    body = gzip.compress(json.dumps({"data": {"name": "你好"}}).encode())
    site = serve(replies(body, "Content-Encoding: gzip"))
    assert client_of(site.url).do(read) == {"name": "你好"}


def test_a_small_answer_that_unpacks_to_a_huge_one_is_cut_off(client_of, serve):
    site = serve(replies(gzip.compress(b"x" * 5_000_000), "Content-Encoding: gzip"))
    with pytest.raises(TooLarge):
        client_of(site.url, largest_reply_bytes=1_000_000).do(read)


def test_a_header_that_could_smuggle_another_is_refused(client_of, serve):
    site = serve(replies())
    call = Call("GET", "/x", lambda reply: None, headers={"X-Note": "a\r\nAuthorization: Bearer b"})
    with pytest.raises(BadRequest):
        client_of(site.url).do(lambda client: client.send(call))
    assert site.requests == []


def test_connections_are_used_again(client_of, serve):
    site = serve(replies())

    def thrice(client):
        if isinstance(client, Client):
            return [read(client) for _ in range(3)]

        async def all_of_them():
            return [await read(client) for _ in range(3)]

        return all_of_them()

    client_of(site.url).do(thrice)
    assert len(site.requests) == 3
    assert site.connections == 1


def test_at_most_four_calls_are_in_flight_for_all_clients_of_a_site(client_of, serve):
    lock, counts = threading.Lock(), {"now": 0, "most": 0}

    def busy(site, connection):
        while site.read(connection):
            with lock:
                counts["now"] += 1
                counts["most"] = max(counts["most"], counts["now"])
            time.sleep(0.02)
            with lock:
                counts["now"] -= 1
            connection.sendall(response(b'{"data": {}}'))

    site = serve(busy)
    client_of(site.url).together(20, read)
    assert len(site.requests) == 20
    assert counts["most"] == 4


def test_who_finds_no_place_in_the_queue_is_told(client_of, serve):
    release = threading.Event()
    site = serve(replies(after=lambda: release.wait(5)))
    failures = []

    def note(client):
        if isinstance(client, Client):
            try:
                read(client)
            except SiteUnavailable as error:
                failures.append(error)
                release.set()
            return None

        async def noted():
            try:
                await read(client)
            except SiteUnavailable as error:
                failures.append(error)
                release.set()

        return noted()

    client_of(site.url, max_in_flight=1, queue_timeout_seconds=0.1).together(2, note)
    assert len(failures) == 1
    assert "found no place" in failures[0].message


def test_a_cancelled_call_gives_back_its_place(serve):
    site = serve(stays_silent, replies())

    async def run():
        async with AsyncSiteConnection(site.url, max_in_flight=1, retries=QUICK) as connection:
            client = AsyncClient(connection)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await client.get("Item", "X")
            async with asyncio.timeout(5):
                return await client.get("Item", "X")

    assert asyncio.run(run()) == {"name": "X"}


def test_a_caller_cancelled_in_the_queue_takes_no_place(serve):
    release = threading.Event()
    site = serve(replies(after=lambda: release.wait(5)))

    async def run():
        async with AsyncSiteConnection(site.url, max_in_flight=1) as connection:
            client = AsyncClient(connection)
            first = asyncio.create_task(client.get("Item", "X"))
            await asyncio.sleep(0.05)
            waiting = asyncio.create_task(client.get("Item", "X"))
            await asyncio.sleep(0.05)
            waiting.cancel()
            release.set()
            await first
            return await client.get("Item", "X")

    assert asyncio.run(run()) == {"name": "X"}
    assert len(site.requests) == 2


def test_a_page_of_rows_can_be_left_early_without_harm(serve):
    rows = [{"name": f"I{n}"} for n in range(10)]
    site = serve(replies(json.dumps({"data": rows}).encode()))

    async def run():
        async with AsyncClient(site.url) as client:
            async for row in client.list("Item", page_size=10):
                return row
            return None

    assert asyncio.run(run()) == {"name": "I0"}


def test_one_client_serves_many_threads(serve):
    site = serve(replies())
    found = []
    with Client(site.url) as client:
        threads = [threading.Thread(target=lambda: found.append(read(client))) for _ in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert found == [{"name": "X"}] * 30
    assert site.connections <= 4
