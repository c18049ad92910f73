import asyncio
import re
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest
from google.protobuf.struct_pb2 import Struct

from deploy.local.postgres import socket_folder
from services.chassis import database, idempotency
from services.chassis.database import Database
from services.chassis.errors import FailedPrecondition, InvalidArgument
from services.chassis.keyring import Keyring
from tests.fixtures.commit_cutter import CommitCutter
from tests.fixtures.postgres import ServiceDatabase

CALLER = "organisation-1/RegisterChild"
EFFECT = "INSERT INTO effect (event_id, key, version) VALUES (gen_random_uuid(), gen_random_uuid(), 1)"


class Service:
    """Does one thing for each request: one row."""

    def __init__(self, pool: Database, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring

    async def do(self, request_id: str, name: str = "Jane Doe", caller: str = CALLER) -> bytes:
        request = Struct()
        request.update({"request_id": request_id, "name": name})
        async with (
            self._pool.transaction() as connection,
            idempotency.once(connection, self._keyring, caller, request_id, request) as attempt,
        ):
            if attempt.response is not None:
                return attempt.response
            await connection.execute(EFFECT)
            response = b"recorded for Jane Doe " + uuid.uuid4().bytes
            await attempt.save(response)
            return response

    async def effects(self) -> int:
        async with self._pool.connection() as connection:
            return int(await connection.fetchval("SELECT count(*) FROM effect"))


@pytest.fixture
def service(pool: Database, keyring: Keyring) -> Service:
    return Service(pool, keyring)


@pytest.fixture
def request_id() -> str:
    return str(uuid.uuid4())


async def test_the_same_request_gets_the_same_answer(service: Service, request_id: str) -> None:
    """F2."""
    answers = [await service.do(request_id) for _ in range(3)]
    assert len(set(answers)) == 1
    assert await service.effects() == 1


async def test_the_same_id_with_another_payload_is_refused(service: Service, request_id: str) -> None:
    await service.do(request_id)
    with pytest.raises(FailedPrecondition, match="REQUEST_ID_REUSED"):
        await service.do(request_id, name="John Doe")
    assert await service.effects() == 1


async def test_another_caller_has_ids_of_its_own(service: Service, request_id: str) -> None:
    first = await service.do(request_id)
    assert await service.do(request_id, caller="organisation-2/RegisterChild") != first
    assert await service.effects() == 2


async def test_an_id_that_is_none_is_refused(service: Service) -> None:
    with pytest.raises(InvalidArgument):
        await service.do("1")


async def test_concurrent_twins_have_one_effect(service: Service, request_id: str) -> None:
    """F43: eight at once; one acts, the others wait and get its answer."""
    answers = await asyncio.gather(*(service.do(request_id) for _ in range(8)))
    assert len(set(answers)) == 1
    assert await service.effects() == 1


async def test_a_twin_of_a_failed_attempt_is_the_first(
    pool: Database, service: Service, keyring: Keyring, request_id: str
) -> None:
    """F1: what was rolled back was never asked."""
    request = Struct()

    async def fail() -> None:
        async with (
            pool.transaction() as connection,
            idempotency.once(connection, keyring, CALLER, request_id, request),
        ):
            twin.append(asyncio.create_task(service.do(request_id)))
            await asyncio.sleep(0)
            raise ZeroDivisionError

    twin: list[asyncio.Task[bytes]] = []
    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await twin[0]).startswith(b"recorded")
    assert await service.effects() == 1


async def test_an_attempt_without_an_answer_is_a_defect(
    pool: Database, keyring: Keyring, request_id: str
) -> None:
    async def forget() -> None:
        async with (
            pool.transaction() as connection,
            idempotency.once(connection, keyring, CALLER, request_id, Struct()),
        ):
            await connection.execute(EFFECT)

    with pytest.raises(RuntimeError, match="without its answer"):
        await forget()
    async with pool.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM effect") == 0


async def test_answers_stay_readable_when_the_key_is_rotated(
    pool: Database, service: Service, request_id: str
) -> None:
    answer = await service.do(request_id)
    keys = {"request": {"1": b"\x01" * 32, "2": b"\x02" * 32}}
    assert await Service(pool, Keyring({"request": "2"}, keys)).do(request_id) == answer


async def test_neither_request_nor_answer_can_be_read_in_the_database(
    pool: Database, service: Service, request_id: str
) -> None:
    """DESIGN 5 no. 4: a stolen disk gives away no name."""
    await service.do(request_id)
    async with pool.connection() as connection:
        row = await connection.fetchrow("SELECT * FROM chassis.idempotency")
    assert row is not None
    assert b"Jane" not in row["response"]
    assert b"Jane" not in row["request_hash"]
    assert len(row["request_hash"]) == 16


@pytest.fixture
async def cutter(home: ServiceDatabase, tmp_path: Path) -> AsyncIterator[CommitCutter]:
    folder = tmp_path / "cut"
    folder.mkdir()
    made = CommitCutter(socket_folder(home.server.folder), folder)
    async with made.running():
        yield made


async def test_a_lost_answer_to_commit_has_one_effect(
    home: ServiceDatabase, cutter: CommitCutter, keyring: Keyring, request_id: str, tmp_path: Path
) -> None:
    """F3: the client is told nothing, the row is there; the retry finds the answer."""
    url_file = tmp_path / "url"
    url_file.write_text(re.sub(r"host=.*", f"host={cutter.folder}", home.app_dsn))
    async with database.pool(url_file, name="test") as pool:
        service = Service(pool, keyring)
        assert await service.effects() == 0
        cutter.arm()
        with pytest.raises(asyncpg.PostgresConnectionError):
            await service.do(request_id)
        assert cutter.cuts == 1
        assert await service.effects() == 1
        first = await service.do(request_id)
        assert await service.do(request_id) == first
        assert await service.effects() == 1
