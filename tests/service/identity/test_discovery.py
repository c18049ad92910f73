"""What the issuer says about itself, and how it starts and stops."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from authlib.oidc.discovery import OpenIDProviderMetadata

from tests.service.identity.browser import Browser
from tests.service.identity.running import Identity, platform_files


async def test_the_metadata_are_what_the_standard_wants(identity: Identity) -> None:
    answer = await identity.http.get("/.well-known/openid-configuration")
    said = answer.json()
    # The standard knows no http; on one machine there is no other way.
    encrypted = {
        name: value.replace("http:", "https:") if isinstance(value, str) else value
        for name, value in said.items()
    }
    # That there is no RS256 is wanted (S6).
    encrypted["id_token_signing_alg_values_supported"] = ["ES256", "RS256"]
    OpenIDProviderMetadata(encrypted).validate()
    assert said["id_token_signing_alg_values_supported"] == ["ES256"]
    assert said["issuer"] == identity.issuer
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        assert said[name].startswith(f"{identity.issuer}/")


async def test_all_keys_are_published_and_no_private_one(identity: Identity) -> None:
    keys = (await identity.http.get("/jwks.json")).json()["keys"]
    assert [key["kid"] for key in keys] == ["new", "old"]
    assert all(set(key) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for key in keys)


async def test_the_login_page_finds_its_style_sheets(identity: Identity, browser: Browser) -> None:
    page = await browser.open()
    addresses = re.findall(r'<link rel="\w+" href="([^"]+)"', page.text)
    assert len(addresses) >= 2
    for address in addresses:
        answer = await identity.http.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
    other_release = addresses[0].replace("/static/", "/static/0")
    assert (await identity.http.get(other_release)).status_code == 404


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"KITH_LOCAL_MODE": "0"}, "must be https"),
        ({"KITH_SIGNING_KEYS_FILE": "/nonexistent"}, "KITH_SIGNING_KEYS_FILE: No such file"),
        ({"KITH_PLATFORM_CLIENTS_FILE": "KEYS"}, "KITH_PLATFORM_CLIENTS_FILE: "),
        ({"KITH_ISSUER": "http://127.0.0.1:1/"}, "KITH_ISSUER: "),
    ],
    ids=["http outside local mode", "no keys", "not a list of clients", "trailing slash"],
)
def test_it_does_not_start_with_wrong_settings(
    tmp_path: Path, settings: dict[str, str], complaint: str
) -> None:
    _, good = platform_files(tmp_path)
    chosen = {name: value.replace("KEYS", good["KITH_SIGNING_KEYS_FILE"]) for name, value in settings.items()}
    environment = {
        "PATH": os.environ["PATH"],
        "KITH_LOCAL_MODE": "1",
        "KITH_DATABASE_URL_FILE": str(tmp_path / "dsn"),
        "KITH_KEYRING_FILE": str(tmp_path / "keyring"),
        "KITH_ISSUER": "http://127.0.0.1:1",
        **good,
        **chosen,
    }
    done = subprocess.run(
        [sys.executable, "-m", "services.identity"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
