"""What ERPNext does to a grant without a word is noticed."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from sqlalchemy import select

from erpnext_connector import Secret
from erpnext_connector.sandbox.upsets import Target, bring_about
from erpnext_connector.store.grant_state import GrantEnd, GrantState
from erpnext_connector.store.tables import inbox_events
from erpnext_connector.wire.grant_webhook import grant_webhook_document
from tests.integration.grants.people import LINES, USER, opens, signed_in, status
from tests.integration.world import WEBHOOK_SECRET, World

APP = "Test app"
PERIOD = 300


@pytest.fixture
def told(world: World) -> list[GrantEnd]:
    """What the app is told."""
    ends: list[GrantEnd] = []
    world.connector.on_grant_revoked(ends.append)
    return ends


def befall(world: World, kind: str) -> None:
    bring_about(world.sandbox.site, kind, Target(user=USER, client=APP))


def look_later(world: World, seconds: float = PERIOD + 1) -> int:
    """Let the sentinel look around so much later; how many grants it looked at."""
    world.clock.offset_seconds += seconds
    return world.connector.running.sentinel.look()


def until(done: Callable[[], bool], seconds: float = 10.0) -> bool:
    give_up = time.monotonic() + seconds
    while not done() and time.monotonic() < give_up:
        time.sleep(0.02)
    return done()


@pytest.mark.parametrize("frappe", LINES)
@pytest.mark.parametrize(
    ("kind", "reasons"),
    [
        ("revoke_app", {"revoked"}),
        ("purge_tokens", {"revoked"}),
        ("drop_client", {"revoked", "client_deleted"}),
        ("disable_user", {"disabled", "revoked"}),
        ("reset_password", {"password_reset"}),
    ],
)
def test_an_end_at_erpnext_ends_the_grant_here_within_a_period(
    world: World, told: list[GrantEnd], kind: str, reasons: set[str]
) -> None:
    browser, access = signed_in(world)
    assert look_later(world) == 1
    assert status(world, browser) == 200
    befall(world, kind)
    assert look_later(world) == 1
    assert status(world, browser) == 401
    assert [(end.user, end.reason in reasons) for end in told] == [(USER, True)], told
    assert world.connector.running.vault.state("main", USER) == GrantState("revoked")
    assert [receipt.kind for receipt in world.connector.running.receipts.all()] == ["grant_revoked"]
    assert not opens(world, access)


@pytest.mark.parametrize("frappe", LINES)
def test_a_grant_that_is_well_goes_on(world: World, told: list[GrantEnd]) -> None:
    browser, _ = signed_in(world)
    for _ in range(3):
        assert look_later(world) == 1
    befall(world, "set_password")
    befall(world, "expire_tokens")
    assert look_later(world, 3600) == 1
    assert status(world, browser) == 200
    assert told == []


def test_there_is_one_call_for_a_user_in_a_period(world: World) -> None:
    signed_in(world)
    before = len(world.sandbox.asked)
    assert world.connector.running.sentinel.look() == 0
    assert look_later(world) == 1
    assert world.connector.running.sentinel.look() == 0
    assert world.sandbox.asked[before:] == ["GET /api/method/frappe.client.get_value"]


def test_a_site_that_is_down_ends_nothing(world: World, told: list[GrantEnd]) -> None:
    browser, _ = signed_in(world)
    world.sandbox.fault("error")
    look_later(world)
    world.sandbox.site.faults.clear()
    assert status(world, browser) == 200
    assert told == []


def test_what_upset_one_user_leaves_the_others_alone(world: World, told: list[GrantEnd]) -> None:
    signed_in(world)
    other = world.browser()
    world.sign_in(other, user="stock@example.com")
    befall(world, "disable_user")
    assert look_later(world) == 2
    assert status(world, other) == 200
    assert [end.user for end in told] == [USER]


def test_a_user_who_was_disabled_is_refused_though_erpnext_would_go_on(world: World) -> None:
    """Measured on 14 and 15: bearer, userinfo and refresh of a disabled user all answer 200."""
    browser, access = signed_in(world)
    befall(world, "disable_user")
    assert opens(world, access)
    look_later(world)
    assert status(world, browser) == 401
    assert not opens(world, access)


@pytest.mark.parametrize("frappe", [14, 15, 16, 2026])
def test_with_its_webhook_the_end_is_known_at_once(world: World, told: list[GrantEnd]) -> None:
    document = grant_webhook_document(app=APP, url=f"{world.url}/erpnext/hooks/main", secret=Secret(WEBHOOK_SECRET))
    world.connector.as_app().insert("Webhook", document)
    browser, access = signed_in(world)
    befall(world, "revoke_app")
    assert until(lambda: bool(told)), "nothing was told"
    assert status(world, browser) == 401
    with world.connector.running.database.read() as connection:
        bodies = connection.execute(select(inbox_events.c.body)).scalars().all()
    assert bodies
    assert not any(access.reveal().encode() in body for body in bodies)


def test_a_webhook_that_tells_the_token_has_it_taken_out_before_it_is_kept(world: World) -> None:
    document = grant_webhook_document(app=APP, url=f"{world.url}/erpnext/hooks/main", secret=Secret(WEBHOOK_SECRET))
    by_hand = (
        '{"doctype": "{{ doc.doctype }}", "event": "on_trash", "name": "{{ doc.name }}", "user": "{{ doc.user }}"}'
    )
    world.connector.as_app().insert("Webhook", {**document, "webhook_json": by_hand})
    browser, access = signed_in(world)
    befall(world, "revoke_app")
    assert until(lambda: status(world, browser) == 401)
    with world.connector.running.database.read() as connection:
        rows = connection.execute(select(inbox_events)).all()
    assert rows
    assert access.reveal() not in repr(rows)


class TestAskingEachTime:
    """CONNECTOR_VERIFY=always."""

    @pytest.fixture
    def changes(self) -> dict[str, str]:
        return {"CONNECTOR_VERIFY": "always"}

    @pytest.mark.parametrize("frappe", LINES)
    def test_the_next_request_after_a_revocation_is_refused(self, world: World, told: list[GrantEnd]) -> None:
        browser, _ = signed_in(world)
        assert status(world, browser) == 200
        befall(world, "revoke_app")
        assert status(world, browser) == 401
        assert [end.reason for end in told] == ["revoked"]

    def test_the_next_request_of_a_disabled_user_is_refused(self, world: World) -> None:
        browser, _ = signed_in(world)
        befall(world, "disable_user")
        assert status(world, browser) == 401

    def test_while_erpnext_is_down_nobody_is_let_in_and_nobody_signed_out(self, world: World) -> None:
        browser, _ = signed_in(world)
        world.sandbox.fault("error")
        assert status(world, browser) == 502
        world.sandbox.site.faults.clear()
        world.clock.offset_seconds += 120
        assert until(lambda: status(world, browser) == 200)


class TestNotLooking:
    """CONNECTOR_SENTINEL_SECONDS=0."""

    @pytest.fixture
    def changes(self) -> dict[str, str]:
        return {"CONNECTOR_SENTINEL_SECONDS": "0"}

    def test_only_idle_grants_are_kept_alive(self, world: World) -> None:
        signed_in(world)
        before = len(world.sandbox.asked)
        assert look_later(world, 24 * 3600) == 0
        assert world.sandbox.asked[before:] == []
        assert look_later(world, 20 * 24 * 3600) == 0
        assert world.sandbox.asked[before:] == ["POST /api/method/frappe.integrations.oauth2.get_token"]


class TestTheThread:
    """CONNECTOR_SENTINEL_SECONDS=1."""

    @pytest.fixture
    def changes(self) -> dict[str, str]:
        return {"CONNECTOR_SENTINEL_SECONDS": "1"}

    def test_it_looks_by_itself_while_the_connector_runs(self, world: World, told: list[GrantEnd]) -> None:
        signed_in(world)
        befall(world, "revoke_app")
        assert until(lambda: bool(told))
