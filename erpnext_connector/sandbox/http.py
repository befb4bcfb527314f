"""Requests as the sandbox reads them, answers as it gives them."""

from __future__ import annotations

import json as json_library
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.cookies import CookieError, SimpleCookie
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

JSON_TYPE: Final = "application/json"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
MULTIPART_TYPE: Final = "multipart/form-data"
REDIRECT_PAGE: Final = b"<!doctype html>\n<html lang=en>\n<title>Redirecting...</title>\n<h1>Redirecting...</h1>\n"

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file out of a multipart body."""

    filename: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: `path` is decoded, header names are lower-case, `base_url` is what the client asked."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    json: Any = None
    files: dict[str, UploadedFile] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    base_url: str = "http://127.0.0.1"
    raw_body: bytes = b""
    query_string: str = ""

    @property
    def has_json(self) -> bool:
        """Whether the body is JSON; Frappe then does not read the query string."""
        return bool(self.raw_body) and self.headers.get("content-type", "").split(";")[0].strip() == JSON_TYPE

    @property
    def arguments(self) -> dict[str, Any]:
        """What Frappe calls form_dict: the JSON object alone, else the query string under the form fields."""
        if self.has_json:
            return dict(self.json) if isinstance(self.json, dict) else {"data": self.json}
        return {**self.query, **self.form}


@dataclass(slots=True)
class Response:
    """One HTTP answer; `headers` may be added to."""

    status: int
    body: bytes = b""
    headers: list[Header] = field(default_factory=list)

    @classmethod
    def json(cls, value: object, *, status: int = 200, ascii_only: bool = False) -> Response:
        """A JSON answer, raw UTF-8 unless `ascii_only`."""
        body = msgspec.json.encode(value)
        if ascii_only and not body.isascii():
            body = escape(body)
        return cls(status, body, [("content-type", JSON_TYPE)])

    @classmethod
    def html(cls, text: str, *, status: int = 200) -> Response:
        """A page."""
        return cls(status, text.encode(), [("content-type", "text/html; charset=utf-8")])

    @classmethod
    def redirect(cls, location: str, *, status: int = 302) -> Response:
        """Somewhere else; a 302 says so in a page, as Frappe's does."""
        page = REDIRECT_PAGE if status == 302 else b""
        return cls(status, page, [("content-type", "text/html; charset=utf-8"), ("location", location)])

    def set_cookie(self, name: str, value: str, attributes: str = "Path=/; SameSite=Lax") -> None:
        """Add a cookie; `value` is already quoted."""
        self.headers.append(("set-cookie", f"{name}={value}; {attributes}"))


def escape(body: bytes) -> bytes:
    r"""JSON in ASCII: everything else as \uXXXX, in surrogate pairs where needed."""
    text = body.decode()
    units = ((c,) if c < "\U00010000" else _surrogates(ord(c)) for c in text)
    return "".join(
        c[0] if len(c) == 1 and c[0] < "\x80" else "".join(f"\\u{ord(u):04x}" for u in c) for c in units
    ).encode()


def _surrogates(code: int) -> tuple[str, str]:
    rest = code - 0x10000
    return chr(0xD800 + (rest >> 10)), chr(0xDC00 + (rest & 0x3FF))


def read_request(
    method: str, path: str, query_string: str, headers: Mapping[str, str], body: bytes, scheme: str
) -> Request:
    """The request with its body read by content type; a JSON body that is not JSON raises json.JSONDecodeError."""
    kind = headers.get("content-type", "")
    json, form = None, {}
    files: dict[str, UploadedFile] = {}
    if kind.startswith(JSON_TYPE):
        json = _decode(body)
    elif kind.startswith(FORM_TYPE):
        form = dict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
    elif kind.startswith(MULTIPART_TYPE):
        form, files = _multipart(kind, body)
    forwarded = headers.get("x-forwarded-proto", scheme)
    return Request(
        method=method,
        path=path,
        query=dict(parse_qsl(query_string, keep_blank_values=True)),
        form=form,
        json=json,
        files=files,
        headers=dict(headers),
        cookies=_cookies(headers.get("cookie", "")),
        base_url=f"{forwarded}://{headers.get('host', '127.0.0.1')}",
        raw_body=body,
        query_string=query_string,
    )


def _decode(body: bytes) -> Any:
    if not body:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return json_library.loads(body.decode(errors="replace"))


def _cookies(header: str) -> dict[str, str]:
    try:
        return {name: morsel.value for name, morsel in SimpleCookie(header).items()}
    except CookieError:
        return {}


def _multipart(kind: str, body: bytes) -> tuple[dict[str, str], dict[str, UploadedFile]]:
    message = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    form: dict[str, str] = {}
    files: dict[str, UploadedFile] = {}
    for part in message.iter_parts():
        name = str(part.get_param("name", "", "content-disposition"))
        content = part.get_payload(decode=True)
        content = content if isinstance(content, bytes) else b""
        filename = part.get_filename()
        if filename is None:
            form[name] = content.decode(errors="replace")
        else:
            files[name] = UploadedFile(filename, content, part.get_content_type())
    return form, files
