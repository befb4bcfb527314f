from __future__ import annotations

import pytest
from sqlalchemy import select

from erpnext_connector.store.database import Database
from erpnext_connector.store.revocations import Remembered, Revocations
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Sites
from erpnext_connector.store.tables import revocations as table
from erpnext_connector.store.user_keys import UserKeys
from tests.clocks import ManualClock


@pytest.fixture
def revocations(database: Database, keyring: KeyRing, sites: Sites, clock: ManualClock) -> Revocations:
    return Revocations(database, clock, UserKeys(database, keyring, clock))


def test_a_revocation_is_remembered_until_it_is_cleared(revocations: Revocations, clock: ManualClock) -> None:
    revocations.remember("main", "sub-of-ann", "ann@example.com", "revoked at ERPNext")
    clock.advance(400 * 24 * 3600)
    for name in ("sub-of-ann", "ann@example.com"):
        assert revocations.of("main", name) == Remembered("revoked at ERPNext", clock.now() - 400 * 24 * 3600)
    revocations.clear("main", "sub-of-ann", "ann@example.com")
    assert revocations.of("main", "sub-of-ann") is None
    assert revocations.of("main", "ann@example.com") is None


def test_it_is_nobody_elses(revocations: Revocations) -> None:
    revocations.remember("main", "sub-of-ann", "ann@example.com", "revoked")
    assert revocations.of("other", "sub-of-ann") is None
    assert revocations.of("main", "sub-of-bob") is None


def test_the_newest_reason_counts(revocations: Revocations) -> None:
    for reason in ("disabled", "revoked"):
        revocations.remember("main", "ann@example.com", "ann@example.com", reason)
    found = revocations.of("main", "ann@example.com")
    assert found is not None
    assert found.reason == "revoked"


def test_no_name_is_stored(revocations: Revocations, database: Database) -> None:
    revocations.remember("main", "sub-of-ann", "ann@example.com", "revoked")
    with database.read() as connection:
        stored = str(connection.execute(select(table)).all())
    assert "ann" not in stored
