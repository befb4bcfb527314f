from itertools import count

import pytest

from erpnext_connector.sandbox.sessions import FailedLogins, Session, Sessions


@pytest.fixture
def sessions():
    numbers = count(1)
    return Sessions(lambda length: next(numbers).to_bytes(length, "big"))


def test_a_session_is_found_until_it_ends(sessions):
    session = sessions.start("sales@example.com")
    assert sessions.find(session.sid) == Session(session.sid, "sales@example.com", None)
    sessions.end(session.sid)
    assert sessions.find(session.sid) is None


def test_a_session_gets_one_csrf_token_that_stays(sessions):
    session = sessions.start("sales@example.com")
    protected = sessions.protect(session)
    assert protected.csrf_token
    assert sessions.protect(session) == protected == sessions.find(session.sid)


def test_a_user_can_be_signed_out_everywhere(sessions):
    mine, other = sessions.start("sales@example.com"), sessions.start("stock@example.com")
    sessions.end_all("sales@example.com")
    assert sessions.find(mine.sid) is None
    assert sessions.find(other.sid)


def test_eleven_failures_lock_for_a_minute_after_the_first():
    time = [100.0]
    failed = FailedLogins(lambda: time[0])
    for _ in range(10):
        failed.add(["sales@example.com", "127.0.0.1"])
    assert not failed.locked("127.0.0.1")
    failed.add(["127.0.0.1"])
    assert failed.locked("127.0.0.1")
    assert not failed.locked("sales@example.com")
    time[0] += 60
    assert not failed.locked("127.0.0.1")
    failed.add(["127.0.0.1"])
    assert not failed.locked("127.0.0.1")


def test_getting_in_forgets_the_failures():
    failed = FailedLogins(lambda: 0.0)
    for _ in range(11):
        failed.add(["sales@example.com"])
    failed.forget(["sales@example.com"])
    assert not failed.locked("sales@example.com")
