"""How a grant is, what is to be done about it, and who hears that it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from erpnext_connector.errors import GrantLost, RateLimited, SiteUnavailable
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.grant_state import GrantEnd, GrantState
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Sessions
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.vault import Vault
from tests.clocks import ManualClock
from tests.integration.store.issuer import ANN, Issuer

USER = ANN.user
BOB = replace(ANN, user="bob@example.com", sub=None)


@pytest.fixture
def issuer(clock: ManualClock) -> Issuer:
    return Issuer(clock)


@pytest.fixture
def lost() -> list[GrantEnd]:
    return []


@pytest.fixture
def vault(
    database: Database, keyring: KeyRing, sites: Sites, clock: ManualClock, issuer: Issuer, lost: list[GrantEnd]
) -> Vault:
    """A vault that holds Ann's grant on the site `main`."""
    vault = Vault(database, keyring, clock, issuer, on_lost=lost.append)
    vault.keep("main", ANN, issuer.first())
    return vault


# --- states


def test_a_grant_is_healthy_until_the_site_says_otherwise(vault: Vault, clock: ManualClock) -> None:
    assert vault.state("main", USER) == GrantState("healthy")
    clock.advance(90 * 24 * 3600)
    assert vault.state("main", USER) == GrantState("healthy")


def test_who_never_signed_in_has_none(vault: Vault) -> None:
    assert vault.state("main", BOB.user) == GrantState("none")


@pytest.mark.parametrize("failure", [SiteUnavailable(), RateLimited(retry_after_seconds=40.0)])
def test_a_site_that_cannot_renew_it_degrades_it_and_says_when_it_is_tried_again(
    vault: Vault, issuer: Issuer, clock: ManualClock, failure: SiteUnavailable | RateLimited
) -> None:
    issuer.failure = failure
    clock.advance(3600)
    with pytest.raises(type(failure)):
        vault.fresh("main", USER)
    wait = failure.retry_after_seconds or 1.0
    assert vault.state("main", USER) == GrantState("degraded", clock.now() + wait)
    issuer.failure = None
    with pytest.raises(SiteUnavailable):
        vault.fresh("main", USER)
    clock.advance(wait)
    assert vault.fresh("main", USER) == Secret("access-2")
    assert vault.state("main", USER) == GrantState("healthy")


