from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.engine import make_url

from erpnext_connector.errors import GrantLost
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.grant_state import GrantEnd
from erpnext_connector.store.ledger import Ledger
from erpnext_connector.store.pairings import Pairings
from erpnext_connector.store.receipts import Receipts
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sessions import Session, Sessions
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.tables import grants, metadata, user_keys
from erpnext_connector.store.user_keys import UserKeys
from erpnext_connector.store.vault import Vault
from tests.clocks import ManualClock
from tests.integration.store.issuer import ANN, Issuer

BOB = replace(ANN, user="bob@example.com", sub="sub-of-bob", full_name="Bob Builder")


@dataclass
class Life:
    """Ann and Bob, who left the same: a refreshed grant, a session, a pairing, an entry in the ledger."""

    database: Database
    keyring: KeyRing
    clock: ManualClock

    def __post_init__(self) -> None:
        self.keys = UserKeys(self.database, self.keyring, self.clock)
        self.lost: list[GrantEnd] = []
        self.vault = Vault(
            self.database, self.keyring, self.clock, Issuer(self.clock), keys=self.keys, on_lost=self.lost.append
        )
        self.sessions = Sessions(self.database, self.clock)
        self.ledger = Ledger(self.database, self.clock, self.keys)
        self.of: dict[str, Session] = {}
        for profile in (ANN, BOB):
            self.vault.keep("main", profile, Issuer(self.clock).first(profile.user))
        self.clock.advance(3600)
        for profile in (ANN, BOB):
            self.vault.fresh("main", profile.user)
            self.of[profile.user] = session = self.sessions.start("main", profile.user)
            Pairings(self.database, self.clock).begin("main", profile.user, session)
            self.ledger.record("main", profile.user, "get", "Item", "A", outcome="ok", duration_ms=1.0)


@pytest.fixture
def life(database: Database, keyring: KeyRing, sites: Sites, clock: ManualClock) -> Life:
    return Life(database, keyring, clock)


def _stored(database: Database) -> str:
    with database.read() as connection:
        return str([tuple(row) for table in metadata.sorted_tables for row in connection.execute(select(table))])


def test_nothing_of_the_user_is_left_but_pseudonyms_and_a_receipt(life: Life, database: Database) -> None:
    receipt = life.vault.erase("main", ANN.user, "asked for it")
    stored = _stored(database)
    assert ANN.user not in stored
    assert str(ANN.sub) not in stored
    assert BOB.user in stored, "the search must find what is there"
    assert receipt.details == {
        "reason": "asked for it",
        "grant_rows": 2,  # the grant, and the token that was to be revoked
        "sessions": 1,
        "pairings": 1,
        "ledger_entries": 1,
        "data_keys": 1,
    }
    assert Receipts(database, life.clock).first_broken() is None


def test_the_receipt_can_be_matched_to_the_user_by_this_deployment_alone(life: Life) -> None:
    receipt = life.vault.erase("main", ANN.user, "asked for it")
    assert receipt.subject_hash == life.keys.pseudonym("main", ANN.user)


def test_the_user_is_signed_out_and_the_others_are_not(life: Life) -> None:
    life.vault.erase("main", ANN.user, "asked for it")
    with pytest.raises(GrantLost):
        life.vault.fresh("main", ANN.user)
    assert life.vault.state("main", ANN.user).kind == "none"
    assert life.sessions.find(life.of[ANN.user].id) is None
    assert life.sessions.ended_because(life.of[ANN.user].id) == "erased"
    assert life.sessions.find(life.of[BOB.user].id)
    assert life.vault.fresh("main", BOB.user)
    assert [found.user for found in life.lost] == [ANN.user]


def test_the_ledger_still_tells_what_happened_and_no_longer_to_whom(life: Life) -> None:
    life.vault.erase("main", ANN.user, "asked for it")
    bobs, anns = life.ledger.recent()
    assert (bobs.user, bobs.name, bobs.erased) == (BOB.user, "A", False)
    assert (anns.verb, anns.outcome, anns.erased) == ("get", "ok", True)
    assert (anns.doctype, anns.name) == (None, None)
    assert ANN.user not in repr(anns)
    assert life.ledger.recent(user=ANN.user) == ()


def test_signing_in_again_begins_a_new_life(life: Life) -> None:
    life.vault.erase("main", ANN.user, "asked for it")
    life.vault.keep("main", ANN, Issuer(life.clock).first())
    assert life.vault.fresh("main", ANN.user)
    life.ledger.record("main", ANN.user, "get", "Item", "B", outcome="ok", duration_ms=1.0)
    assert [(found.name, found.erased) for found in life.ledger.recent()] == [("B", False), ("A", False), (None, True)]


def test_a_grant_whose_data_key_is_gone_is_no_grant(life: Life, database: Database) -> None:
    """As when a process wrote with a key that another was just erasing."""
    with database.begin() as connection:
        life.keys.erase(connection, "main", ANN.user)
    life.vault = Vault(database, life.keyring, life.clock, Issuer(life.clock))
    assert life.vault.profile("main", ANN.user) is None
    assert [retired.user for retired in life.vault.retired(older_than_seconds=0)] == [BOB.user]
    with pytest.raises(GrantLost):
        life.vault.fresh("main", ANN.user)
    assert life.vault.users("main") == (BOB.user,)


def test_the_erased_key_can_no_longer_be_found_in_the_files(database_url: str, clock: ManualClock) -> None:
    """A copy of the disk with the key of the ring would open the ledger otherwise."""
    database, keyring = Database(database_url), KeyRing([b"k" * 32])
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL overwrites in its own time")
    Sites(database, keyring).put(Site("main", "https://main.example.com", "client", Secret("client-secret")))
    life = Life(database, keyring, clock)
    with database.read() as connection:
        query = select(user_keys.c.sealed_key, grants.c.sealed_tokens).where(
            user_keys.c.user_id == grants.c.user_id, grants.c.user_id == ANN.user
        )
        key, tokens = connection.execute(query).one()
    folder = Path(str(make_url(database_url).database)).parent

    def lies_about(what: bytes) -> bool:
        return any(what in file.read_bytes() for file in folder.iterdir() if file.is_file())

    assert lies_about(key)
    assert lies_about(tokens)
    life.vault.erase("main", ANN.user, "asked for it")
    assert not lies_about(key)
    assert not lies_about(tokens)
    assert not lies_about(ANN.user.encode())
    database.close()
