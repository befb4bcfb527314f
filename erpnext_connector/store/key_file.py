"""A file that holds keys, made on the first run, readable by its owner only."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from erpnext_connector.errors import KeyUnusable

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


def read_or_make(path: Path, new_text: Callable[[], str]) -> str:
    """The file's text; where there is no file yet, it is made with `new_text()`.

    Of several processes that start at once exactly one makes it, and all read the same. Raises `KeyUnusable` when
    others may read the file, or when it can't be read or made.
    """
    try:
        if not path.exists():
            _make(path, new_text())
        _refuse_if_others_may_read(path)
        return path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise KeyUnusable(
            f"The key file {path} can't be used: {_reason(error)}.",
            hint="Set CONNECTOR_KEY_FILE to a file this process may read, or set CONNECTOR_KEY.",
        ) from None


def put_in_front(path: Path, new_text: str) -> None:
    """Write `new_text` before what the file holds: a reader sees the old file or the new one, whole.

    Raises `KeyUnusable` as `read_or_make` does. Not for two at once: the later one would win.
    """
    before = read_or_make(path, lambda: "")
    draft = _draft(path, new_text + before)
    draft.replace(path)
    _sync_directory(path.parent)


def changed_at(path: Path) -> int:
    """Tells one state of the file from another; 0 when there is none."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0


def _make(path: Path, text: str) -> None:
    """Write beside, then link into place: a reader sees the whole file or none, and the first writer wins."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    _sync_directory(path.parent)


def _draft(path: Path, text: str) -> Path:
    """A file beside, durable, for its owner only."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft


def _sync_directory(directory: Path) -> None:
    """Make the new name durable: a key that vanishes in a power cut takes every grant with it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _refuse_if_others_may_read(path: Path) -> None:
    if os.name == "posix" and path.stat().st_mode & _OTHERS:
        raise KeyUnusable(
            f"The key file {path} can be read by other users of this machine.",
            hint=f"Run `chmod 600 {path}`. If others may have read it, make a new key and let users sign in again.",
        )


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or "it can't be read") if isinstance(error, OSError) else "it does not hold base64"
