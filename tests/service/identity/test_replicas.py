"""Two replicas are one issuer, and one without its database gives nobody anything (G8)."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest_asyncio

from deploy.local import ports
from deploy.local.postgres import Postgres
from services.chassis.caller import TokenVerifier
from services.chassis.service_identity import ServiceIdentity
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import service_process
from tests.service.identity.assertions import authenticating, signed
from tests.service.identity.browser import Browser
from tests.service.identity.running import Identity, platform_files


@pytest_asyncio.fixture(loop_scope="session")
async def twin(identity: Identity, tmp_path: Path) -> AsyncIterator[Identity]:
    """A second replica of the service that `identity` is: other ports, the same everything else."""
    port = ports.free(twins=False)["issuer"]
    settings = identity.settings | {
        "KITH_ISSUER_PORT": str(port),
        "KITH_KEYRING_FILE": str(identity.process.keyring_file),
    }
    async with (
        service_process(identity.process.database, identity.issuer, tmp_path, settings) as process,
        httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http,
    ):
        yield Identity(process, identity.issuer, http, identity.keys, settings)


async def test_s9_an_assertion_used_at_one_is_used_at_the_other(identity: Identity, twin: Identity) -> None:
    form = {
        "grant_type": "client_credentials",
        **authenticating(signed("operator", identity.keys["operator"], identity.issuer)),
    }
    assert (await identity.http.post("/token", data=form)).status_code == 200
    assert (await twin.http.post("/token", data=form)).json() == {"error": "invalid_client"}


async def test_a_login_may_wander_between_them(identity: Identity, twin: Identity) -> None:
    person = await identity.person(await identity.organisation())
    browser = Browser(identity)
    page = await browser.open()
    browser.identity = twin
    answer = await browser.submit(page, person.username)
    code = httpx2.URL(answer.headers["location"]).params["code"]
    browser.identity = identity
    tokens = (await browser.exchange(code)).json()
    browser.identity = twin
    assert (await browser.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_service_gets_its_token_as_services_do(identity: Identity, tmp_path: Path) -> None:
    key_file = tmp_path / "key.json"
    key = identity.keys["service-search"].as_dict(private=True)
    key_file.write_text(json.dumps(key), encoding="utf-8")
    async with (
        ServiceIdentity("search", key_file, identity.issuer) as service,
        TokenVerifier(identity.issuer) as verifier,
    ):
        caller = await verifier.verify(await service.token())
    assert caller.service == "search"
    assert caller.scopes == {"events.read", "children.project"}


async def test_g8_g11_without_its_database_it_refuses_and_comes_back_by_itself(
    own_postgres: Postgres, tmp_path: Path
) -> None:
    database = await ServiceDatabases(own_postgres, tmp_path)("identity")
    port = ports.free(twins=False)["issuer"]
    issuer = f"http://127.0.0.1:{port}"
    keys, settings = platform_files(tmp_path)
    settings["KITH_ISSUER_PORT"] = str(port)
    async with (
        service_process(database, issuer, tmp_path, settings) as process,
        httpx2.AsyncClient(base_url=issuer, trust_env=False, timeout=10) as http,
    ):
        identity = Identity(process, issuer, http, keys, settings)
        person = await identity.person(await identity.organisation(end=timedelta(days=1)))
        own_postgres.kill()
        refused = await identity.ask("operator")
        assert (refused.status_code, refused.json()) == (503, {"error": "temporarily_unavailable"})
        assert refused.headers["retry-after"] == "1"
        page = await Browser(identity).log_in(person.username)
        assert page.status_code == 503
        assert "Please try again in a minute" in page.text
        assert person.username not in page.text
        assert (await http.get("/jwks.json")).status_code == 200
        again = Postgres.start(own_postgres.folder)
        try:
            assert (await identity.ask("operator")).status_code == 200
            assert await Browser(identity).code(person.username)
        finally:
            again.stop()


async def test_f30_it_stops_when_asked_to(identity: Identity, tmp_path: Path) -> None:
    port = ports.free(twins=False)["issuer"]
    settings = identity.settings | {"KITH_ISSUER_PORT": str(port)}
    async with service_process(identity.process.database, identity.issuer, tmp_path, settings) as process:
        # A connection that stays open is not waited for.
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as http:
            assert (await http.get("/jwks.json")).status_code == 200
            await process.channel.close()
            await process.process.stop()
        assert '"stopped"' in process.log
        assert '"error"' not in process.log
