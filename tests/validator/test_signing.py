"""Keys and signatures: what is kept secret, what is refused, and what one bit does."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from aml_miner.errors import ConfigurationError, OutputError
from aml_miner.validator.signing import (
    canonical_json,
    is_signed,
    make_key,
    public_key,
    read_key,
    sign,
)

KEY = SigningKey(bytes(range(32)))


def test_a_key_is_its_owners_alone_and_reads_back(tmp_path: Path) -> None:
    path = tmp_path / "key"
    public = make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert public_key(read_key(path)) == public
    assert public not in path.read_text()


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "key"
    make_key(path)
    before = path.read_bytes()
    with pytest.raises(OutputError, match="a key is never replaced"):
        make_key(path)
    assert path.read_bytes() == before


def test_a_key_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        make_key(tmp_path / "nowhere" / "key")


def test_a_key_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="make one with aml-miner keygen"):
        read_key(tmp_path / "key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_key_others_may_use_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "key"
    make_key(path)
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=f"found {mode:o}; run chmod 600"):
        read_key(path)


@pytest.mark.parametrize("content", [b"", b"secret words", b"ab" * 31, b"ab " * 32, b"\xff" * 64])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "key"
    path.write_bytes(content)
    path.chmod(0o600)
    with pytest.raises(ConfigurationError, match="64 hexadecimal digits") as told:
        read_key(path)
    assert "secret words" not in str(told.value)


def test_json_is_signed_with_its_keys_sorted() -> None:
    assert canonical_json({"b": "2", "a": "1"}) == b'{"a":"1","b":"2"}'
    assert sign({"b": "2", "a": "1"}, KEY) == sign({"a": "1", "b": "2"}, KEY)


@given(bit=st.integers(0, 511))
def test_a_signature_with_one_bit_changed_is_none(bit: int) -> None:
    document = {"a": "1"}
    changed = bytearray.fromhex(sign(document, KEY))
    changed[bit // 8] ^= 1 << bit % 8
    assert is_signed(document, sign(document, KEY), public_key(KEY))
    assert not is_signed(document, changed.hex(), public_key(KEY))


@pytest.mark.parametrize(("signature", "by"), [("zz", public_key(KEY)), ("ab" * 64, "ab")])
def test_a_malformed_signature_or_key_signs_nothing(signature: str, by: str) -> None:
    assert not is_signed({"a": "1"}, signature, by)
