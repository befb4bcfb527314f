from __future__ import annotations

from typing import Any

import pytest

from erpnext_connector.web.asgi import request_of


def scope(**changes: Any) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "GET",
        "scheme": "https",
        "path": "/erpnext/session",
        "root_path": "",
        "query_string": b"a=%20b",
        "headers": [(b"host", b"app.example.com"), (b"Accept", b"text/html")],
        **changes,
    }


def test_a_scope_becomes_a_request() -> None:
    request = request_of(scope())
    assert (request.origin, request.root, request.path) == ("https://app.example.com", "", "/erpnext/session")
    assert request.query == {"a": " b"}
    assert request.headers["accept"] == "text/html"


@pytest.mark.parametrize(("root", "path"), [("/app", "/app/x"), ("/app/", "/app/x"), ("/app", "/x"), ("", "/x")])
def test_the_root_path_is_no_part_of_the_path(root: str, path: str) -> None:
    request = request_of(scope(root_path=root, path=path))
    assert (request.root, request.path) == (root.rstrip("/"), "/x")


def test_cookies_in_several_headers_are_joined() -> None:
    request = request_of(scope(headers=[(b"host", b"h"), (b"cookie", b"a=1"), (b"cookie", b"b=2")]))
    assert request.cookies == {"a": "1", "b": "2"}


def test_a_request_without_a_host_is_from_here() -> None:
    assert request_of(scope(headers=[])).origin == "https://localhost"