def test_the_waits_between_attempts_grow_to_five_minutes(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    issuer.failure = SiteUnavailable()
    clock.advance(3600)
    waits = []
    for _ in range(12):
        with pytest.raises(SiteUnavailable):
            vault.fresh("main", USER)
        retry_at = vault.state("main", USER).retry_at
        assert retry_at
        waits.append(retry_at - clock.now())
        clock.advance(waits[-1])
    assert waits == [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_a_grant_that_the_site_ended_is_revoked_until_the_next_sign_in(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.failure = GrantLost()
    clock.advance(3600)
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert vault.state("main", USER) == GrantState("revoked")
    vault.keep("main", ANN, issuer.first("again-"))
    assert vault.state("main", USER) == GrantState("healthy")


def test_a_grant_that_cannot_be_refreshed_expires(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    issuer.sends_refresh_token = False
    vault.keep("main", ANN, issuer.first())
    clock.advance(3600)
    assert vault.state("main", USER) == GrantState("expired")
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert vault.state("main", USER) == GrantState("expired")


@pytest.mark.parametrize(("reason", "kind"), [("signed_out", "none"), ("disabled", "revoked"), ("revoked", "revoked")])
def test_the_reason_of_forgetting_says_what_the_grant_is_now(vault: Vault, reason: str, kind: str) -> None:
    vault.forget("main", USER, reason=reason)
    assert vault.state("main", USER).kind == kind


# --- who hears of an end


def test_an_end_is_told_once_with_its_reason(
    vault: Vault, issuer: Issuer, clock: ManualClock, lost: list[GrantEnd]
) -> None:
    issuer.failure = GrantLost()
    clock.advance(3600)
    for _ in range(2):
        with pytest.raises(GrantLost):
            vault.fresh("main", USER)
    assert lost == [GrantEnd("main", USER, "sub-of-ann", "revoked", clock.now())]


def test_forgetting_and_erasing_are_told_too(vault: Vault, issuer: Issuer, lost: list[GrantEnd]) -> None:
    vault.forget("main", USER, reason="disabled")
    vault.forget("main", USER, reason="disabled")
    vault.keep("main", BOB, issuer.first())
    vault.erase("main", BOB.user, "asked for it")
    assert [(end.user, end.identity, end.reason) for end in lost] == [
        (USER, "sub-of-ann", "disabled"),
        (BOB.user, BOB.user, "erased"),
    ]


# --- what is to be revoked at the site


def test_a_replaced_token_is_to_be_revoked_once_nobody_can_be_using_it(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    clock.advance(3000)
    vault.fresh("main", USER)
    assert vault.retired() == ()
    clock.advance(60)
    (retired,) = vault.retired()
    assert (retired.site_id, retired.user, retired.access) == ("main", USER, Secret("access-0"))
    vault.revoked(retired)
    assert vault.retired() == ()


def test_a_token_whose_refresh_token_is_still_in_use_is_left_alone(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.sends_refresh_token = False
    clock.advance(3000)
    vault.fresh("main", USER)
    assert vault.retired(older_than_seconds=0) == ()


def test_what_was_forgotten_without_the_sites_knowledge_is_owed_to_it(vault: Vault, lost: list[GrantEnd]) -> None:
    vault.forget("main", USER, reason="revoked_here", owes=True)
    (owed,) = vault.retired(older_than_seconds=0)
    assert owed.access == Secret("access-0")
    assert vault.held("main", USER) is None
    assert [end.reason for end in lost] == ["revoked_here"]


def test_forgetting_what_is_not_there_owes_nothing_and_ends_the_sessions(
    vault: Vault, database: Database, clock: ManualClock
) -> None:
    sessions = Sessions(database, clock)
    session = sessions.start("main", BOB.user)
    vault.forget("main", BOB.user, owes=True)
    assert vault.retired(older_than_seconds=0) == ()
    assert sessions.find(session.id) is None


def test_a_pair_that_arrived_after_the_grant_was_forgotten_is_to_be_revoked(
    vault: Vault, issuer: Issuer, clock: ManualClock
) -> None:
    issuer.before_answer = lambda: vault.forget("main", USER)
    clock.advance(3600)
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert [one.access for one in vault.retired(older_than_seconds=0)] == [Secret("access-1")]


def test_of_an_erased_user_nothing_is_kept_even_to_revoke_it(vault: Vault, issuer: Issuer, clock: ManualClock) -> None:
    issuer.before_answer = lambda: vault.erase("main", USER, "asked for it")
    clock.advance(3600)
    with pytest.raises(GrantLost):
        vault.fresh("main", USER)
    assert vault.retired(older_than_seconds=0) == ()


# --- what is to be looked after


def test_a_grant_is_due_once_in_a_period_for_all_replicas_together(
    vault: Vault, database: Database, keyring: KeyRing, clock: ManualClock, issuer: Issuer
) -> None:
    replica = Vault(database, keyring, clock, issuer)
    assert vault.due(period_seconds=300) == ()
    clock.advance(300)
    assert [due.user for due in vault.due(period_seconds=300)] == [USER]
    assert replica.due(period_seconds=300) == ()
    clock.advance(300)
    assert [due.identity for due in replica.due(period_seconds=300)] == ["sub-of-ann"]


def test_a_grant_can_be_looked_at_out_of_turn(vault: Vault) -> None:
    due = vault.held("main", USER)
    assert due
    assert (due.site_id, due.user, due.password_mark) == ("main", USER, None)
    vault.mark_password("main", USER, "2026-01-01")
    marked = vault.held("main", USER)
    assert marked
    assert marked.password_mark == "2026-01-01"


def test_a_grant_that_nobody_used_is_idle_until_it_is_refreshed(vault: Vault, clock: ManualClock) -> None:
    clock.advance(20 * 24 * 3600)
    assert [due.user for due in vault.idle(seconds=20 * 24 * 3600)] == [USER]
    vault.fresh("main", USER)
    assert vault.idle(seconds=20 * 24 * 3600) == ()
