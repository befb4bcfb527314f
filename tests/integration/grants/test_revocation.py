"""Ending a grant for real, on every line of Frappe."""

from __future__ import annotations

import pytest

from erpnext_connector import GrantLost
from erpnext_connector.grants import revocation
from erpnext_connector.sandbox.upsets import Target, bring_about
from erpnext_connector.store.grant_state import GrantEnd
from erpnext_connector.wire.methods import get_value
from tests.integration.grants.people import LINES, USER, opens, signed_in, status
from tests.integration.world import World


@pytest.fixture
def told(world: World) -> list[GrantEnd]:
    """What the app is told."""
    ends: list[GrantEnd] = []
    world.connector.on_grant_revoked(ends.append)
    return ends


@pytest.mark.parametrize("frappe", LINES)
def test_all_pairs_of_a_user_end_and_all_browsers_are_signed_out(world: World, told: list[GrantEnd]) -> None:
    phone, older = signed_in(world)
    laptop, newer = signed_in(world)
    revoked = world.connector.revoke("main", USER)
    assert revoked.at_site == "ended"
    assert not opens(world, older)
    assert not opens(world, newer)
    assert (status(world, phone), status(world, laptop)) == (401, 401)
    assert [(end.user, end.reason) for end in told] == [(USER, "revoked_here")]


def test_a_revocation_leaves_a_receipt_without_a_name_and_is_remembered(world: World) -> None:
    signed_in(world)
    world.connector.revoke("main", USER)
    running = world.connector.running
    (receipt,) = running.receipts.all()
    assert (receipt.kind, receipt.site_id, receipt.details) == ("grant_revoked", "main", {"reason": "revoked_here"})
    assert receipt.subject_hash == running.user_keys.pseudonym("main", USER)
    remembered = running.revocations.of("main", USER)
    assert remembered
    assert remembered.reason == "revoked_here"


def test_others_keep_their_access(world: World) -> None:
    signed_in(world)
    other = world.browser()
    world.sign_in(other, user="stock@example.com")
    world.connector.revoke("main", USER)
    assert status(world, other) == 200
    assert world.connector.client("main", "stock@example.com").count("Item") > 0


@pytest.mark.parametrize("frappe", [15, 2026])
def test_what_ended_at_erpnext_before_is_said_to_have(world: World) -> None:
    signed_in(world)
    bring_about(world.sandbox.site, "revoke_app", Target(user=USER, client="Test app"))
    world.connector.running.vault._warm.drop("main", USER)
    assert world.connector.revoke("main", USER).at_site in {"was_ended", "ended"}
    assert world.connector.running.vault.users("main") == ()


def test_a_grant_nobody_has_is_no_error(world: World) -> None:
    assert world.connector.revoke("main", "nobody@example.com").at_site == "was_ended"


@pytest.mark.parametrize("frappe", LINES)
def test_while_erpnext_is_down_the_grant_ends_here_and_there_when_it_is_back(world: World) -> None:
    browser, access = signed_in(world)
    world.sandbox.fault("error")
    assert world.connector.revoke("main", USER).at_site == "owed"
    assert status(world, browser) == 401
    with pytest.raises(GrantLost):
        world.connector.client("main", USER).count("Item")
    world.clock.offset_seconds += 120
    world.connector.running.sentinel.look()
    world.sandbox.site.faults.clear()
    assert opens(world, access)
    world.clock.offset_seconds += 120
    world.connector.running.sentinel.look()
    assert not opens(world, access)
    assert world.connector.running.vault.retired() == ()


def test_a_token_replaced_by_a_refresh_is_revoked_soon_after(world: World) -> None:
    _, access = signed_in(world)
    vault = world.connector.running.vault
    assert vault.fresh("main", USER, refused=access) != access
    assert opens(world, access)
    world.clock.offset_seconds += 61
    world.connector.running.sentinel.look()
    assert not opens(world, access)
    assert opens(world, vault.fresh("main", USER))


def test_a_hook_that_raises_does_not_keep_the_others_from_hearing(world: World, told: list[GrantEnd]) -> None:
    def broken(end: GrantEnd) -> None:
        raise ValueError(end.user)

    world.connector._revoked_hooks.insert(0, broken)
    signed_in(world)
    world.connector.revoke("main", USER)
    assert len(told) == 1


def test_the_app_hears_nothing_of_people_who_sign_out(world: World, told: list[GrantEnd]) -> None:
    signed_in(world)
    world.connector.running.vault.forget("main", USER)
    assert told == []
    assert world.connector.running.receipts.all() == ()


def test_where_an_app_may_not_disconnect_itself_its_pair_is_revoked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a site whose administrator took the method away."""
    _, access = signed_in(world)
    monkeypatch.setattr(revocation, "disconnect", lambda _client: get_value("No Such DocType", "x", ["name"]))
    assert world.connector.revoke("main", USER).at_site == "ended"
    assert not opens(world, access)
