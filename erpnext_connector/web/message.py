"""A request and a response, as every framework has them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote

import msgspec

Headers = tuple[tuple[str, str], ...]

_FORM: Final = "application/x-www-form-urlencoded"
_PATH_SAFE: Final = "/:@!$&'()*+,;=~-._"


@dataclass(frozen=True, slots=True)
class WebRequest:
    """What a browser, a script or ERPNext asked for.

    `origin` is like "https://app.example.com"; `root` is the path under which the whole app is served, mostly empty;
    `path` is the decoded rest, with the connector's prefix. Header names are in lower case. `client` is the address at
    the other end of the connection, which may be a proxy's.
    """

    method: str
    origin: str
    path: str
    root: str = ""
    query_string: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    client: str = ""

    @property
    def query(self) -> dict[str, str]:
        """The query's parameters; of one that is given twice, the first counts."""
        return _first_of_each(self.query_string)

    @property
    def form(self) -> dict[str, str]:
        """The fields of a form in the body; nothing for any other content type."""
        if not self.headers.get("content-type", "").lower().startswith(_FORM):
            return {}
        return _first_of_each(self.body.decode("utf-8", "replace"))

    @property
    def cookies(self) -> dict[str, str]:
        """The cookies; of two with one name the first counts, which is the one with the longest path."""
        found: dict[str, str] = {}
        for part in self.headers.get("cookie", "").split(";"):
            name, equals, value = part.strip().partition("=")
            if equals:
                found.setdefault(name, value.strip('"'))
        return found

    @property
    def target(self) -> str:
        """The path with its query as it stands in the address bar, behind the host."""
        path = quote(self.root + self.path, safe=_PATH_SAFE)
        return f"{path}?{self.query_string}" if self.query_string else path

    @property
    def is_safe(self) -> bool:
        """Whether it only looks."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    @property
    def wants_page(self) -> bool:
        """Whether a person looks at the answer: the asking side prefers HTML to JSON, as browsers that navigate do."""
        accepted = [part.split(";")[0].strip() for part in self.headers.get("accept", "").lower().split(",")]
        if "text/html" not in accepted:
            return False
        return "application/json" not in accepted or accepted.index("text/html") < accepted.index("application/json")


@dataclass(frozen=True, slots=True)
class WebResponse:
    """What is answered; `headers` may hold several cookies."""

    status: int
    headers: Headers = ()
    body: bytes = b""

    def with_headers(self, *headers: tuple[str, str]) -> WebResponse:
        """The same with more headers; what is set already stays as it is, but cookies add up."""
        present = {name.lower() for name, _ in self.headers}
        added = tuple(one for one in headers if one[0].lower() == "set-cookie" or one[0].lower() not in present)
        return WebResponse(self.status, self.headers + added, self.body)


def json_response(value: object, status: int = 200) -> WebResponse:
    """`value` as JSON."""
    return WebResponse(status, (("Content-Type", "application/json"),), msgspec.json.encode(value))


def redirect(location: str) -> WebResponse:
    """Go there with GET."""
    return WebResponse(303, (("Location", location),))


def page_response(html: str, status: int = 200) -> WebResponse:
    """A page."""
    return WebResponse(status, (("Content-Type", "text/html; charset=utf-8"),), html.encode())


def _first_of_each(encoded: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        found.setdefault(name, value)
    return found
