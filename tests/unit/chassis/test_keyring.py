"""Secrets by use and version; a broken file is refused without showing a key (S28)."""

import base64
import json
from pathlib import Path

import pytest

from services.chassis.keyed_hash import keyed_hash
from services.chassis.keyring import BadKeyring, Keyring

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()


def _written(path: Path, content: object) -> Path:
    file = path / "keyring.json"
    file.write_text(json.dumps(content))
    return file


def test_keys_are_found_by_use_and_version(tmp_path: Path) -> None:
    other = base64.urlsafe_b64encode(bytes(32)).rstrip(b"=").decode()
    file = _written(tmp_path, {"facts": {"active": "2", "keys": {"1": KEY, "2": other}}})
    keyring = Keyring.load(file)
    assert keyring.active("facts") == ("2", bytes(32))
    assert keyring.key("facts", "1") == bytes(range(32))
    with pytest.raises(KeyError):
        keyring.active("match")
    with pytest.raises(KeyError):
        keyring.key("facts", "3")


def test_derived_keys_differ_by_info_and_by_use() -> None:
    keyring = Keyring({"a": "1", "b": "1"}, {"a": {"1": bytes(32)}, "b": {"1": bytes(range(32))}})
    derived = {keyring.derive(use, info) for use in "ab" for info in (b"x", b"y")}
    assert len(derived) == 4
    assert all(len(key) == 32 for key in derived)


@pytest.mark.parametrize(
    "content",
    [
        [],
        {"facts": KEY},
        {"facts": {"keys": {"1": KEY}}},
        {"facts": {"active": "2", "keys": {"1": KEY}}},
        {"facts": {"active": "1", "keys": {"1": KEY[:-8]}}},
        {"facts": {"active": "1", "keys": {"1": 7}}},
    ],
)
def test_s28_a_broken_keyring_is_refused_without_showing_a_key(tmp_path: Path, content: object) -> None:
    with pytest.raises(BadKeyring) as raised:
        Keyring.load(_written(tmp_path, content))
    assert KEY[:8] not in str(raised.value)
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


def test_a_keyed_hash_keeps_its_parts_apart_and_depends_on_the_key() -> None:
    key = bytes(32)
    assert len(keyed_hash(key, "ab", "c")) == 16
    assert keyed_hash(key, "ab", "c") == keyed_hash(key, "ab", "c")
    different = {
        keyed_hash(key, "ab", "c"),
        keyed_hash(key, "a", "bc"),
        keyed_hash(key, "abc"),
        keyed_hash(b"k", "ab", "c"),
    }
    assert len(different) == 4
