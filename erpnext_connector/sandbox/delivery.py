"""The worker that sends webhooks over HTTP once their request is committed."""

from __future__ import annotations

import json
import queue
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import urlsplit

import httpx2

from erpnext_connector.sandbox.faults import Faults
from erpnext_connector.sandbox.webhook import Fields, Trigger, WebhookRequest, request_of, triggered

WAITS_SECONDS: Final = (1.0, 4.0, 7.0)
SENDER_HEADERS: Final = {
    "User-Agent": "python-requests/2.32.5",
    "Accept-Encoding": "gzip, deflate, br",
    "Accept": "*/*",
    "Connection": "keep-alive",
}


class Webhooks(Protocol):
    """The Webhook documents of a site, with the log that is kept of them."""

    def enabled(self) -> Sequence[Fields]:
        """The enabled webhooks, newest first."""
        ...

    def get(self, name: str) -> tuple[Fields, str | None] | None:
        """A webhook with its secret; None once it was deleted."""
        ...

    def log(self, row: Mapping[str, object]) -> None:
        """Keep one Webhook Request Log row."""
        ...


@dataclass(frozen=True, slots=True)
class Attempt:
    """How one try went: the answer's status and text, or the error."""

    status: int | None = None
    text: str | None = None
    error: str | None = None
    timed_out: bool = False

    @property
    def failed(self) -> bool:
        """Whether Frappe tries again: an error, or an answer from 400."""
        return self.status is None or self.status >= 400


class Courier:
    """Sends webhooks in the order of their events, on a thread of its own, as one Frappe worker does.

    Three attempts: after an error or an answer from 400 it waits 1 s, then 4 s (divided by `speed`); after a read
    timeout it tries again at once, but at Frappe 13. Then the event is dropped for good. An identical body goes out
    each time.
    """

    def __init__(self, webhooks: Webhooks, faults: Faults, *, frappe: int, speed: float = 1.0) -> None:
        self._webhooks = webhooks
        self._faults = faults
        self._frappe = frappe
        self._speed = speed
        self._jobs: queue.Queue[Trigger | None] = queue.Queue()
        self._stopped = threading.Event()
        self._start = threading.Lock()
        self._thread: threading.Thread | None = None

    def after_commit(self, events: Sequence[tuple[str, Fields]]) -> None:
        """Put the webhooks that these events set off in the queue; returns at once."""
        due = triggered(self._webhooks.enabled(), events)
        for trigger in due:
            self._jobs.put(trigger)
        if due:
            self._ensure_thread()

    def drain(self) -> None:
        """Block until everything in the queue was sent or dropped."""
        self._jobs.join()

    def stop(self) -> None:
        """Finish the request in hand, forget the rest, end the thread."""
        self._stopped.set()
        if self._thread is not None:
            self._jobs.put(None)
            self._thread.join()

    def _ensure_thread(self) -> None:
        with self._start:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="sandbox-webhooks", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        headers = SENDER_HEADERS | ({"Accept-Encoding": "gzip, deflate"} if self._frappe < 15 else {})
        with httpx2.Client(follow_redirects=True, headers=headers, trust_env=False) as client:
            while True:
                trigger = self._jobs.get()
                try:
                    if trigger is None:
                        return
                    if not self._stopped.is_set():
                        self._deliver(client, trigger)
                finally:
                    self._jobs.task_done()

    def _deliver(self, client: httpx2.Client, trigger: Trigger) -> None:
        found = self._webhooks.get(trigger.webhook)
        if found is None:
            return
        webhook, secret = found
        try:
            request = request_of(webhook, trigger.document, secret)
        except Exception:  # noqa: BLE001  a template can raise anything; Frappe logs it, sends nothing
            self._log(trigger, Attempt(error=traceback.format_exc()), url=str(webhook.get("request_url")))
            return
        for _ in range(self._copies(request)):
            self._send(client, trigger, request)

    def _copies(self, request: WebhookRequest) -> int:
        fault = self._faults.take(["lose_webhooks", "repeat_webhooks"], path=urlsplit(request.url).path)
        if fault is None:
            return 1
        return 0 if fault.kind == "lose_webhooks" else 3

    def _send(self, client: httpx2.Client, trigger: Trigger, request: WebhookRequest) -> None:
        for number, wait in enumerate(WAITS_SECONDS):
            attempt = _attempt(client, request)
            if self._breaks(number, attempt):
                return
            self._log(trigger, attempt, request)
            if not attempt.failed:
                return
            if not attempt.timed_out or self._frappe < 14:
                self._stopped.wait(wait / self._speed)
            if self._stopped.is_set():
                return

    def _breaks(self, number: int, attempt: Attempt) -> bool:
        """Frappe 14's job itself breaks when the first attempt meets no server: no second one, no log row."""
        return self._frappe == 14 and number == 0 and attempt.status is None and not attempt.timed_out

    def _log(self, trigger: Trigger, attempt: Attempt, request: WebhookRequest | None = None, url: str = "") -> None:
        kept_as_object = self._frappe < 15 and attempt.status is not None
        row = {
            "webhook": trigger.webhook,
            "reference_document": trigger.document.get("name"),
            "url": request.url if request else url,
            "headers": json.dumps(dict(request.headers), indent=1) if request else None,
            "data": request.body.decode() if request else None,
            "response": f"<Response [{attempt.status}]>" if kept_as_object else attempt.text,
            "error": attempt.error,
        }
        if self._frappe >= 16:
            row["reference_doctype"] = trigger.document.get("doctype")
        self._webhooks.log(row)


def _attempt(client: httpx2.Client, request: WebhookRequest) -> Attempt:
    try:
        response = client.request(
            request.method,
            request.url,
            content=request.body,
            headers=dict(request.headers),
            timeout=request.timeout_seconds,
        )
    except httpx2.ReadTimeout as error:
        return Attempt(error=repr(error), timed_out=True)
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        return Attempt(error=repr(error))
    error_text = None if response.status_code < 400 else f"{response.status_code} {response.reason_phrase}"
    return Attempt(response.status_code, response.text, error_text)
