"""Faults on demand: what goes wrong in the sandbox, when somebody asks for it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Final

KINDS: Final = {
    "slow": "answer only after `seconds`",
    "error": "answer 500 without doing anything",
    "error_after_commit": "do what was asked, then answer 500",
    "too_many_requests": "answer 429 with Retry-After: `seconds`",
    "drop": "close the connection without doing anything",
    "drop_after_commit": "do what was asked, then close the connection without an answer",
    "lose_webhooks": "send no webhook",
    "repeat_webhooks": "send each webhook three times",
    "token_seconds": "let access tokens live for `seconds`",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing to go wrong: on the requests (or webhooks) that it fits, `times` times, or until it is cleared."""

    kind: str
    path: str = ""
    method: str = ""
    seconds: float = 1.0
    times: int | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind!r}; there are {', '.join(KINDS)}")
        if self.seconds < 0 or (self.times is not None and self.times < 1):
            raise ValueError("seconds can't be negative, and times is at least 1")

    def fits(self, method: str, path: str) -> bool:
        """Whether the request is meant: `path` is a beginning, and an empty `path` or `method` means any."""
        return path.startswith(self.path) and self.method.upper() in ("", method.upper())

    def as_dict(self) -> dict[str, object]:
        """The fault as the control endpoint shows it."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


class Faults:
    """The faults in force; safe to use from several threads."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._faults = list(faults)

    def add(self, fault: Fault) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let everything work again."""
        with self._lock:
            self._faults.clear()

    def active(self) -> list[Fault]:
        """The faults in force, oldest first; `times` is what is left."""
        with self._lock:
            return list(self._faults)

    def take(self, kinds: Iterable[str], *, method: str = "", path: str = "") -> Fault | None:
        """The oldest fault of these kinds that fits, used up by one; None when all goes well."""
        wanted = set(kinds)
        with self._lock:
            for position, fault in enumerate(self._faults):
                if fault.kind in wanted and fault.fits(method, path):
                    self._use(position, fault)
                    return fault
        return None

    def token_seconds(self, usual: int) -> int:
        """How long an access token lives now."""
        shortened = [fault.seconds for fault in self.active() if fault.kind == "token_seconds"]
        return round(shortened[-1]) if shortened else usual

    def _use(self, position: int, fault: Fault) -> None:
        if fault.times is None:
            return
        if fault.times == 1:
            del self._faults[position]
        else:
            self._faults[position] = replace(fault, times=fault.times - 1)


def read_fault(given: Mapping[str, object]) -> Fault:
    """A fault from the control endpoint's JSON; ValueError says what is wrong with it."""
    unknown = set(given) - {field.name for field in fields(Fault)}
    if unknown:
        raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
    times = given.get("times")
    try:
        return Fault(
            kind=str(given.get("kind", "")),
            path=str(given.get("path", "")),
            method=str(given.get("method", "")),
            seconds=float(str(given.get("seconds", 1.0))),
            times=None if times is None else int(str(times)),
        )
    except ValueError as error:
        raise ValueError(f"not a fault: {error}") from error


def parse_fault(text: str) -> Fault:
    """A fault from a command line, such as `slow:seconds=2,path=/api/resource,times=1`."""
    kind, _, rest = text.partition(":")
    pairs = [pair.partition("=") for pair in rest.split(",") if pair]
    return read_fault({"kind": kind} | {name.strip(): value for name, _, value in pairs})
