"""Brings about, at a sandbox that runs in another process, what befalls grants."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx2

ENDPOINT: Final = "/sandbox/upsets"
TIMEOUT_SECONDS: Final = 10.0


def bring_about(url: str, kind: str, target: Mapping[str, str]) -> str:
    """Let an upset happen at the sandbox with this address; gives what happened, ValueError says why it did not."""
    try:
        answer = httpx2.post(
            url.rstrip("/") + ENDPOINT, json={"kind": kind, **target}, timeout=TIMEOUT_SECONDS, trust_env=False
        )
        body = answer.json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
        raise ValueError(f"no sandbox answers at {url}: {error}") from error
    if not isinstance(body, dict) or "done" not in body:
        raise ValueError(str(body.get("error", body)) if isinstance(body, dict) else f"{url} is no sandbox")
    return str(body["done"])
