from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import select

from erpnext_connector.errors import GrantLost, KeyUnusable, OutcomeUnknown, SiteFault, SiteUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.tables import grants
from erpnext_connector.store.vault import Vault
from tests.clocks import ManualClock
from tests.integration.store.issuer import ANN, Issuer

USER = ANN.user
BOB = replace(ANN, user="bob@example.com", sub="sub-of-bob")


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def vault(database: Database, keyring: KeyRing, sites: Sites, clock: ManualClock, issuer: Issuer) -> Vault:
    """A vault that holds Ann's grant on the site `main`."""
    vault = Vault(database, keyring, clock, issuer)
    vault.keep("main", ANN, issuer.first())
    return vault


@pytest.fixture
def other_process(database: Database, keyring: KeyRing, clock: ManualClock, issuer: Issuer) -> Vault:
    """A vault on the same database that shares no lock with the first."""
    return Vault(database, keyring, clock, issuer)


def _at_once(number: int, act: Callable[[], object]) -> list[object]:
    """What each of so many threads got, or the error it met."""
    start, results = threading.Barrier(number), []

    def run() -> None:
        start.wait()
        try:
            results.append(act())
        except Exception as error:  # noqa: BLE001 - an outcome like any other
            results.append(error)

    threads = [threading.Thread(target=run) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# --- what is kept


def test_the_access_token_of_a_kept_grant_is_given(vault: Vault, issuer: Issuer) -> None:
    assert vault.fresh("main", USER) == Secret("access-0")
    assert issuer.asked == []


@pytest.mark.parametrize(("site_id", "user"), [("main", "bob@example.com"), ("other", USER), ("nowhere", USER)])
def test_without_a_grant_one_has_to_sign_in(vault: Vault, site_id: str, user: str) -> None:
    with pytest.raises(GrantLost):
        vault.fresh(site_id, user)


def test_the_profile_comes_back_as_it_was_kept(vault: Vault) -> None:
    assert vault.profile("main", USER) == ANN
    assert vault.profile("other", USER) is None


def test_the_stored_pair_can_be_read_to_revoke_it(vault: Vault) -> None:
    tokens = vault.tokens("main", USER)
    assert tokens
    assert (tokens.access, tokens.refresh) == (Secret("access-0"), Secret("refresh-0"))
    assert vault.tokens("other", USER) is None


def test_users_are_listed_per_site(vault: Vault, issuer: Issuer) -> None:
    vault.keep("main", BOB, issuer.first())
    vault.keep("other", BOB, issuer.first())
    assert vault.users("main") == (USER, BOB.user)
    assert vault.users("other") == (BOB.user,)


def test_signing_in_again_replaces_the_pair(vault: Vault, issuer: Issuer) -> None:
    vault.keep("main", ANN, issuer.first("again-"))
    assert vault.fresh("main", USER) == Secret("access-again-0")


def test_signing_in_again_keeps_the_other_sessions(
    vault: Vault, issuer: Issuer, database: Database, clock: ManualClock
) -> None:
    sessions = Sessions(database, clock)
    session = sessions.start("main", USER)
    vault.keep("main", ANN, issuer.first())
    assert sessions.find(session.id)


def test_a_user_name_that_went_to_another_person_ends_the_first_ones_sessions(
    vault: Vault, issuer: Issuer, database: Database, clock: ManualClock
) -> None:
    sessions = Sessions(database, clock)
    session = sessions.start("main", USER)
    vault.keep("main", replace(ANN, sub="somebody-else"), issuer.first())
    assert sessions.find(session.id) is None


def test_forgetting_deletes_the_grant_and_ends_the_sessions(
    vault: Vault, database: Database, clock: ManualClock
) -> None:
    sessions = Sessions(database, clock)
    session, other = sessions.start("main", USER), sessions.start("main", BOB.user)
    vault.forget("main", USER)
    assert vault.profile("main", USER) is None
    assert sessions.find(session.id) is None
    assert sessions.find(other.id)


def test_a_row_copied_to_another_user_does_not_open(vault: Vault, issuer: Issuer, database: Database) -> None:
    vault.keep("main", BOB, issuer.first("bobs-"))
    with database.begin() as connection:
        bobs = connection.execute(select(grants.c.sealed_tokens).where(grants.c.user_id == BOB.user)).scalar_one()
        connection.execute(grants.update().where(grants.c.user_id == USER).values(sealed_tokens=bobs))
    with pytest.raises(KeyUnusable):
        vault.fresh("main", USER)


# --- when it is refreshed


def test_it_is_refreshed_at_four_fifths_of_its_life(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(2879)
    assert vault.fresh("main", USER) == Secret("access-0")
    clock.advance(1)
    assert vault.fresh("main", USER) == Secret("access-1")
    assert issuer.asked == [("main", "refresh-0")]


def test_it_is_refreshed_after_it_expired(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(10_000)
    assert vault.fresh("main", USER) == Secret("access-1")
    assert vault.fresh("main", USER) == Secret("access-1")
    assert len(issuer.asked) == 1


def test_a_refused_token_is_refreshed_at_once(vault: Vault, issuer: Issuer) -> None:
    assert vault.fresh("main", USER, refused=Secret("access-0")) == Secret("access-1")


def test_a_refused_token_that_was_replaced_meanwhile_is_not_refreshed_again(vault: Vault, issuer: Issuer) -> None:
    vault.fresh("main", USER, refused=Secret("access-0"))
    assert vault.fresh("main", USER, refused=Secret("access-0")) == Secret("access-1")
    assert len(issuer.asked) == 1


def test_each_refresh_uses_the_newest_refresh_token(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    for _ in range(3):
        clock.advance(3600)
        vault.fresh("main", USER)
    assert [token for _, token in issuer.asked] == ["refresh-0", "refresh-1", "refresh-2"]


def test_a_site_that_sends_no_new_refresh_token_keeps_the_old_one(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.sends_refresh_token = False
    for _ in range(2):
        clock.advance(3600)
        vault.fresh("main", USER)
    assert [token for _, token in issuer.asked] == ["refresh-0", "refresh-0"]


def test_a_grant_without_refresh_token_ends_with_its_access_token(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.sends_refresh_token = False
    vault.keep("main", ANN, issuer.first())
    clock.advance(3599)
    assert vault.fresh("main", USER) == Secret("access-0")
    clock.advance(1)
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert issuer.asked == []


def test_the_new_pair_is_durable_before_anyone_gets_it(
    vault: Vault, other_process: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    clock.advance(3600)
    token = vault.fresh("main", USER)
    assert other_process.fresh("main", USER) == token
    assert len(issuer.asked) == 1


# --- once


def test_thirty_threads_with_a_dead_token_cause_one_refresh(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(3600)
    assert _at_once(30, lambda: vault.fresh("main", USER)) == [Secret("access-1")] * 30
    assert len(issuer.asked) == 1


def test_threads_that_met_a_401_together_cause_one_refresh(vault: Vault, issuer: Issuer) -> None:
    results = _at_once(10, lambda: vault.fresh("main", USER, refused=Secret("access-0")))
    assert results == [Secret("access-1")] * 10
    assert len(issuer.asked) == 1


def test_two_processes_cause_one_refresh(
    vault: Vault, other_process: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    clock.advance(3600)
    vaults = [vault, other_process] * 5
    assert _at_once(10, lambda: vaults.pop().fresh("main", USER)) == [Secret("access-1")] * 10
    assert len(issuer.asked) == 1


@pytest.mark.parametrize("same_process", [True, False])
def test_while_one_refreshes_the_others_go_on_with_the_old_token(
    vault: Vault, other_process: Vault, issuer: Issuer, clock: ManualClock, same_process: bool
) -> None:
    clock.advance(2900)
    bystander = vault if same_process else other_process
    seen: list[Secret] = []

    def look() -> None:
        thread = threading.Thread(target=lambda: seen.append(bystander.fresh("main", USER)))
        thread.start()
        thread.join(10)

    issuer.before_answer = look
    assert vault.fresh("main", USER) == Secret("access-1")
    assert seen == [Secret("access-0")]
    assert len(issuer.asked) == 1


def test_one_users_refresh_does_not_hold_up_another(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    vault.keep("main", BOB, issuer.first("bobs-"))
    clock.advance(3600)
    both = threading.Barrier(2)
    issuer.before_answer = lambda: both.wait(10) and None
    users = [USER, BOB.user]
    assert {type(result) for result in _at_once(2, lambda: vault.fresh("main", users.pop()))} == {Secret}


def test_after_a_refresher_was_killed_exactly_one_more_happens_when_its_lease_ran_out(
    vault: Vault, other_process: Vault, issuer: Issuer, clock: ManualClock, database: Database
) -> None:
    clock.advance(3600)
    began = clock.now()
    with database.begin() as connection:  # as a refresher leaves it that dies before the answer comes
        connection.execute(grants.update().values(refreshing_until=began + 60))
    assert other_process.fresh("main", USER) == Secret("access-1")
    assert clock.now() - began >= 60
    assert len(issuer.asked) == 1


def test_signing_in_during_a_refresh_wins(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(3600)
    issuer.before_answer = lambda: vault.keep("main", ANN, issuer.first("again-"))
    assert vault.fresh("main", USER) == Secret("access-again-0")
    assert vault.fresh("main", USER) == Secret("access-again-0")


def test_a_grant_forgotten_during_a_refresh_stays_forgotten(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(3600)
    issuer.before_answer = lambda: vault.forget("main", USER)
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert vault.users("main") == ()


# --- when it fails


@pytest.mark.parametrize("failure", [SiteUnavailable(), SiteFault(), OutcomeUnknown()], ids=lambda error: error.code)
def test_a_site_that_cannot_answer_costs_nothing_while_the_old_token_lives(
    vault: Vault, issuer: Issuer, clock: ManualClock, failure: Exception
) -> None:
    clock.advance(2900)
    issuer.failure = failure
    assert vault.fresh("main", USER) == Secret("access-0")
    assert vault.fresh("main", USER) == Secret("access-0")
    assert len(issuer.asked) == 1, "nobody asks again for a while"
    clock.advance(30)
    issuer.failure = None
    assert vault.fresh("main", USER) == Secret("access-2")


def test_a_site_that_cannot_answer_keeps_a_grant_whose_token_is_dead(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    clock.advance(3600)
    issuer.failure = SiteUnavailable()
    with pytest.raises(SiteUnavailable):
        vault.fresh("main", USER)
    issuer.failure = None
    clock.advance(1)
    assert vault.fresh("main", USER) == Secret("access-2")


def test_a_site_that_is_down_is_asked_once_for_all_who_wait(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(3600)
    issuer.failure = SiteUnavailable()
    issuer.before_answer = lambda: time.sleep(1)  # so that all the others are waiting
    assert {type(result) for result in _at_once(10, lambda: vault.fresh("main", USER))} == {SiteUnavailable}
    assert len(issuer.asked) == 1
    issuer.failure = None
    clock.advance(1)
    assert vault.fresh("main", USER) == Secret("access-2")


def test_a_refused_token_is_not_given_again_when_the_site_cannot_answer(vault: Vault, issuer: Issuer) -> None:
    issuer.failure = SiteUnavailable()
    with pytest.raises(SiteUnavailable):
        vault.fresh("main", USER, refused=Secret("access-0"))


def test_a_lost_grant_is_purged_with_the_users_sessions(
    vault: Vault, issuer: Issuer, clock: ManualClock, database: Database
) -> None:
    sessions = Sessions(database, clock)
    session, other = sessions.start("main", USER), sessions.start("other", USER)
    issuer.failure = GrantLost()
    clock.advance(3600)
    for _ in range(2):
        with pytest.raises(GrantLost):
            vault.fresh("main", USER)
    assert len(issuer.asked) == 1
    assert vault.profile("main", USER) is None
    assert sessions.find(session.id) is None
    assert sessions.find(other.id)


def test_threads_that_waited_for_a_lost_grant_hear_of_it(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    issuer.failure = GrantLost()
    clock.advance(3600)
    assert {type(result) for result in _at_once(5, lambda: vault.fresh("main", USER))} == {GrantLost}
    assert len(issuer.asked) == 1


def test_losing_a_grant_that_was_renewed_meanwhile_purges_nothing(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    clock.advance(3600)
    issuer.failure = GrantLost()
    issuer.before_answer = lambda: vault.keep("main", ANN, issuer.first("again-"))
    assert vault.fresh("main", USER) == Secret("access-again-0")
    assert vault.users("main") == (USER,)


def test_an_unforeseen_error_lets_the_next_one_try(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    clock.advance(3600)
    before = clock.now()
    issuer.failure = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        vault.fresh("main", USER)
    issuer.failure = None
    assert vault.fresh("main", USER) == Secret("access-2")
    assert clock.now() == before, "nobody had to wait for a lease"
