"""The two files that the issuer reads: what makes them unusable is told, and nothing of what they hold."""

import json
from pathlib import Path
from typing import Any

import pytest
from joserfc import jws
from joserfc.jwk import ECKey

from services.identity import platform_clients
from services.identity.signing_keys import SigningKeys
from services.identity.unusable_file import UnusableFile

KEY = ECKey.generate_key("P-256", {"kid": "one"})
SERVICE = {
    "client_id": "service-search",
    "kind": "service",
    "scopes": ["events.read"],
    "public_jwk": KEY.as_dict(private=False),
    "redirect_uris": [],
}
WEB = SERVICE | {
    "client_id": "service-gateway",
    "kind": "web",
    "redirect_uris": ["https://kith.example/back"],
}


def _written(folder: Path, content: object) -> Path:
    file = folder / "file.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return file


def test_clients_are_read(tmp_path: Path) -> None:
    clients = platform_clients.load(_written(tmp_path, [SERVICE, WEB]))
    assert set(clients) == {"service-search", "service-gateway"}
    assert clients["service-search"].scopes == {"events.read"}
    assert clients["service-gateway"].redirect_uris == {"https://kith.example/back"}
    assert [client.logs_people_in for client in clients.values()] == [False, True]


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "search"},
        {"client_id": "service-a b"},
        {"kind": "system"},
        {"kind": "robot"},
        {"scopes": ["events.read audit.read"]},
        {"scopes": "events.read"},
        {"public_jwk": KEY.as_dict(private=True)},
        {"public_jwk": "text"},
        {"redirect_uris": ["https://kith.example/back"]},
        {"secret": "x"},
        {"redirect_uris": None},
    ],
    ids=str,
)
def test_a_wrong_entry_is_refused_and_not_repeated(tmp_path: Path, changed: dict[str, Any]) -> None:
    with pytest.raises(UnusableFile) as raised:
        platform_clients.load(_written(tmp_path, [WEB, SERVICE | changed]))
    assert raised.value.setting == "KITH_PLATFORM_CLIENTS_FILE"
    assert raised.value.problem.startswith("1")
    assert str(KEY.as_dict(private=True)["d"]) not in raised.value.problem


@pytest.mark.parametrize(
    "content", ["", "{}", "[", [SERVICE, SERVICE]], ids=["empty", "object", "half", "twice"]
)
def test_a_wrong_list_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(UnusableFile):
        platform_clients.load(_written(tmp_path, content))


def test_the_first_key_signs_and_all_are_published(tmp_path: Path) -> None:
    keys = [ECKey.generate_key("P-256", {"kid": kid}) for kid in ("new", "old")]
    loaded = SigningKeys.load(_written(tmp_path, {"keys": [key.as_dict(private=True) for key in keys]}))
    token = jws.deserialize_compact(loaded.sign("at+jwt", {"sub": "x"}), keys[0], algorithms=["ES256"])
    assert token.headers() == {"alg": "ES256", "typ": "at+jwt", "kid": "new"}
    assert [key["kid"] for key in loaded.published["keys"]] == ["new", "old"]
    assert not any("d" in key for key in loaded.published["keys"])


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        {"keys": []},
        {"keys": [KEY.as_dict(private=False)]},
        {"keys": [KEY.as_dict(private=True), KEY.as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]},
        {"keys": [ECKey.generate_key("P-384", {"kid": "one"}).as_dict(private=True)]},
        {"keys": [{"kty": "oct", "k": "c2VjcmV0"}]},
    ],
    ids=["empty", "list", "none", "public", "same id twice", "no id", "other curve", "secret"],
)
def test_wrong_signing_keys_are_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(UnusableFile) as raised:
        SigningKeys.load(_written(tmp_path, content))
    assert raised.value.setting == "KITH_SIGNING_KEYS_FILE"
