"""What has to happen to make one call, step by step, without doing any of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, TypeVar
from urllib.parse import urlsplit

from erpnext_connector.call import Call, Reply
from erpnext_connector.client.guest import is_guest
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.errors import (
    ConnectorError,
    OutcomeUnknown,
    RedirectRefused,
    SiteFault,
    SiteUnavailable,
    SiteUnreachable,
)
from erpnext_connector.secret import Secret
from erpnext_connector.wire import reply as replies

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a call is sent: at most `attempts` times, none of them later than `total_seconds` after the first.

    In between it waits twice as long each time, from `first_wait_seconds` to `longest_wait_seconds`, of which half is
    random; and at least as long as the site says in Retry-After.
    """

    attempts: int = 4
    first_wait_seconds: float = 0.5
    longest_wait_seconds: float = 8.0
    total_seconds: float = 20.0


@dataclass(frozen=True, slots=True)
class Authorize:
    """Ask the credentials for the header's value; answer with it, or None."""

    refused: Secret | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send the call once; answer with the `Reply`, or with how the attempt `Broke`."""

    call: Call[Any]
    authorization: Secret | None


@dataclass(frozen=True, slots=True)
class Wait:
    """Let time pass; answer None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Broke:
    """An attempt without a reply: `was_sent` if the site may have got it, `may_heal` if trying again makes sense."""

    reason: str
    was_sent: bool
    may_heal: bool = True
    timed_out: bool = False


Step: TypeAlias = Authorize | Send | Wait
Outcome: TypeAlias = Secret | Reply | Broke | None

# Nothing was done when these come: rate limits and maintenance refuse a request before they look at it.
_NEVER_STARTED: Final = frozenset({429, 503})
# A proxy that lost its worker (the work may be done), and a deadlock (frappe-protocol 2.8).
_LOST_ON_THE_WAY: Final = frozenset({502, 504, 508})
_ANSWER_LOST: Final = frozenset({502, 504})
_ROLLED_BACK: Final = frozenset({503, 508})
_OF_THE_MOMENT: Final = frozenset({"QueryDeadlockError", "QueryTimeoutError", "OperationalError"})
# MariaDB's numbers for locks and lost connections; an unknown column is an OperationalError, too.
_MOMENTARY_CODES: Final = frozenset({"1040", "1205", "1213", "2002", "2003", "2006", "2013", "3024"})
_DATABASE_CODE: Final = re.compile(r"\((\d{4}),")
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_SITE_IS_DOWN: Final = frozenset({502, 503, 504, 508})
_FIRST: Final = Authorize()
# What a lost answer to a deletion must have been when the next attempt finds nothing.
_DELETED: Final = Reply(202, {}, b'{"data": "ok"}')


def steps(
    call: Call[T],
    policy: RetryPolicy,
    monotonic: Callable[[], float],
    random: Callable[[], float],
    knowledge: Knowledge,
) -> Generator[Step, Outcome, T]:
    """Yield what to do next, take what came of it, and return the call's value.

    Raises what the reply stands for, `OutcomeUnknown` when the site may have done what must not be done twice,
    and `RedirectRefused` for any redirect: credentials don't follow.
    """
    authorization = _secret((yield _FIRST)) if call.authenticated else None
    is_renewable = authorization is not None
    started, attempt, is_unsure = monotonic(), 1, False
    while True:
        outcome = yield Send(call, authorization)
        if isinstance(outcome, Reply) and outcome.status < 300:
            return call.read(outcome)
        if is_renewable and isinstance(outcome, Reply) and (yield from _is_refused(outcome, authorization, knowledge)):
            is_renewable = False
            other = _secret((yield Authorize(authorization)))
            if other and other != authorization:
                authorization = other
                continue
        if is_unsure and isinstance(outcome, Reply) and outcome.status == 404:
            return call.read(_DELETED)
        if attempt >= policy.attempts or not may_be_sent_again(call, outcome):
            return _conclude(call, outcome)
        wait = _wait_seconds(policy, attempt, outcome, random)
        if monotonic() + wait - started > policy.total_seconds:
            return _conclude(call, outcome)
        yield Wait(wait)
        attempt += 1
        is_unsure = is_unsure or (call.method == "DELETE" and _may_have_worked(outcome))


def _is_refused(reply: Reply, authorization: Secret | None, knowledge: Knowledge) -> Generator[Step, Outcome, bool]:
    """Whether the site no longer takes these credentials: 401, or a 403 of Frappe 13 to somebody it calls Guest."""
    if reply.status != 403 or knowledge.refuses_bad_tokens:
        return reply.status == 401
    asking = is_guest(knowledge)
    try:
        asked, is_mine = next(asking)
        while True:
            asked, is_mine = asking.send((yield Send(asked, authorization if is_mine else None)))
    except StopIteration as done:
        return bool(done.value)


