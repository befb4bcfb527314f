"""A site played by a list of answers, behind the HTTP library's own fake transport."""

import asyncio
import inspect
import json

import httpx2

from erpnext_connector.client import AsyncClient, AsyncSiteConnection, Client, SiteConnection

ADDRESS = "https://erp.example.com"


def answer(status=200, body=None, **headers):
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda request: httpx2.Response(status, content=content, headers=named)


def page(status, html=b"<html><h1>Bad Gateway</h1></html>"):
    return answer(status, html, content_type="text/html")


def breaks(error, text="broken"):
    def fail(request):
        raise error(text)

    return fail


class FakeSite:
    """Gives its answers in turn, the last one for ever; `requests` is what came."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.requests = []

    def __call__(self, request):
        request.read()
        self.requests.append(request)
        chosen = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return chosen(request)

    @property
    def paths(self):
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    @property
    def bodies(self):
        return [json.loads(request.content) if request.content else None for request in self.requests]

    @property
    def authorizations(self):
        return [request.headers.get("authorization") for request in self.requests]


class Blocking:
    """The blocking client on a fake site; everything it is asked to do is done when the call returns."""

    def __init__(self, site, clock, credentials=None, **options):
        self.waits = []
        transport = httpx2.MockTransport(site)
        self.connection = SiteConnection(ADDRESS, transport=transport, clock=clock, random=lambda: 1.0, **options)
        self.client = Client(self.connection, credentials)
        sleep = clock.sleep
        clock.sleep = lambda seconds: (self.waits.append(seconds), sleep(seconds))

    def __getattr__(self, name):
        return getattr(self.client, name)

    def rows(self, *arguments, **named):
        return list(self.client.list(*arguments, **named))

    def first(self, *arguments, **named):
        return self.client.list(*arguments, **named).first()


class Asynchronous:
    """The same on asyncio."""

    def __init__(self, site, clock, credentials=None, **options):
        self.waits = []

        async def sleep(seconds):
            self.waits.append(seconds)
            clock.sleep(seconds)

        transport = httpx2.MockTransport(site)
        self.connection = AsyncSiteConnection(
            ADDRESS, transport=transport, clock=clock, random=lambda: 1.0, sleep=sleep, **options
        )
        self.client = AsyncClient(self.connection, credentials)

    def __getattr__(self, name):
        def verb(*arguments, **named):
            async def done():
                result = getattr(self.client, name)(*arguments, **named)
                return await result if inspect.isawaitable(result) else result

            return asyncio.run(done())

        return verb

    def rows(self, *arguments, **named):
        async def walk():
            return [row async for row in self.client.list(*arguments, **named)]

        return asyncio.run(walk())

    def first(self, *arguments, **named):
        async def look():
            return await self.client.list(*arguments, **named).first()

        return asyncio.run(look())
