"""An app that answers only what the link field asks, so that each of its states can be brought about."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import erpnext_connector

SCRIPT = Path(erpnext_connector.__file__).parent / "web/static/erpnext-link.js"

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Link field</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script type="module" src="/erpnext/ui/erpnext-link.js"></script>
<style>:root {{ color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }}
body {{ margin: 1rem; }}</style></head>
<body><main><h1>Link field</h1>{body}</main></body></html>"""

POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; "
    "connect-src 'self'; form-action 'self'"
)

Document = dict[str, str]


@dataclass
class Answering:
    """What the stub answers, and what it was asked; tests change it while it runs."""

    documents: list[Document]
    url: str = ""
    body: str = ""
    status: int = 200
    error: dict[str, object] = field(default_factory=dict)
    slow_text: str | None = None
    asked: list[dict[str, str]] = field(default_factory=list)
    posted: list[dict[str, str]] = field(default_factory=list)

    def answer(self, doctype: str, query: dict[str, str]) -> tuple[int, dict[str, object]]:
        self.asked.append(query)
        if self.slow_text is not None and query.get("txt") == self.slow_text:
            time.sleep(0.8)
        if self.status != 200:
            return self.status, self.error
        found = self._resolve(query["value"]) if "value" in query else self._search(query)
        return 200, {"doctype": doctype, "results": found[:20], "more": len(found) > 20}

    def _resolve(self, name: str) -> list[Document]:
        return [document for document in self.documents if document["value"] == name]

    def _search(self, query: dict[str, str]) -> list[Document]:
        words = query.get("txt", "").lower().split()
        group = json.loads(query.get("filters", "{}")).get("item_group")
        return [
            document
            for document in self.documents
            if all(word in " ".join(document.values()).lower() for word in words)
            and (group is None or document["description"] == group)
        ]


class Handler(BaseHTTPRequestHandler):
    answering: Answering

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        if address.path.startswith("/erpnext/link/"):
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            status, said = self.answering.answer(unquote(address.path.removeprefix("/erpnext/link/")), query)
            self._send(status, "application/json", json.dumps(said).encode())
        elif address.path == "/erpnext/ui/erpnext-link.js":
            self._send(200, "text/javascript", SCRIPT.read_bytes())
        elif address.path == "/favicon.ico":
            self._send(204, "image/png", b"")
        else:
            self._send(200, "text/html; charset=utf-8", PAGE.format(body=self.answering.body).encode())

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.answering.posted.append(
            {name: values[0] for name, values in parse_qs(form, keep_blank_values=True).items()}
        )
        self._send(200, "text/html", PAGE.format(body="<p>Posted</p>").encode())

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        if content_type.startswith("text/html"):
            self.send_header("Content-Security-Policy", POLICY)
        with suppress(BrokenPipeError, ConnectionResetError):  # the field gave the question up
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Silent."""


@contextmanager
def serving(answering: Answering) -> Iterator[str]:
    """The address of the running stub."""
    handler = type("BoundHandler", (Handler,), {"answering": answering})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
