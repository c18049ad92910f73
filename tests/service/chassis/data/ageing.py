"""Making rows older than they are."""

import asyncpg

from tests.fixtures.postgres import ServiceDatabase


async def age(home: ServiceDatabase, table: str, column: str, by: str) -> None:
    """Move a time of all rows of a table of the chassis into the past."""
    connection = await asyncpg.connect(home.superuser_dsn)
    try:
        await connection.execute(
            f"UPDATE chassis.{table} SET {column} = {column} - interval '{by}'"  # noqa: S608 - words of a test
        )
    finally:
        await connection.close()
