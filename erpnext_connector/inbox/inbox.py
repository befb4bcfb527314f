"""The inbox: takes what a site's webhooks say, and sees that the app's handlers hear of it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from erpnext_connector.clock import Clock
from erpnext_connector.errors import BadRequest, Retryable, TooLarge
from erpnext_connector.inbox.event import Event, ParkedEvent
from erpnext_connector.inbox.handlers import ANY, Handler, Handlers, HandlerT
from erpnext_connector.inbox.queue import EventQueue
from erpnext_connector.inbox.worker import CLAIM_SECONDS, Worker
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.wire.grant_webhook import without_tokens
from erpnext_connector.wire.webhook import SIGNATURE_HEADER, WebhookEvent, read_event, verify

MAX_BODY_BYTES: Final = 1_000_000
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 900.0
_ERROR_CHARACTERS: Final = 2_000
_NAME_CHARACTERS: Final = 500

_log = logging.getLogger(__name__)


class Inbox:
    """Events from webhooks: durable before they are answered, handled at least once, in order per document.

    Events of different documents are handled side by side. An event whose handler raises is tried again, with growing
    waits, and parked after `attempts` tries; a `Retryable` error (ERPNext is down) never parks it. All handlers of an
    event are called again when one of them raised.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        webhook_secrets: Callable[[str], Sequence[Secret]],
        *,
        threads: int = 4,
        attempts: int = 8,
        claim_seconds: float = CLAIM_SECONDS,
    ) -> None:
        """`webhook_secrets(site_id)` gives the secrets that the site may sign with, none for an unknown site.

        `claim_seconds` is how long an event rests whose process was killed while handling it.
        """
        self._queue = EventQueue(database)
        self._clock = clock
        self._webhook_secrets = webhook_secrets
        self._threads = threads
        self._attempts = attempts
        self._claim_seconds = claim_seconds
        self._handlers = Handlers()
        self._worker: Worker | None = None

    def accept(self, site_id: str, body: bytes, headers: Mapping[str, str]) -> bool:
        """Keep a delivery; True when it is new, False when it is a repetition. Either way answer 200: it is durable.

        Raises `TooLarge`, `SignatureInvalid` (also when no secret is set) or `BadRequest` for what must not be kept.
        """
        if len(body) > MAX_BODY_BYTES:
            raise TooLarge(f"The webhook's body has more than {MAX_BODY_BYTES:,} bytes.")
        headers = {name.lower(): value for name, value in headers.items()}
        verify(body, headers.get(SIGNATURE_HEADER), self._webhook_secrets(site_id))
        said, kept = without_tokens(_storable(read_event(body, headers)), body)
        is_new = self._queue.keep(site_id, kept, said, now=self._clock.now())
        self.kick()
        return is_new

    def on(self, doctype: str = ANY, event: str = ANY) -> Callable[[HandlerT], HandlerT]:
        """Decorate a plain function that is to be called with each `Event` of this DocType; "*" means any.

        An event whose body names no DocType or no event reaches the handlers that asked for any.
        """

        def register(handler: HandlerT) -> HandlerT:
            return self._handlers.add(doctype, event, handler)

        return register

    def start(self) -> None:
        """Handle events on threads of this process from now on."""
        if self._worker is None:
            self._worker = Worker(
                self._queue, self._handle, self._clock, threads=self._threads, claim_seconds=self._claim_seconds
            )
            self._worker.start()

    def stop(self, timeout_seconds: float = 30.0) -> bool:
        """Finish what is being handled; what is left waits in the database. False when a handler did not finish."""
        worker, self._worker = self._worker, None
        return worker.stop(timeout_seconds) if worker else True

    def kick(self) -> None:
        """Look for events now; without it they are found within a second."""
        if self._worker:
            self._worker.kick()

    def work(self) -> int:
        """Handle everything that is due in this thread; how many attempts that took."""
        done = 0
        while events := self._queue.claim(1, now=self._clock.now(), until=self._clock.now() + self._claim_seconds):
            self._handle(events[0])
            done += 1
        return done

    def waiting(self) -> int:
        """How many events are yet to be handled."""
        return self._queue.waiting()

    def parked(self, limit: int = 100) -> tuple[ParkedEvent, ...]:
        """Events that were given up on, newest first."""
        return self._queue.parked(limit)

    def replay(self, event_id: int) -> bool:
        """Handle a parked event again; False when it is not parked."""
        is_back = self._queue.replay(event_id, now=self._clock.now())
        self.kick()
        return is_back

    def _handle(self, event: Event) -> None:
        """Call the handlers and note how it went; never raises, since the next attempt is the answer to everything."""
        try:
            failure = self._failure(event)
            if failure is None:
                self._queue.finish(event, now=self._clock.now())
            else:
                self._note(event, *failure)
        except Exception:  # noqa: BLE001 - the claim runs out, and the event comes again
            _log.exception("Event %s could not be noted as handled; it will be handled again.", event.id)

    def _failure(self, event: Event) -> tuple[Handler, Exception] | None:
        for handler in self._handlers.of(event):
            try:
                handler(event)
            except Exception as error:  # noqa: BLE001 - handlers are the app's code
                return handler, error
        return None

    def _note(self, event: Event, handler: Handler, error: Exception) -> None:
        now = self._clock.now()
        name = getattr(handler, "__qualname__", repr(handler))
        told = f"{name}: {type(error).__name__}: {error}"[:_ERROR_CHARACTERS].replace("\0", "")
        if isinstance(error, Retryable):
            wait = _wait_for_site(error, waited=now - event.received_at)
            self._queue.put_back(event, told, due_at=now + wait, counts=False)
            _log.warning("Event %s waits for ERPNext (%s).", event.id, error.code)
        elif event.attempt < self._attempts:
            self._queue.put_back(event, told, due_at=now + _wait(event.attempt), counts=True)
            _log.warning("Event %s failed in %s, attempt %d.", event.id, name, event.attempt, exc_info=error)
        else:
            self._queue.park(event, told, now=now)
            _log.error("Event %s is parked after %d attempts in %s.", event.id, event.attempt, name, exc_info=error)


def _storable(said: WebhookEvent) -> WebhookEvent:
    """Refuse what Frappe can't have sent, before a database or its index chokes on it."""
    texts = [text for text in (said.doctype, said.name, said.event, said.modified) if text]
    if any(len(text) > _NAME_CHARACTERS or "\0" in text for text in texts):
        raise BadRequest("The webhook's body names a document as Frappe names none.")
    if said.docstatus not in {None, 0, 1, 2}:
        raise BadRequest("The webhook's docstatus is none of 0, 1 and 2.")
    return said


def _wait(attempt: int) -> float:
    return min(_LONGEST_WAIT_SECONDS, _FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1))


def _wait_for_site(error: Retryable, *, waited: float) -> float:
    """As long as it has waited already, so that the waits double; at least what the site asked for."""
    asked = error.retry_after_seconds or 0.0
    return max(asked, min(_LONGEST_WAIT_SECONDS, max(_FIRST_WAIT_SECONDS, waited)))
