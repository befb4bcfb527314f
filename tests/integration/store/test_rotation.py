from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import select

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.secret import Secret
from erpnext_connector.store.database import Database
from erpnext_connector.store.pending import PendingSignIns
from erpnext_connector.store.rotation import Rotated, count_by_key, rotate
from erpnext_connector.store.seal import KeyRing
from erpnext_connector.store.sites import Site, Sites
from erpnext_connector.store.tables import user_keys as table
from erpnext_connector.store.user_keys import UserKeys
from tests.clocks import ManualClock

OLD, NEW = b"o" * 32, b"n" * 32
USERS = [f"user{number:03}@example.com" for number in range(25)]
ROWS = len(USERS) + 2 + 1
"""Users' keys, sites, sign-ins under way."""


@pytest.fixture
def old_ring() -> KeyRing:
    return KeyRing([OLD])


@pytest.fixture
def ring() -> KeyRing:
    return KeyRing([NEW, OLD])


@pytest.fixture
def envelopes(database: Database, old_ring: KeyRing, clock: ManualClock) -> dict[str, bytes]:
    """What each user sealed, in a database where all was sealed under the old key."""
    sites = Sites(database, old_ring)
    for site_id in ("main", "other"):
        sites.put(Site(site_id, f"https://{site_id}.example.com", "client", Secret("client-secret")))
    PendingSignIns(database, old_ring, clock).begin("main", "/", state="s", verifier=Secret("v"), nonce=Secret("n"))
    keys = UserKeys(database, old_ring, clock)
    return {user: keys.seal(user.encode(), site="main", user=user, kind="tokens") for user in USERS}


def _opens(database: Database, ring: KeyRing, envelopes: dict[str, bytes]) -> bool:
    """Whether everything opens, read anew."""
    keys = UserKeys(database, ring)
    Sites(database, ring).all()
    return all(
        keys.open(envelope, site="main", user=user, kind="tokens") == user.encode()
        for user, envelope in envelopes.items()
    )


@pytest.mark.parametrize("batch", [1, 7, 25, 1000])
def test_everything_is_sealed_with_the_newest_key_afterwards(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing, old_ring: KeyRing, batch: int
) -> None:
    assert count_by_key(database) == {old_ring.newest: ROWS}
    assert rotate(database, ring, batch=batch) == Rotated(resealed=ROWS, overtaken=0, unopened=0)
    assert count_by_key(database, ring) == {ring.newest: ROWS}
    assert _opens(database, KeyRing([NEW]), envelopes), "the old key may go"


def test_what_users_sealed_is_not_touched(database: Database, envelopes: dict[str, bytes], ring: KeyRing) -> None:
    rotate(database, ring)
    assert _opens(database, ring, envelopes)


def test_a_second_rotation_finds_nothing_to_do(database: Database, envelopes: dict[str, bytes], ring: KeyRing) -> None:
    rotate(database, ring)
    assert rotate(database, ring) == Rotated(0, 0, 0)


def test_broken_off_in_the_middle_it_goes_on_where_it_was(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing
) -> None:
    def stop(done: int) -> None:
        if done >= 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rotate(database, ring, batch=4, told=stop)
    done = count_by_key(database)[ring.newest]
    assert 10 <= done < ROWS
    assert _opens(database, ring, envelopes), "in between, both keys open all there is"
    assert rotate(database, ring, batch=4).resealed == ROWS - done
    assert count_by_key(database) == {ring.newest: ROWS}


def test_rows_of_a_key_that_is_not_at_hand_are_left_and_counted(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing
) -> None:
    stranger = KeyRing([b"x" * 32])
    UserKeys(database, stranger).id_of("main", "lost@example.com")
    assert rotate(database, ring) == Rotated(resealed=ROWS, overtaken=0, unopened=1)
    assert count_by_key(database) == {ring.newest: ROWS, stranger.newest: 1}


def test_a_row_that_was_changed_meanwhile_keeps_the_change(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing, old_ring: KeyRing
) -> None:
    class Slow(KeyRing):
        """Lets a writer in between reading a row and writing it."""

        def open(self, envelope: bytes, *, site: str, user: str, kind: str) -> bytes:
            if kind == "site secrets" and site == "main":
                Sites(database, old_ring).put(Site("main", "https://moved.example.com", "new", Secret("new secret")))
            return super().open(envelope, site=site, user=user, kind=kind)

    assert rotate(database, Slow([NEW, OLD])).overtaken == 1
    found = Sites(database, ring).get("main")
    assert found is not None
    assert found.client_secret == Secret("new secret")


def test_writers_that_run_beside_it_lose_nothing(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing, old_ring: KeyRing
) -> None:
    stop, failures = threading.Event(), list[Exception]()

    def until_stopped(act: Callable[[int], object]) -> Callable[[], None]:
        def run() -> None:
            number = 0
            try:
                while not stop.is_set():
                    act(number := number + 1)
            except Exception as error:  # noqa: BLE001 - told by the test's own thread
                failures.append(error)

        return run

    sites, keys = Sites(database, KeyRing([OLD, NEW])), UserKeys(database, KeyRing([OLD, NEW]), cache_seconds=0)
    secrets: list[str] = []

    def put(number: int) -> None:
        sites.put(Site("main", "https://main.example.com", "client", Secret(f"secret {number}")))
        secrets.append(f"secret {number}")

    def use(number: int) -> None:
        user = USERS[number % len(USERS)]
        assert keys.open(envelopes[user], site="main", user=user, kind="tokens") == user.encode()

    threads = [threading.Thread(target=until_stopped(act)) for act in (put, use)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        rotate(database, ring, batch=3)
    stop.set()
    for thread in threads:
        thread.join()
    assert failures == []
    rotate(database, ring)
    assert count_by_key(database) == {ring.newest: ROWS}
    found = Sites(database, KeyRing([NEW])).get("main")
    assert found is not None
    assert found.client_secret == Secret(secrets[-1])
    assert _opens(database, KeyRing([NEW]), envelopes)


def test_a_data_key_that_was_moved_is_not_sealed_anew(
    database: Database, envelopes: dict[str, bytes], ring: KeyRing
) -> None:
    with database.begin() as connection:
        stolen = connection.execute(select(table.c.sealed_key).where(table.c.user_id == USERS[0])).scalar_one()
        connection.execute(table.update().where(table.c.user_id == USERS[1]).values(sealed_key=stolen))
    assert rotate(database, ring).unopened == 1
    with pytest.raises(KeyUnusable):
        _opens(database, ring, envelopes)
