"""How often something may be tried: one allowance for all replicas."""

from __future__ import annotations

import hashlib
import math
from typing import Any, Final

from sqlalchemy import Connection, Select, case, delete, literal, select
from sqlalchemy.dialects import postgresql, sqlite

from erpnext_connector.clock import Clock
from erpnext_connector.errors import TooManyAttempts
from erpnext_connector.store.database import Database
from erpnext_connector.store.tables import throttle

_TIDY_SECONDS: Final = 60.0


class Throttle:
    """Allowances by what is tried and by whom, refilled steadily; one statement per attempt."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._tidy_at = 0.0

    def admit(self, what: str, key: str, limit: int, per_seconds: float) -> None:
        """Count one attempt by `key` (an address, a user); it is stored as a digest, as long as it counts.

        `limit` attempts may come at once, afterwards one each `per_seconds / limit` seconds. Raises `TooManyAttempts`
        with `retry_after_seconds`; an attempt that was refused does not count.
        """
        now, key_hash = self._clock.now(), _key_hash(what, key)
        with self._database.begin() as connection:
            self._tidy(connection, now)
            if self._counted(connection, key_hash, now, cost=per_seconds / limit, most=per_seconds):
                return
            whole_at = connection.execute(_whole_at(key_hash)).scalar_one()
        raise TooManyAttempts(retry_after_seconds=math.ceil(whole_at - now - per_seconds + per_seconds / limit))

    def check(self, what: str, key: str, limit: int, per_seconds: float) -> None:
        """Raise `TooManyAttempts` when `admit` would, without counting: for what counts only if it fails."""
        now, cost = self._clock.now(), per_seconds / limit
        with self._database.read() as connection:
            whole_at: float = connection.execute(_whole_at(_key_hash(what, key))).scalar_one_or_none() or now
        if max(whole_at, now) + cost > now + per_seconds + 0.001:
            raise TooManyAttempts(retry_after_seconds=math.ceil(whole_at - now - per_seconds + cost))

    def _counted(self, connection: Connection, key_hash: str, now: float, *, cost: float, most: float) -> bool:
        """Whether there was something left; both databases do it at once, whoever else tries."""
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        whole_at = case((throttle.c.whole_at > now, throttle.c.whole_at), else_=literal(now)) + cost
        attempt = (
            dialect.insert(throttle)
            .values(key_hash=key_hash, whole_at=now + cost)
            # Thousandths forgive what adding floats loses.
            .on_conflict_do_update(
                index_elements=["key_hash"], set_={"whole_at": whole_at}, where=whole_at <= now + most + 0.001
            )
            .returning(throttle.c.whole_at)
        )
        return connection.execute(attempt).one_or_none() is not None

    def _tidy(self, connection: Connection, now: float) -> None:
        """What is whole again says nothing."""
        if self._tidy_at <= now:
            self._tidy_at = now + _TIDY_SECONDS
            connection.execute(delete(throttle).where(throttle.c.whole_at <= now))


def _key_hash(what: str, key: str) -> str:
    return hashlib.sha256(f"{what}\0{key}".encode()).hexdigest()


def _whole_at(key_hash: str) -> Select[Any]:
    return select(throttle.c.whole_at).where(throttle.c.key_hash == key_hash)
