"""Every rule of sending a call: again or not, and what is raised in the end."""

import pytest

from erpnext_connector.call import Call, Reply
from erpnext_connector.client.knowledge import Knowledge
from erpnext_connector.client.steps import Authorize, Broke, RetryPolicy, Send, Wait, site_is_down, steps
from erpnext_connector.errors import (
    ConnectorError,
    CredentialsRefused,
    NotFound,
    OutcomeUnknown,
    PermissionDenied,
    RateLimited,
    RedirectRefused,
    SiteFault,
    SiteUnavailable,
    SiteUnreachable,
)
from erpnext_connector.secret import Secret
from erpnext_connector.wire import reply as replies

DEADLOCK = b'{"exc_type": "QueryDeadlockError", "exception": "frappe.exceptions.QueryDeadlockError: again"}'
KEY_ERROR = b'{"exc_type": "KeyError", "exception": "KeyError: x"}'
UNSENT = Broke("refused", was_sent=False)
SENT = Broke("reset", was_sent=True)
LATE = Broke("no answer in time", was_sent=True, timed_out=True)
PAGE = b"<html>Bad Gateway</html>"


def reading(**options):
    return Call("GET", "/x", replies.data, repeatable=True, **options)


def writing(**options):
    return Call("POST", "/x", replies.data, json={}, **options)


def repeatable_write():
    return Call("PUT", "/x", replies.data, json={}, repeatable=True)


def ok():
    return Reply(200, {}, b'{"data": "done"}')


def failed(status, body=b"{}", **headers):
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


class Played:
    """A call driven by hand: its outcomes in turn, time that passes only in waits."""

    def __init__(self, call, *outcomes, tokens=("first", "second"), policy=None, knowledge=None):
        self.sent, self.waits, self.value, self.asked = [], [], None, []
        self._now = 0.0
        tokens, outcomes = list(tokens), list(outcomes)
        self.knowledge = knowledge or Knowledge(refuses_bad_tokens=True)
        todo = steps(call, policy or RetryPolicy(), lambda: self._now, lambda: 1.0, self.knowledge)
        step, said = next(todo), None
        try:
            while True:
                if isinstance(step, Authorize):
                    self.asked.append(step.refused and step.refused.reveal())
                    said = Secret(tokens.pop(0)) if tokens else None
                elif isinstance(step, Send):
                    self.sent.append(step.authorization and step.authorization.reveal())
                    said = outcomes.pop(0)
                else:
                    assert isinstance(step, Wait)
                    self.waits.append(step.seconds)
                    self._now += step.seconds
                    said = None
                step = todo.send(said)
        except StopIteration as done:
            self.value = done.value


def test_a_call_that_succeeds_is_sent_once():
    played = Played(reading(), ok())
    assert played.value == "done"
    assert played.sent == ["first"]
    assert played.waits == []


def test_a_call_without_sign_in_asks_for_no_credentials():
    played = Played(reading(authenticated=False), ok())
    assert played.asked == []
    assert played.sent == [None]


@pytest.mark.parametrize("status", [429, 502, 503, 504, 508])
def test_a_reading_call_is_sent_again_when_the_site_is_busy(status):
    assert Played(reading(), failed(status), ok()).value == "done"


@pytest.mark.parametrize("status", [429, 503])
def test_a_write_is_sent_again_when_the_site_did_not_begin(status):
    assert Played(writing(), failed(status), ok()).value == "done"


@pytest.mark.parametrize("status", [500, 502, 504, 520, 524])
def test_a_write_is_never_sent_again_when_a_proxy_lost_it(status):
    with pytest.raises(OutcomeUnknown) as unknown:
        Played(writing(), failed(status, PAGE))
    assert unknown.value.upstream_status == status


def test_a_write_that_frappe_itself_says_failed_is_rolled_back_and_known():
    with pytest.raises(SiteFault):
        Played(writing(), failed(500, b'{"exc_type": "OSError", "exception": "OSError: disk full"}'))


@pytest.mark.parametrize("status", [400, 403, 404, 409, 417, 500, 501])
def test_other_failures_are_final(status):
    with pytest.raises(ConnectorError):
        Played(reading(), failed(status))


