from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.store.key_file import read_or_make
from erpnext_connector.store.seal import KeyRing

PLACE = {"site": "main", "user": "ann@example.com", "kind": "tokens"}


def test_the_first_run_makes_a_key_that_the_second_run_finds(tmp_path: Path) -> None:
    file = tmp_path / "state" / "key"
    envelope = KeyRing.load(None, file).seal(b"plain", **PLACE)
    assert KeyRing.load(None, file).open(envelope, **PLACE) == b"plain"


def test_the_file_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        KeyRing.load(None, tmp_path / "key")
    finally:
        os.umask(before)
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


def test_nothing_else_is_left_beside_it(tmp_path: Path) -> None:
    KeyRing.load(None, tmp_path / "key")
    assert [path.name for path in tmp_path.iterdir()] == ["key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_file_that_others_may_read_or_write_is_refused_with_the_fix(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "key"
    KeyRing.load(None, file)
    file.chmod(mode)
    with pytest.raises(KeyUnusable, match="other users") as refused:
        KeyRing.load(None, file)
    assert f"chmod 600 {file}" in refused.value.hint


def test_threads_that_start_at_once_agree_on_one_key(tmp_path: Path) -> None:
    start = threading.Barrier(8)
    found: list[str] = []

    def load(number: int) -> None:
        start.wait()
        found.append(read_or_make(tmp_path / "key", lambda: f"key {number}"))

    threads = [threading.Thread(target=load, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1


def test_an_empty_file_is_refused_rather_than_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.touch(mode=0o600)
    with pytest.raises(KeyUnusable, match="key"):
        KeyRing.load(None, file)
    assert file.read_bytes() == b""


@pytest.mark.parametrize("content", [b"\xff\xfe", b"not base64!"], ids=["binary", "text"])
def test_a_file_that_holds_no_key_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    file.chmod(0o600)
    with pytest.raises(KeyUnusable, match="base64"):
        KeyRing.load(None, file)


def test_a_place_where_nothing_can_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(KeyUnusable, match="can't be used") as refused:
        KeyRing.load(None, tmp_path / "file" / "key")
    assert "CONNECTOR_KEY_FILE" in refused.value.hint
