from __future__ import annotations

import threading

import pytest
from sqlalchemy import select

from erpnext_connector.errors import KeyErased, KeyUnusable
from erpnext_connector.store.database import Database
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.tables import user_keys
from erpnext_connector.store.user_keys import UserKeys
from tests.clocks import ManualClock

ANN = {"site": "main", "user": "ann@example.com", "kind": "tokens"}
BOB = ANN | {"user": "bob@example.com"}


@pytest.fixture
def keys(database: Database, keyring: KeyRing, clock: ManualClock) -> UserKeys:
    return UserKeys(database, keyring, clock)


@pytest.fixture
def elsewhere(database: Database, keyring: KeyRing, clock: ManualClock) -> UserKeys:
    """The same keys in another process."""
    return UserKeys(database, keyring, clock)


def _erase(database: Database, keys: UserKeys, user: str) -> bool:
    with database.begin() as connection:
        return keys.erase(connection, "main", user)


def test_what_was_sealed_opens_in_every_process(keys: UserKeys, elsewhere: UserKeys) -> None:
    envelope = keys.seal(b"plain", **ANN)
    assert keys.open(envelope, **ANN) == elsewhere.open(envelope, **ANN) == b"plain"


@pytest.mark.parametrize(
    "there", [BOB, ANN | {"site": "other"}, ANN | {"kind": "profile"}], ids=["user", "site", "kind"]
)
def test_it_opens_nowhere_else(keys: UserKeys, there: dict[str, str]) -> None:
    envelope = keys.seal(b"plain", **ANN)
    keys.seal(b"his own", **there)
    with pytest.raises(KeyUnusable) as refused:
        keys.open(envelope, **there)
    assert not isinstance(refused.value, KeyErased), "nothing was erased: somebody moved it"


def test_a_data_key_moved_to_another_user_opens_nothing(
    keys: UserKeys, database: Database, elsewhere: UserKeys
) -> None:
    envelope = keys.seal(b"plain", **ANN)
    keys.seal(b"his own", **BOB)
    stolen = select(user_keys.c.sealed_key).where(user_keys.c.user_id == ANN["user"])
    with database.begin() as connection:
        material = connection.execute(stolen).scalar_one()
        connection.execute(user_keys.update().where(user_keys.c.user_id == BOB["user"]).values(sealed_key=material))
    with pytest.raises(KeyUnusable, match="data key"):
        elsewhere.open(envelope, **BOB)


@pytest.mark.parametrize("length", [0, 1, 8, 20, 21, 36])
def test_a_cut_envelope_is_refused(keys: UserKeys, length: int) -> None:
    with pytest.raises(KeyUnusable):
        keys.open(keys.seal(b"plain", **ANN)[:length], **ANN)


def test_every_changed_byte_is_noticed(keys: UserKeys) -> None:
    envelope = keys.seal(b"plain", **ANN)
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 1
        with pytest.raises(KeyUnusable):
            keys.open(bytes(changed), **ANN)


def test_what_the_ring_sealed_itself_is_not_taken_for_a_users(keys: UserKeys, keyring: KeyRing) -> None:
    with pytest.raises(KeyUnusable):
        keys.open(keyring.seal(b"plain", **ANN), **ANN)


def test_an_erased_key_opens_nothing_any_more(keys: UserKeys, database: Database) -> None:
    envelope, others = keys.seal(b"plain", **ANN), keys.seal(b"plain", **BOB)
    assert _erase(database, keys, ANN["user"])
    assert not _erase(database, keys, ANN["user"])
    with pytest.raises(KeyErased):
        keys.open(envelope, **ANN)
    assert keys.open(others, **BOB) == b"plain"


def test_a_new_key_of_the_same_user_does_not_open_what_the_erased_one_sealed(
    keys: UserKeys, database: Database
) -> None:
    envelope, before = keys.seal(b"plain", **ANN), keys.id_of("main", ANN["user"])
    _erase(database, keys, ANN["user"])
    assert keys.open(keys.seal(b"again", **ANN), **ANN) == b"again"
    assert keys.id_of("main", ANN["user"]) != before
    with pytest.raises(KeyErased):
        keys.open(envelope, **ANN)


def test_another_process_notices_within_half_a_minute(
    keys: UserKeys, elsewhere: UserKeys, database: Database, clock: ManualClock
) -> None:
    envelope = elsewhere.seal(b"plain", **ANN)
    _erase(database, keys, ANN["user"])
    clock.advance(30)
    with pytest.raises(KeyErased):
        elsewhere.open(envelope, **ANN)


def test_another_process_opens_what_a_newer_key_sealed_at_once(
    keys: UserKeys, elsewhere: UserKeys, database: Database
) -> None:
    elsewhere.seal(b"plain", **ANN)
    _erase(database, keys, ANN["user"])
    assert elsewhere.open(keys.seal(b"again", **ANN), **ANN) == b"again"


def test_all_who_need_a_key_at_once_get_the_same(database: Database, keyring: KeyRing) -> None:
    start, found = threading.Barrier(8), list[str]()

    def look() -> None:
        keys = UserKeys(database, keyring)
        start.wait()
        found.append(keys.id_of("main", ANN["user"]))

    threads = [threading.Thread(target=look) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_id_tells_nothing_of_the_user(keys: UserKeys) -> None:
    assert keys.id_of("main", ANN["user"]) != keys.id_of("main", BOB["user"]) != keys.id_of("other", BOB["user"])
    assert len(keys.id_of("main", ANN["user"])) == 16


def test_a_pseudonym_is_the_same_in_every_process_and_another_on_every_site(
    keys: UserKeys, elsewhere: UserKeys, database: Database
) -> None:
    told = keys.pseudonym("main", "sub-of-ann")
    assert told == elsewhere.pseudonym("main", "sub-of-ann")
    assert told != keys.pseudonym("other", "sub-of-ann")
    _erase(database, keys, ANN["user"])
    assert told == keys.pseudonym("main", "sub-of-ann"), "it outlives the user"
