"""How MariaDB's utf8mb4_unicode_ci compares text: by letter, not by case or accent."""

from __future__ import annotations

import importlib.resources
from functools import cache
from typing import Final

import msgspec

SINGLE: Final = "\U00050000"
UNKNOWN_LETTERS: Final = 0x20000
SUPPLEMENTARY: Final = "\U00040000"


class Keys(dict[int, str]):
    """For every character the text that it is compared as; in the order of code points, which is the collation's.

    Characters beyond the basic plane are all equal there. The weights come from the server itself
    (`WEIGHT_STRING`); letters of other scripts keep the order of their code points.
    """

    def __missing__(self, code: int) -> str:
        key = SUPPLEMENTARY if code >= 0x10000 else chr(UNKNOWN_LETTERS + code)
        self[code] = key
        return key


@cache
def _keys() -> Keys:
    return Keys({ord(c): "".join(map(chr, weights)) for c, weights in _weights().items()})


@cache
def _single_keys() -> Keys:
    """For LIKE, which compares character by character: one for each, whatever its weights."""
    keys = Keys()
    singles: dict[tuple[int, ...], str] = {}
    for c, weights in _weights().items():
        if len(weights) == 1:
            keys[ord(c)] = chr(weights[0])
        else:
            keys[ord(c)] = singles.setdefault(weights, chr(ord(SINGLE) + len(singles)))
    return keys


@cache
def _weights() -> dict[str, tuple[int, ...]]:
    table = msgspec.json.decode(
        importlib.resources.files("erpnext_connector.sandbox").joinpath("collation.json").read_bytes(),
        type=dict[str, str],
    )
    found: dict[str, tuple[int, ...]] = {}
    for written, characters in table.items():
        weights = tuple(int(written[start : start + 4], 16) for start in range(0, len(written), 4))
        for c in characters:
            found[c] = weights
    return found


def fold(text: object) -> str | None:
    """The key by which texts are equal and ordered; spaces at the end don't count. None stays None."""
    if text is None:
        return None
    return str(text).rstrip(" ").translate(_keys())


def fold_characters(text: object) -> str | None:
    """The text for LIKE: as long as the original, none of its characters a wildcard."""
    return None if text is None else str(text).translate(_single_keys())


def fold_pattern(pattern: str) -> str:
    r"""A LIKE pattern for folded text: % and _ stay wildcards unless a backslash stands before them."""
    keys, written, escaped = _single_keys(), [], False
    for c in pattern:
        if escaped or c not in "\\%_":
            written.append(keys[ord(c)])
            escaped = False
        elif c == "\\":
            escaped = True
        else:
            written.append(c)
    if escaped:
        written.append(keys[ord("\\")])
    return "".join(written)
