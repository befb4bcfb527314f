"""How a call becomes an HTTP request, and an HTTP response a reply."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, urlencode

import httpx2
import msgspec

from erpnext_connector.call import Call, Reply
from erpnext_connector.client.steps import Broke
from erpnext_connector.errors import BadRequest, TooLarge
from erpnext_connector.secret import Secret

LARGEST_REPLY_BYTES: Final = 256 * 1024 * 1024
LONGEST_REPLY_SECONDS: Final = 300.0
UPLOAD_TIMEOUT_SECONDS: Final = 120.0

_EMPTY: Final = httpx2.ByteStream(b"")
_WITH_BODY: Final = frozenset({"POST", "PUT", "PATCH"})
_UNSENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_OUR_MISTAKES: Final = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)
_ERRNO: Final = re.compile(r"\A\[Errno -?\d+\] ")

Headers = list[tuple[bytes, bytes]]


class Writer:
    """Writes requests to one site; what is the same in all of them is written once."""

    __slots__ = ("_connect_seconds", "_extensions", "_headers", "_read_seconds", "_url")

    def __init__(self, url: str, *, connect_timeout_seconds: float, read_timeout_seconds: float) -> None:
        self._url = url
        self._connect_seconds = connect_timeout_seconds
        self._read_seconds = read_timeout_seconds
        self._extensions = self._timeouts(read_timeout_seconds)
        self._headers: Headers = [
            (b"Host", httpx2.URL(url).netloc),
            # Asked for text, Frappe 14 answers errors as pages with status 200 (frappe-quirks 1.6).
            (b"Accept", b"application/json"),
            (b"Accept-Encoding", b"gzip, deflate"),
            (b"Connection", b"keep-alive"),
            (b"User-Agent", b"erpnext-connector"),
        ]

    def request(self, call: Call[Any], authorization: Secret | None) -> httpx2.Request:
        """The request; raises `BadRequest` for what HTTP can't carry."""
        headers = [*self._headers, *((name.encode(), value.encode()) for name, value in call.headers.items())]
        if authorization is not None:
            headers.append((b"Authorization", authorization.reveal().encode()))
        try:
            url = httpx2.URL(self._address(call))
        except httpx2.InvalidURL as error:
            raise BadRequest(f"That makes no address: {error}") from None
        if call.files is not None:
            return self._multipart(call, url, headers)
        content = _add_body(call, headers)
        return httpx2.Request(call.method, url, headers=headers, stream=content, extensions=self._extensions_of(call))

    def _address(self, call: Call[Any]) -> str:
        return f"{self._url}{call.path}?{_urlencoded(call.params)}" if call.params else self._url + call.path

    def _multipart(self, call: Call[Any], url: httpx2.URL, headers: Headers) -> httpx2.Request:
        files = {name: (file.filename, file.content, file.content_type) for name, file in (call.files or {}).items()}
        extensions = self._extensions_of(call)
        return httpx2.Request(call.method, url, headers=headers, data=call.form, files=files, extensions=extensions)

    def _extensions_of(self, call: Call[Any]) -> dict[str, Any]:
        seconds = call.timeout_seconds or (UPLOAD_TIMEOUT_SECONDS if call.files is not None else None)
        return self._timeouts(seconds) if seconds else self._extensions

    def _timeouts(self, read_seconds: float) -> dict[str, Any]:
        connect = self._connect_seconds
        return {"timeout": {"connect": connect, "pool": connect, "read": read_seconds, "write": read_seconds}}


def reply_of(response: httpx2.Response, content: bytes) -> Reply:
    """The reply in our terms."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers.raw}
    return Reply(response.status_code, headers, content)


def broke(error: httpx2.RequestError) -> Broke:
    """How an attempt failed; raises `BadRequest` when the request itself can't be sent."""
    reason = _ERRNO.sub("", str(error)).rstrip(".") or type(error).__name__
    if isinstance(error, _OUR_MISTAKES):
        raise BadRequest("The request can't be sent: a header or the address holds what HTTP can't carry.") from None
    if isinstance(error, httpx2.ConnectTimeout):
        return Broke("no connection in time", was_sent=False)
    if isinstance(error, _UNSENT):
        return Broke(reason, was_sent=False, may_heal=_may_heal(error))
    if isinstance(error, httpx2.TimeoutException):
        return Broke("no answer in time", was_sent=True, timed_out=True)
    return Broke(reason, was_sent=True)


class Measure:
    """Stops a reply beyond all measure: a body may unpack to far more than was sent, or come byte by byte for ever."""

    __slots__ = ("_deadline", "_limit", "_monotonic", "_parts", "_size")

    def __init__(self, limit_bytes: int, limit_seconds: float, monotonic: Callable[[], float]) -> None:
        self._parts: list[bytes] = []
        self._size = 0
        self._limit = limit_bytes
        self._monotonic = monotonic
        self._deadline = monotonic() + limit_seconds

    def add(self, part: bytes) -> None:
        """Take a part; raises `TooLarge`, or the HTTP library's own timeout."""
        self._size += len(part)
        if self._size > self._limit:
            raise TooLarge(
                f"ERPNext's answer is larger than {self._limit:,} bytes.", hint="Ask for fewer rows or fields at once."
            )
        if self._monotonic() > self._deadline:
            raise httpx2.ReadTimeout("the answer took too long")
        self._parts.append(part)

    @property
    def content(self) -> bytes:
        """All parts."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


def _add_body(call: Call[Any], headers: Headers) -> httpx2.ByteStream:
    content = _content(call, headers)
    if content or call.method in _WITH_BODY:
        headers.append((b"Content-Length", b"%d" % len(content)))
    return httpx2.ByteStream(content) if content else _EMPTY


def _content(call: Call[Any], headers: Headers) -> bytes:
    if call.json is not None:
        headers.append((b"Content-Type", b"application/json"))
        return msgspec.json.encode(call.json)
    if call.form is not None:
        headers.append((b"Content-Type", b"application/x-www-form-urlencoded"))
        return _urlencoded(call.form).encode()
    return b""


def _urlencoded(texts: Mapping[str, str]) -> str:
    """Blanks as %20: a plus sign means a blank only to those who know it is a form."""
    return urlencode(texts, quote_via=quote, safe="")


def _may_heal(error: BaseException) -> bool:
    """A name that does not exist and a certificate that is not trusted stay so."""
    return not any(_is_lasting(cause) for cause in _causes(error))


def _is_lasting(cause: BaseException) -> bool:
    if isinstance(cause, socket.gaierror):
        return cause.errno == socket.EAI_NONAME
    return isinstance(cause, ssl.SSLCertVerificationError)


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__ or cause.__context__
