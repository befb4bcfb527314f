from __future__ import annotations

import base64
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from erpnext_connector.errors import KeyUnusable
from erpnext_connector.secret import Secret
from erpnext_connector.store.seal import KeyRing

OLD, NEW = b"o" * 32, b"n" * 32
PLACE = {"site": "main", "user": "ann@example.com", "kind": "tokens"}
text = st.text(max_size=12)


def _base64(key: bytes) -> str:
    return base64.b64encode(key).decode()


@given(plain=st.binary(max_size=200), site=text, user=text, kind=text)
def test_what_was_sealed_opens_in_its_place(plain: bytes, site: str, user: str, kind: str) -> None:
    ring = KeyRing([NEW])
    envelope = ring.seal(plain, site=site, user=user, kind=kind)
    assert ring.open(envelope, site=site, user=user, kind=kind) == plain


@given(here=st.tuples(text, text, text), there=st.tuples(text, text, text))
def test_an_envelope_opens_nowhere_else(here: tuple[str, str, str], there: tuple[str, str, str]) -> None:
    if here == there:
        return
    ring = KeyRing([NEW])
    envelope = ring.seal(b"plain", site=here[0], user=here[1], kind=here[2])
    with pytest.raises(KeyUnusable):
        ring.open(envelope, site=there[0], user=there[1], kind=there[2])


@pytest.mark.parametrize(("site", "user"), [("a|b", "c"), ("a", "b|c"), ("ab", "c"), ("a", "bc")])
def test_a_separator_in_a_name_does_not_confuse_two_places(site: str, user: str) -> None:
    ring = KeyRing([NEW])
    envelope = ring.seal(b"plain", site="a|b", user="|c", kind="tokens")
    with pytest.raises(KeyUnusable):
        ring.open(envelope, site=site, user=user, kind="tokens")


def test_every_changed_byte_is_noticed() -> None:
    ring = KeyRing([NEW, OLD])
    envelope = ring.seal(b"plain", **PLACE)
    for position in range(len(envelope)):
        changed = bytearray(envelope)
        changed[position] ^= 1
        with pytest.raises(KeyUnusable):
            ring.open(bytes(changed), **PLACE)


def test_every_cut_envelope_is_noticed() -> None:
    ring = KeyRing([NEW])
    envelope = ring.seal(b"plain", **PLACE)
    for length in range(len(envelope)):
        with pytest.raises(KeyUnusable):
            ring.open(envelope[:length], **PLACE)


def test_an_envelope_is_version_key_id_nonce_ciphertext() -> None:
    ring = KeyRing([NEW], token_bytes=lambda size: b"N" * size)
    envelope = ring.seal(b"plain", **PLACE)
    assert envelope[:1] == b"\x01"
    assert envelope[5:17] == b"N" * 12
    assert len(envelope) == 1 + 4 + 12 + len(b"plain") + 16


def test_the_same_text_never_looks_the_same() -> None:
    ring = KeyRing([NEW])
    assert ring.seal(b"plain", **PLACE) != ring.seal(b"plain", **PLACE)


def test_the_newest_key_seals_and_the_older_ones_still_open() -> None:
    before = KeyRing([OLD]).seal(b"plain", **PLACE)
    ring = KeyRing([NEW, OLD])
    assert ring.open(before, **PLACE) == b"plain"
    assert KeyRing([NEW]).open(ring.seal(b"plain", **PLACE), **PLACE) == b"plain"


def test_another_key_does_not_open_it_and_the_hint_names_the_next_step() -> None:
    envelope = KeyRing([OLD]).seal(b"plain", **PLACE)
    with pytest.raises(KeyUnusable, match="not at hand") as refused:
        KeyRing([NEW]).open(envelope, **PLACE)
    assert "CONNECTOR_KEY" in refused.value.hint


def test_a_key_from_the_environment_is_used(tmp_path) -> None:
    ring = KeyRing.load(Secret(f"{_base64(NEW)}, {_base64(OLD)}"), tmp_path / "unused")
    assert ring.open(KeyRing([OLD]).seal(b"plain", **PLACE), **PLACE) == b"plain"
    assert not (tmp_path / "unused").exists()


@pytest.mark.parametrize(
    "key",
    ["hunter2-hunter2", _base64(b"short"), _base64(b"x" * 33), f"{_base64(NEW)},{_base64(b'short')}", ",", " "],
    ids=["not base64", "short", "long", "one of two short", "only a comma", "blank"],
)
def test_a_malformed_key_is_refused_without_showing_it(key: str, tmp_path) -> None:
    with pytest.raises(KeyUnusable) as refused:
        KeyRing.load(Secret(key), tmp_path / "unused")
    told = "".join(traceback.format_exception(refused.value)) + refused.value.hint
    assert "CONNECTOR_KEY" in told
    assert len(key) < 3 or key not in told


def test_a_ring_without_keys_is_refused() -> None:
    with pytest.raises(KeyUnusable):
        KeyRing([])
