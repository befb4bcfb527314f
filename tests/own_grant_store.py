"""A grant store as an app might write one of its own: rows in a dictionary."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from erpnext_connector.store.grant_store import EndedRow, GrantRow, Pair, RetiredRow


class OwnGrants:
    """Forgets everything at the end of the process; `end_sessions(site, user)` is called where sessions end."""

    def __init__(self, end_sessions: Callable[[str, str], object] = lambda _site, _user: None) -> None:
        self._rows: dict[tuple[str, str], GrantRow] = {}
        self._ended: dict[tuple[str, str], EndedRow] = {}
        self._retired: list[RetiredRow] = []
        self._count = 0
        self._end_sessions = end_sessions
        self._guard = threading.Lock()

    def get(self, site_id: str, user: str) -> GrantRow | None:
        return self._rows.get((site_id, user))

    def users(self, site_id: str) -> tuple[str, ...]:
        return tuple(sorted(user for site, user in self._rows if site == site_id))

    def put(self, row: GrantRow, *, retired: bytes | None, now: float) -> None:
        with self._guard:
            old = self._rows.get((row.site_id, row.user))
            if old and old.subject != row.subject:
                self._end_sessions(row.site_id, row.user)
            self._rows[row.site_id, row.user] = row
            self._ended.pop((row.site_id, row.user), None)
            self._retire(row.site_id, row.user, retired, now)

    def claim(self, site_id: str, user: str, generation: str, *, now: float, until: float) -> bool:
        with self._while(site_id, user, generation) as row:
            if row is None or row.refreshing_until > now:
                return False
            self._rows[site_id, user] = replace(row, refreshing_until=until)
            return True

    def release(self, site_id: str, user: str, generation: str, *, until: float) -> bool:
        with self._while(site_id, user, generation) as row:
            if row is None or row.refreshing_until != until:
                return False
            self._rows[site_id, user] = replace(row, refreshing_until=0.0)
            return True

    def fail(
        self, site_id: str, user: str, generation: str, *, until: float, failures: int, degraded_until: float
    ) -> bool:
        with self._while(site_id, user, generation) as row:
            if row is None or row.refreshing_until != until:
                return False
            failed = replace(row, refreshing_until=0.0, failures=failures, degraded_until=degraded_until)
            self._rows[site_id, user] = failed
            return True

    def replace(
        self, site_id: str, user: str, generation: str, pair: Pair, *, retired: bytes | None, now: float
    ) -> bool:
        with self._while(site_id, user, generation) as row:
            if row is None:
                return False
            well = replace(row, refreshing_until=0.0, failures=0, degraded_until=0.0)
            self._rows[site_id, user] = replace(well, pair=pair, last_refreshed_at=now)
            self._retire(site_id, user, retired, now)
            return True

    def purge(self, site_id: str, user: str, generation: str | None, *, reason: str, now: float) -> bool:
        with self._while(site_id, user, generation) as row:
            if row is not None:
                del self._rows[site_id, user]
                self._ended[site_id, user] = EndedRow(reason, now)
            if row is not None or generation is None:
                self._end_sessions(site_id, user)
            return row is not None

    def retire(self, site_id: str, user: str, sealed: bytes, *, now: float) -> None:
        with self._guard:
            self._retire(site_id, user, sealed, now)

    def erase(self, site_id: str, user: str) -> int:
        with self._guard:
            kept = [found for found in self._retired if (found.site_id, found.user) != (site_id, user)]
            erased = len(self._retired) - len(kept)
            self._retired = kept
            for table in (self._rows, self._ended):
                erased += table.pop((site_id, user), None) is not None  # type: ignore[attr-defined]
            return erased

    def ended(self, site_id: str, user: str) -> EndedRow | None:
        return self._ended.get((site_id, user))

    def due(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        found = sorted(self._rows.values(), key=lambda row: row.checked_at)
        return tuple(row for row in found if row.checked_at <= before)[:limit]

    def check(self, site_id: str, user: str, *, seen: float, now: float) -> bool:
        with self._while(site_id, user, None) as row:
            if row is None or row.checked_at != seen:
                return False
            self._rows[site_id, user] = replace(row, checked_at=now)
            return True

    def mark(self, site_id: str, user: str, password_mark: str | None) -> None:
        with self._while(site_id, user, None) as row:
            if row:
                self._rows[site_id, user] = replace(row, password_mark=password_mark)

    def idle(self, *, before: float, limit: int) -> tuple[GrantRow, ...]:
        found = sorted(self._rows.values(), key=lambda row: row.last_refreshed_at)
        return tuple(row for row in found if row.last_refreshed_at <= before)[:limit]

    def retired(self, *, before: float, limit: int) -> tuple[RetiredRow, ...]:
        return tuple(found for found in self._retired if found.retired_at <= before)[:limit]

    def drop_retired(self, retired_id: int) -> None:
        with self._guard:
            self._retired = [found for found in self._retired if found.id != retired_id]

    @contextmanager
    def _while(self, site_id: str, user: str, generation: str | None) -> Iterator[GrantRow | None]:
        """The row of this generation (or of any), which nobody else changes meanwhile."""
        with self._guard:
            row = self._rows.get((site_id, user))
            yield row if row and generation in (None, row.pair.generation) else None

    def _retire(self, site_id: str, user: str, sealed: bytes | None, now: float) -> None:
        if sealed is not None:
            self._count += 1
            self._retired.append(RetiredRow(self._count, site_id, user, sealed, now))
