import asyncio
from typing import NoReturn

import asyncpg
import pytest

from services.chassis.database import Connection, Database
from services.chassis.leader import lead
from tests.fixtures.eventually import eventually


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.ConnectionDoesNotExistError(),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("got result for unknown protocol state"),
        ConnectionResetError(),
        TimeoutError(),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_leads_again_after_whatever_the_loss_of_the_database_raises(
    pool: Database, error: Exception
) -> None:
    """F10: an idle connection that the server has left fails in any of these ways."""
    began: list[Exception | None] = []

    async def work(_: Connection) -> NoReturn:
        began.append(error if not began else None)
        if began[-1] is not None:
            raise began[-1]
        await asyncio.Event().wait()
        raise AssertionError("nobody sets it")

    leading = asyncio.create_task(lead(pool, "test", work))
    await eventually(lambda: len(began) == 2 or leading.done())
    assert began == [error, None]
    leading.cancel()
    await asyncio.wait([leading])


async def test_a_defect_of_the_work_goes_up(pool: Database) -> None:
    """What is no failure of the database ends the process, so that somebody learns of it."""

    async def work(_: Connection) -> NoReturn:
        raise KeyError("a defect")

    with pytest.raises(KeyError):
        await lead(pool, "test", work)