@pytest.mark.parametrize("kind", ["QueryDeadlockError", "QueryTimeoutError", "OperationalError"])
def test_a_reading_call_is_sent_again_after_a_deadlock(kind):
    body = DEADLOCK.replace(b"QueryDeadlockError", kind.encode())
    assert Played(reading(), failed(500, body), ok()).value == "done"


def test_a_write_is_not_sent_again_after_a_deadlock():
    with pytest.raises(SiteFault):
        Played(writing(), failed(500, DEADLOCK))


@pytest.mark.parametrize(("code", "is_again"), [("1205", True), ("1213", True), ("1052", False), ("1054", False)])
def test_the_database_number_tells_a_lock_from_a_mistake(code, is_again):
    body = f'{{"exc_type": "OperationalError", "exception": "pymysql.err.OperationalError: ({code}, \\"x\\")"}}'
    if is_again:
        assert Played(reading(), failed(500, body.encode()), ok()).value == "done"
    else:
        with pytest.raises(Exception, match="database refused"):
            Played(reading(), failed(500, body.encode()))


def test_an_error_in_the_request_is_not_sent_again():
    with pytest.raises(Exception, match="KeyError"):
        Played(reading(), failed(500, KEY_ERROR))


@pytest.mark.parametrize("call", [reading(), writing(), repeatable_write()], ids=["read", "write", "repeatable"])
def test_any_call_is_sent_again_when_no_connection_came_about(call):
    assert Played(call, UNSENT, ok()).value == "done"


@pytest.mark.parametrize("call", [reading(), repeatable_write()], ids=["read", "repeatable"])
@pytest.mark.parametrize("broke", [SENT, LATE], ids=["cut", "late"])
def test_a_repeatable_call_is_sent_again_when_the_connection_breaks(call, broke):
    assert Played(call, broke, ok()).value == "done"


@pytest.mark.parametrize("broke", [SENT, LATE], ids=["cut", "late"])
def test_a_write_whose_connection_broke_has_an_unknown_outcome(broke):
    with pytest.raises(OutcomeUnknown, match=broke.reason):
        Played(writing(), broke)


def test_a_read_that_must_not_be_repeated_still_has_no_unknown_outcome():
    with pytest.raises(SiteUnreachable):
        Played(Call("GET", "/x", replies.data), SENT)


@pytest.mark.parametrize("lost", [SENT, LATE, failed(502), failed(504)], ids=["cut", "late", "502", "504"])
def test_a_deletion_whose_answer_was_lost_is_done_when_nothing_is_left(lost):
    call = Call("DELETE", "/x", lambda reply: replies.json_object(reply)["data"], repeatable=True)
    assert Played(call, lost, failed(404)).value == "ok"


@pytest.mark.parametrize("before", [(), (UNSENT,)], ids=["at once", "after no connection"])
def test_a_deletion_of_what_never_was_there_is_told(before):
    call = Call("DELETE", "/x", replies.json_object, repeatable=True)
    with pytest.raises(NotFound):
        Played(call, *before, failed(404))


def test_a_lasting_fault_is_not_tried_again():
    with pytest.raises(SiteUnreachable, match="no such host"):
        Played(reading(), Broke("no such host", was_sent=False, may_heal=False))


def test_four_attempts_are_the_limit():
    with pytest.raises(SiteUnreachable, match="refused"):
        Played(reading(), UNSENT, UNSENT, UNSENT, UNSENT)


def test_a_site_that_never_answers_in_time_is_unavailable():
    with pytest.raises(SiteUnavailable):
        Played(reading(), LATE, LATE, LATE, LATE)


def test_waits_double_and_are_bounded():
    played = Played(
        reading(), *[UNSENT] * 5, ok(), policy=RetryPolicy(attempts=6, longest_wait_seconds=2, total_seconds=60)
    )
    assert played.waits == [0.5, 1, 2, 2, 2]


def test_waits_are_spread_by_half():
    todo = steps(reading(authenticated=False), RetryPolicy(), lambda: 0.0, lambda: 0.0, Knowledge())
    next(todo)
    assert todo.send(UNSENT) == Wait(0.25)


def test_the_site_is_waited_for_as_long_as_it_says():
    assert Played(reading(), failed(429, retry_after="7"), ok()).waits == [7]


