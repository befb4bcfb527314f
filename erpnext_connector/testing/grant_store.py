"""What every `GrantStore` has to do, as a pytest suite.

from erpnext_connector.testing.grant_store import GrantStoreContract

class TestMyStore(GrantStoreContract):
    @pytest.fixture
    def store(self) -> MyStore:
        return MyStore(...)   # empty, and good for the sites "main" and "other"
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from erpnext_connector.store.grant_store import EndedRow, GrantRow, GrantStore, Pair

NOW = 1_800_000_000.0
ANN = "ann@example.com"
BOB = "bob@example.com"


def pair(generation: str) -> Pair:
    """A pair that is good for an hour."""
    return Pair(generation, b"tokens \0\xff " + generation.encode(), NOW + 2880, NOW + 3600)


def row(user: str = ANN, site_id: str = "main", generation: str = "g1") -> GrantRow:
    """A grant as it is after a sign-in."""
    return GrantRow(
        site_id=site_id,
        user=user,
        subject=f"sub of {user}",
        sealed_profile=b"profile \0\xff",
        pair=pair(generation),
        last_refreshed_at=NOW,
        checked_at=NOW,
    )


def _at_once(number: int, act: Callable[[int], bool]) -> list[bool]:
    """What each of so many threads got."""
    start, results = threading.Barrier(number), list[bool]()

    def run(index: int) -> None:
        start.wait()
        results.append(act(index))

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


class GrantStoreContract:
    """Derive from it, and give it the fixture `store`."""

    @pytest.fixture
    def store(self) -> GrantStore:
        """An empty store."""
        raise NotImplementedError("give the suite a fixture `store`")

    @pytest.fixture
    def held(self, store: GrantStore) -> GrantStore:
        """One that holds Ann's grant on `main`, of generation g1."""
        store.put(row(), retired=None, now=NOW)
        return store

    # --- what is kept

    def test_a_grant_comes_back_as_it_was_put(self, held: GrantStore) -> None:
        assert held.get("main", ANN) == row()

    def test_there_is_nothing_for_another_user_or_site(self, held: GrantStore) -> None:
        assert (held.get("main", BOB), held.get("other", ANN)) == (None, None)

    def test_a_second_put_replaces_everything(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert held.fail("main", ANN, "g1", until=NOW + 60, failures=3, degraded_until=NOW + 9)
        held.mark("main", ANN, "yesterday")
        held.put(row(generation="g2"), retired=None, now=NOW + 1)
        assert held.get("main", ANN) == row(generation="g2")

    def test_users_are_listed_by_name_and_site(self, held: GrantStore) -> None:
        held.put(row("zoe@example.com"), retired=None, now=NOW)
        held.put(row(BOB), retired=None, now=NOW)
        held.put(row(BOB, "other"), retired=None, now=NOW)
        assert held.users("main") == (ANN, BOB, "zoe@example.com")
        assert held.users("other") == (BOB,)

    # --- the right to refresh

    def test_of_all_who_claim_one_gets_it(self, held: GrantStore) -> None:
        results = _at_once(8, lambda index: held.claim("main", ANN, "g1", now=NOW, until=NOW + 60 + index))
        assert sorted(results) == [False] * 7 + [True]

    def test_a_claim_runs_out(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert not held.claim("main", ANN, "g1", now=NOW + 59, until=NOW + 119)
        assert held.claim("main", ANN, "g1", now=NOW + 60, until=NOW + 120)

    def test_what_was_replaced_or_is_not_there_cannot_be_claimed(self, held: GrantStore) -> None:
        assert not held.claim("main", ANN, "g0", now=NOW, until=NOW + 60)
        assert not held.claim("main", BOB, "g1", now=NOW, until=NOW + 60)

    def test_a_claim_that_was_given_back_is_free(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert held.release("main", ANN, "g1", until=NOW + 60)
        assert held.get("main", ANN) == row()

    def test_a_claim_that_another_has_now_is_not_given_back(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert held.claim("main", ANN, "g1", now=NOW + 60, until=NOW + 120)
        assert not held.release("main", ANN, "g1", until=NOW + 60)
        assert not held.fail("main", ANN, "g1", until=NOW + 60, failures=1, degraded_until=NOW + 61)
        stored = held.get("main", ANN)
        assert stored
        assert (stored.refreshing_until, stored.failures) == (NOW + 120, 0)

    def test_a_failure_is_noted_and_gives_the_claim_back(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert held.fail("main", ANN, "g1", until=NOW + 60, failures=2, degraded_until=NOW + 4)
        assert held.get("main", ANN) == replace(row(), failures=2, degraded_until=NOW + 4)

    # --- the next pair

    def test_a_pair_is_replaced_and_all_is_well(self, held: GrantStore) -> None:
        assert held.claim("main", ANN, "g1", now=NOW, until=NOW + 60)
        assert held.fail("main", ANN, "g1", until=NOW + 60, failures=2, degraded_until=NOW + 4)
        assert held.claim("main", ANN, "g1", now=NOW + 5, until=NOW + 65)
        assert held.replace("main", ANN, "g1", pair("g2"), retired=b"old \0\xff", now=NOW + 6)
        assert held.get("main", ANN) == replace(row(generation="g2"), last_refreshed_at=NOW + 6)
        assert [found.sealed_token for found in held.retired(before=NOW + 6, limit=9)] == [b"old \0\xff"]

    def test_of_all_who_replace_one_pair_one_succeeds(self, held: GrantStore) -> None:
        results = _at_once(
            8, lambda index: held.replace("main", ANN, "g1", pair(f"g2 of {index}"), retired=b"old", now=NOW)
        )
        assert sorted(results) == [False] * 7 + [True]
        assert len(held.retired(before=NOW, limit=9)) == 1

    def test_a_grant_that_is_gone_is_not_brought_back(self, held: GrantStore) -> None:
        assert held.purge("main", ANN, "g1", reason="revoked", now=NOW)
        assert not held.replace("main", ANN, "g1", pair("g2"), retired=b"old", now=NOW)
        assert held.get("main", ANN) is None
        assert held.retired(before=NOW, limit=9) == ()

    # --- how it ends

    def test_only_the_pair_that_was_meant_is_purged(self, held: GrantStore) -> None:
        assert not held.purge("main", ANN, "g0", reason="revoked", now=NOW)
        assert held.get("main", ANN) == row()
        assert held.ended("main", ANN) is None
        assert held.purge("main", ANN, "g1", reason="revoked", now=NOW)
        assert held.get("main", ANN) is None
        assert held.users("main") == ()

    def test_whatever_is_there_can_be_purged(self, held: GrantStore) -> None:
        assert held.purge("main", ANN, None, reason="signed_out", now=NOW)
        assert not held.purge("main", ANN, None, reason="signed_out", now=NOW)
        assert held.get("main", ANN) is None

    def test_the_reason_is_remembered_until_the_next_sign_in(self, held: GrantStore) -> None:
        held.purge("main", ANN, "g1", reason="revoked", now=NOW + 5)
        assert held.ended("main", ANN) == EndedRow("revoked", NOW + 5)
        assert held.ended("other", ANN) is None
        held.put(row(generation="g2"), retired=None, now=NOW + 6)
        assert held.ended("main", ANN) is None

    def test_erasing_leaves_nothing_of_this_user_and_all_of_the_others(self, held: GrantStore) -> None:
        held.put(row(BOB), retired=b"bob's", now=NOW)
        held.replace("main", ANN, "g1", pair("g2"), retired=b"old", now=NOW)
        assert held.erase("main", ANN) == 2
        assert held.erase("main", ANN) == 0
        assert held.get("main", ANN) is None
        assert held.ended("main", ANN) is None
        assert [found.user for found in held.retired(before=NOW, limit=9)] == [BOB]
        assert held.get("main", BOB) == row(BOB)

    # --- what the sentinel asks

    def test_the_longest_unchecked_are_due_first(self, store: GrantStore) -> None:
        for user, age in ((ANN, 10.0), (BOB, 30.0), ("zoe@example.com", 20.0)):
            store.put(replace(row(user), checked_at=NOW - age), retired=None, now=NOW)
        assert [found.user for found in store.due(before=NOW - 20, limit=9)] == [BOB, "zoe@example.com"]
        assert [found.user for found in store.due(before=NOW, limit=1)] == [BOB]

    def test_of_all_who_check_one_succeeds(self, held: GrantStore) -> None:
        results = _at_once(8, lambda _: held.check("main", ANN, seen=NOW, now=NOW + 300))
        assert sorted(results) == [False] * 7 + [True]
        assert held.due(before=NOW + 299, limit=9) == ()

    def test_the_longest_idle_come_first(self, store: GrantStore) -> None:
        for user, age in ((ANN, 10.0), (BOB, 30.0)):
            store.put(replace(row(user), last_refreshed_at=NOW - age), retired=None, now=NOW)
        assert [found.user for found in store.idle(before=NOW, limit=9)] == [BOB, ANN]
        assert store.idle(before=NOW - 31, limit=9) == ()

    def test_the_mark_of_the_password_is_kept(self, held: GrantStore) -> None:
        moment = "2026-01-01 10:00:00"
        held.mark("main", ANN, moment)
        held.replace("main", ANN, "g1", pair("g2"), retired=None, now=NOW)
        assert held.get("main", ANN) == replace(row(generation="g2"), password_mark=moment)

    def test_retired_tokens_are_told_oldest_first_until_they_are_dropped(self, held: GrantStore) -> None:
        held.replace("main", ANN, "g1", pair("g2"), retired=b"first", now=NOW + 1)
        held.replace("main", ANN, "g2", pair("g3"), retired=b"second", now=NOW + 2)
        held.put(row(generation="g4"), retired=b"third", now=NOW + 3)
        first, second = held.retired(before=NOW + 2, limit=9)
        assert (first.sealed_token, second.sealed_token) == (b"first", b"second")
        assert (first.site_id, first.user, first.retired_at) == ("main", ANN, NOW + 1)
        assert held.retired(before=NOW + 3, limit=1) == (first,)
        held.drop_retired(first.id)
        assert [found.sealed_token for found in held.retired(before=NOW + 3, limit=9)] == [b"second", b"third"]

    def test_a_token_can_be_retired_alone_and_without_a_grant(self, held: GrantStore) -> None:
        held.retire("main", ANN, b"hers", now=NOW + 1)
        held.retire("main", BOB, b"his", now=NOW + 2)
        found = held.retired(before=NOW + 2, limit=9)
        assert [(one.user, one.sealed_token) for one in found] == [(ANN, b"hers"), (BOB, b"his")]
