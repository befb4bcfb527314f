"""The lines of Frappe that a sandbox can speak as.

14, 15 and 16 answer as recordings of real servers do. 13 and 2026 (the develop line after its OAuth provider was
hardened) have no recording: what is known of them from their source is done on top of the nearest one that has.
"""

from __future__ import annotations

from typing import Final

VERSIONS: Final = (13, 14, 15, 16, 2026)
HARDENED: Final = 2026
EVERY: Final = frozenset(VERSIONS)


def since(first: int) -> frozenset[int]:
    """The lines from `first` on."""
    return frozenset(version for version in VERSIONS if version >= first)


def until(last: int) -> frozenset[int]:
    """The lines up to `last`."""
    return frozenset(version for version in VERSIONS if version <= last)


def recorded(frappe: int) -> int:
    """The recorded line that this one is like where nothing else is known."""
    return {13: 14, HARDENED: 16}.get(frappe, frappe)
