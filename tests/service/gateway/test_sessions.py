import asyncio
from datetime import timedelta

import asyncpg
import pytest
from structlog.testing import capture_logs

from services.chassis import database
from services.chassis.keyring import Keyring
from services.gateway import sessions
from services.gateway.session import SigningIn
from services.gateway.session_seal import USE, SessionSeal
from services.gateway.sessions import Sessions
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabases

_SIGNING_IN = SigningIn(state="s", nonce="n", verifier="v")


async def test_a_sweep_that_the_database_refuses_is_tried_again(
    service_database: ServiceDatabases, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F10: the process lives on, and what is over goes when the database lets it."""
    monkeypatch.setattr(sessions, "_SWEEP_SECONDS", 0.02)
    home = await service_database("gateway")
    seal = SessionSeal(Keyring({USE: "1"}, {USE: {"1": bytes(32)}}))
    owner = await asyncpg.connect(home.owner_dsn)
    async with database.pool(home.app_url_file, name="test") as pool:
        kept = Sessions(pool, seal)
        await kept.begin(_SIGNING_IN)
        await owner.execute("UPDATE web_session SET use_time = now() - $1::interval", timedelta(hours=1))
        await owner.execute("REVOKE DELETE ON web_session FROM kith_gateway_app")
        with capture_logs() as logged:
            sweeping = asyncio.create_task(kept.sweep())
            await eventually(lambda: logged or sweeping.done())
            await owner.execute("GRANT DELETE ON web_session TO kith_gateway_app")

            async def swept() -> bool:
                assert not sweeping.done()
                left: int = await owner.fetchval("SELECT count(*) FROM web_session")
                return left == 0

            await eventually(swept)
        sweeping.cancel()
        await asyncio.wait([sweeping])
    await owner.close()
