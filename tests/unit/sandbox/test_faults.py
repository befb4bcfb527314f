import pytest

from erpnext_connector.sandbox.faults import Fault, Faults, parse_fault, read_fault


def test_nothing_goes_wrong_unless_somebody_asks_for_it():
    assert Faults().take(["slow", "error"], method="GET", path="/api/resource/Item") is None


def test_a_fault_meets_only_the_requests_that_it_fits():
    faults = Faults([Fault("error", path="/api/resource", method="post")])
    assert faults.take(["error"], method="GET", path="/api/resource/Item") is None
    assert faults.take(["error"], method="POST", path="/api/method/ping") is None
    assert faults.take(["slow"], method="POST", path="/api/resource/Item") is None
    assert faults.take(["error"], method="POST", path="/api/resource/Item")


def test_a_fault_that_is_used_up_is_gone():
    faults = Faults([Fault("drop", times=2)])
    assert faults.take(["drop"])
    assert faults.active() == [Fault("drop", times=1)]
    assert faults.take(["drop"])
    assert faults.take(["drop"]) is None


def test_a_fault_without_times_stays_until_it_is_cleared():
    faults = Faults([Fault("error")])
    assert [faults.take(["error"]) for _ in range(3)] == [Fault("error")] * 3
    faults.clear()
    assert faults.take(["error"]) is None


def test_the_last_shortened_token_life_counts():
    faults = Faults()
    assert faults.token_seconds(3600) == 3600
    faults.add(Fault("token_seconds", seconds=5))
    faults.add(Fault("token_seconds", seconds=2))
    assert faults.token_seconds(3600) == 2


def test_a_fault_reads_from_the_command_line():
    assert parse_fault("slow:seconds=2.5,path=/api/resource,times=1") == Fault(
        "slow", path="/api/resource", seconds=2.5, times=1
    )
    assert parse_fault("lose_webhooks") == Fault("lose_webhooks")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"kind": "fire"}, "there is no fault 'fire'"),
        ({"kind": "slow", "secs": 1}, "a fault has no secs"),
        ({"kind": "slow", "seconds": "long"}, "could not convert"),
        ({"kind": "slow", "seconds": -1}, "negative"),
        ({"kind": "slow", "times": 0}, "at least 1"),
    ],
)
def test_a_wrong_fault_says_what_is_wrong_with_it(given, said):
    with pytest.raises(ValueError, match=said):
        read_fault(given)
