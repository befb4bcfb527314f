"""What real servers answered, in the form in which it came over the wire."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from erpnext_connector.call import Reply

FOLDER = Path(__file__).parents[2] / "contract" / "recordings"
VERSIONS = (14, 15, 16)


@dataclass(frozen=True)
class Exchange:
    version: int
    case: str
    path: str
    reply: Reply


@cache
def exchanges(version: int) -> dict[str, Exchange]:
    """All exchanges with a version, by "group/id"."""
    return {exchange.case: exchange for exchange in _read(version)}


def _read(version: int) -> Iterator[Exchange]:
    for line in (FOLDER / f"v{version}.jsonl").read_text(encoding="utf-8").splitlines():
        recorded = json.loads(line)
        response = recorded["response"]
        headers = {name.lower(): value for name, value in response["headers"].items()}
        reply = Reply(response["status"], headers, _content(response["body"]))
        yield Exchange(version, f"{recorded['group']}/{recorded['id']}", recorded["request"]["path"], reply)


def _content(body: Any) -> bytes:
    if isinstance(body, dict) and set(body) == {"<html>"}:
        return f"<!DOCTYPE html><html><head><title>{body['<html>']}</title></head><body></body></html>".encode()
    if isinstance(body, str):
        return body.encode()
    return json.dumps(_wire(body)).encode()


def _wire(value: Any) -> Any:
    """The recordings hold JSON inside of text as {"<json>": ...}."""
    if isinstance(value, dict) and set(value) == {"<json>"}:
        return json.dumps(_wire(value["<json>"]))
    if isinstance(value, dict):
        return {key: _wire(inner) for key, inner in value.items()}
    return [_wire(inner) for inner in value] if isinstance(value, list) else value