def may_be_sent_again(call: Call[T], outcome: Outcome) -> bool:
    """Whether another attempt makes sense, and can do no harm."""
    if isinstance(outcome, Broke):
        return outcome.may_heal and (call.repeatable or not outcome.was_sent)
    if not isinstance(outcome, Reply):
        return False
    if outcome.status in _NEVER_STARTED:
        return True
    if outcome.status in _LOST_ON_THE_WAY:
        return call.repeatable
    return outcome.status == 500 and call.repeatable and _is_of_the_moment(outcome)


def _may_have_worked(outcome: Outcome) -> bool:
    if isinstance(outcome, Broke):
        return outcome.was_sent
    return isinstance(outcome, Reply) and outcome.status in _ANSWER_LOST


def site_is_down(outcome: Reply | Broke) -> bool:
    """Whether an attempt counts against the site for the circuit breaker; an error in one method does not.

    Frappe tells its own errors in JSON. With its database down, gunicorn sends a page (frappe-quirks 3, error body).
    """
    if isinstance(outcome, Broke) or outcome.status in _SITE_IS_DOWN:
        return True
    return outcome.status >= 500 and not outcome.content.startswith(b"{")


def _is_of_the_moment(reply: Reply) -> bool:
    """A deadlock or a wait for a lock; where the site shows the database's number for it, that decides."""
    error = replies.error_of(reply)
    if not isinstance(error, SiteFault) or error.exc_type not in _OF_THE_MOMENT:
        return False
    code = _DATABASE_CODE.search(str(replies.body_of(reply).get("exception", "")))
    return code is None or code[1] in _MOMENTARY_CODES


def _wait_seconds(policy: RetryPolicy, attempt: int, outcome: Outcome, random: Callable[[], float]) -> float:
    ceiling = min(policy.first_wait_seconds * 2.0 ** (attempt - 1), policy.longest_wait_seconds)
    backoff = ceiling * (0.5 + random() / 2)
    said = outcome.retry_after_seconds if isinstance(outcome, Reply) else None
    return max(backoff, said or 0.0)


def _conclude(call: Call[T], outcome: Outcome) -> T:
    if isinstance(outcome, Broke):
        raise _error_of(call, outcome)
    assert isinstance(outcome, Reply)
    if 300 <= outcome.status < 400:
        raise RedirectRefused(_redirect(outcome), upstream_status=outcome.status)
    if _is_unknown(call, outcome):
        raise OutcomeUnknown(
            f"ERPNext broke off with status {outcome.status}: it may or may not have done it.",
            upstream_status=outcome.status,
        )
    return call.read(outcome)


def _error_of(call: Call[T], broke: Broke) -> ConnectorError:
    if not broke.was_sent:
        return SiteUnreachable(f"ERPNext could not be reached: {broke.reason}.")
    if not _is_harmless(call):
        return OutcomeUnknown(
            f"The connection broke after the request was sent ({broke.reason}): ERPNext may or may not have done it."
        )
    if broke.timed_out:
        return SiteUnavailable(f"ERPNext did not answer in time: {broke.reason}.")
    return SiteUnreachable(f"The connection to ERPNext broke: {broke.reason}.")


def _is_unknown(call: Call[T], reply: Reply) -> bool:
    """Whether a write may be done although it failed.

    Frappe's own errors roll back. A page of gunicorn or a proxy tells nothing: a save whose webhook can't be queued
    is committed, and answered so (frappe-quirks 5).
    """
    if reply.status < 500 or reply.status in _ROLLED_BACK or _is_harmless(call):
        return False
    body = replies.body_of(reply)
    return not (body.get("exc_type") or body.get("exception") or body.get("errors"))


def _is_harmless(call: Call[T]) -> bool:
    return call.repeatable or call.method in _READING


def _redirect(reply: Reply) -> str:
    """Where it leads, without the query: a redirect to the login page quotes what was asked there."""
    parts = urlsplit(reply.headers.get("location", ""))
    host = parts.netloc.rpartition("@")[2]
    target = f"{parts.scheme}://{host}{parts.path}" if host else parts.path
    return f"The site redirects this call to {target}." if target else "The site redirects this call."


def _secret(answer: Outcome) -> Secret | None:
    assert answer is None or isinstance(answer, Secret)
    return answer
