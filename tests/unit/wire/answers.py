"""Replies by hand, for calls under test."""

from __future__ import annotations

import json
from typing import Any

from erpnext_connector.call import Reply


def answer(body: Any = None, status: int = 200, **headers: str) -> Reply:
    content = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, content)