def test_the_site_may_name_a_date():
    reply = failed(503, retry_after="Mon, 23 Nov 2026 10:00:05 GMT", date="Mon, 23 Nov 2026 10:00:00 GMT")
    assert Played(reading(), reply, ok()).waits == [5]


def test_a_wait_beyond_the_total_time_is_left_to_the_caller():
    with pytest.raises(RateLimited) as limited:
        Played(reading(), failed(429, retry_after="3600"))
    assert limited.value.retry_after_seconds == 3600


def test_no_attempt_starts_after_the_total_time():
    with pytest.raises(RateLimited):
        Played(reading(), failed(429, retry_after="15"), failed(429, retry_after="15"))


def test_after_a_401_the_credentials_are_asked_once_more_with_the_refused_one():
    played = Played(writing(), failed(401), ok())
    assert played.asked == [None, "first"]
    assert played.sent == ["first", "second"]


def test_a_second_401_is_final():
    with pytest.raises(CredentialsRefused):
        Played(reading(), failed(401), failed(401))


@pytest.mark.parametrize("tokens", [("first",), ("first", "first")], ids=["none", "the same"])
def test_without_another_value_the_401_is_final(tokens):
    with pytest.raises(CredentialsRefused):
        Played(reading(), failed(401), tokens=tokens)


def test_a_401_to_nobody_is_final():
    with pytest.raises(CredentialsRefused):
        Played(reading(), failed(401), tokens=())


def test_a_refresh_costs_no_attempt():
    played = Played(reading(), failed(401), UNSENT, ok(), policy=RetryPolicy(attempts=2))
    assert played.value == "done"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_named_without_its_query(status):
    location = "https://user:pw@other.example.com:8443/login?token=abc"
    with pytest.raises(RedirectRefused) as refused:
        Played(reading(), failed(status, location=location))
    assert "https://other.example.com:8443/login" in str(refused.value)
    assert "abc" not in str(refused.value)
    assert "pw" not in str(refused.value)


@pytest.mark.parametrize(
    ("outcome", "is_down"),
    [
        (UNSENT, True),
        (LATE, True),
        (failed(502), True),
        (failed(503), True),
        (failed(500, PAGE), True),
        (failed(522, PAGE), True),
        (failed(500, KEY_ERROR), False),
        (failed(429), False),
        (failed(404, PAGE), False),
        (ok(), False),
    ],
    ids=["unreachable", "late", "502", "503", "500 page", "522 page", "500 of a method", "429", "404 page", "200"],
)
def test_only_what_shows_the_site_down_counts_against_it(outcome, is_down):
    assert site_is_down(outcome) is is_down


FORBIDDEN = failed(403, b'{"exc_type": "PermissionError"}')


def user(name):
    return Reply(200, {}, b'{"message": "%s"}' % name.encode())


@pytest.mark.parametrize("as_guest", [user("Guest"), FORBIDDEN], ids=["told", "refused"])
def test_a_site_that_takes_a_dead_token_for_its_guest_is_found_out_and_the_token_renewed(as_guest):
    played = Played(reading(), FORBIDDEN, user("pong"), as_guest, ok(), knowledge=Knowledge())
    assert played.sent == ["first", None, "first", "second"]
    assert played.asked == [None, "first"]
    assert played.value == "done"
    assert played.knowledge.refuses_bad_tokens is False


def test_who_may_not_do_something_is_not_asked_to_sign_in_again():
    with pytest.raises(PermissionDenied):
        Played(reading(), FORBIDDEN, user("ann@example.com"), knowledge=Knowledge(refuses_bad_tokens=False))


def test_a_site_that_says_when_a_token_is_dead_is_not_asked_about_guests():
    with pytest.raises(PermissionDenied):
        Played(reading(), FORBIDDEN, failed(401), knowledge=Knowledge())
    with pytest.raises(PermissionDenied):
        Played(reading(), FORBIDDEN, knowledge=Knowledge(refuses_bad_tokens=True))


def test_a_site_that_fails_when_asked_about_guests_has_said_no_more_than_forbidden():
    with pytest.raises(PermissionDenied):
        Played(reading(), FORBIDDEN, failed(502), knowledge=Knowledge())
