"""One child, one id, however many register it at once (DESIGN 5 no. 11; CI-16), on a real database."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import asyncpg
import pytest_asyncio
from google.type import date_pb2

from kith.childindex.v1 import child_pb2
from services.chassis import access, database
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.child_index import store
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import open_children
from services.child_index.registration import Registered, Registrar
from services.matching import load_model
from tests.fixtures.postgres import ServiceDatabases

USES = ("facts", "match", "identifier", "child_id", "page_token", "request")
AGENCIES = [f"00000000-0000-4000-8000-{number:012d}" for number in range(10)]


@dataclass
class Index:
    """The registration part of the child index on a database of its own."""

    database: Database
    keys: MatchKeys
    registrar: Registrar
    sealer: Sealer
    dsn: str

    async def register(self, agency: str, facts: child_pb2.Facts, local_id: str = "1") -> Registered:
        """Register in a transaction of its own."""
        async with self.database.transaction() as connection:
            return await self.registrar.register(
                connection,
                local_key_hashes=self.keys.local_key(agency, "system", local_id),
                facts=facts,
                involvement=None,
                organisation_id=agency,
                decision=access.own_work("child-index", "test"),
            )

    async def count(self, table: str) -> int:
        """The rows of a table."""
        async with self.database.connection() as connection:
            counted: int = await connection.fetchval(f"SELECT count(*) FROM {table}")  # noqa: S608
            return counted


@pytest_asyncio.fixture(loop_scope="session")
async def index(service_database: ServiceDatabases) -> AsyncIterator[Index]:
    """A child index."""
    made = await service_database("child_index")
    keyring = Keyring(dict.fromkeys(USES, "1"), {use: {"1": secrets.token_bytes(32)} for use in USES})
    keys, sealer = MatchKeys(keyring), Sealer(keyring)
    async with database.pool(made.app_url_file, name="test", max_size=20) as pool:
        yield Index(pool, keys, Registrar(sealer, keys, load_model()), sealer, made.superuser_dsn)


def facts(
    given: str = "Ottilie", family: str = "Fenwick-Mbeki", postcode: str = "ZY9 4AA"
) -> child_pb2.Facts:
    """A child born on 14 May 2014."""
    return child_pb2.Facts(
        names=[child_pb2.Name(given_name=given, family_name=family)],
        birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=2014, month=5, day=14)),
        addresses=[child_pb2.Address(postcode=postcode)],
    )


async def test_ten_agencies_at_once_make_one_child(index: Index) -> None:
    """DESIGN 5 no. 11: measured elsewhere, a lock inside the lookup made ten."""
    families = ("Fenwick", "Quillfeather", "Abernathy", "Osei", "Vandermeer")
    for family in families:
        child = facts(family=family)
        made = await asyncio.gather(*(index.register(agency, child, family) for agency in AGENCIES))
        assert len({one.child_id for one in made}) == 1
    assert await index.count("child") == len(families)
    assert await index.count("source_record") == len(families) * len(AGENCIES)


async def test_misspelt_copy_joins_the_child(index: Index) -> None:
    """CI-16."""
    first = await index.register(AGENCIES[0], facts())
    second = await index.register(AGENCIES[1], facts(given="Otilie"))
    assert second.child_id == first.child_id


async def test_twins_stay_two_children(index: Index) -> None:
    """DESIGN 5 no. 11: twins are never merged by machine."""
    first = await index.register(AGENCIES[0], facts(given="Ottilie"))
    second = await index.register(AGENCIES[1], facts(given="Rosalind"))
    assert first.child_id != second.child_id


async def test_doubtful_pair_becomes_two_children_and_a_proposal(index: Index) -> None:
    """CI-16: conflicting NHS numbers are for people to settle."""
    one, other = facts(), facts()
    one.nhs_number, other.nhs_number = "9990000018", "9990000026"
    first = await index.register(AGENCIES[0], one)
    second = await index.register(AGENCIES[1], other)
    assert first.child_id != second.child_id
    assert await index.count("match_proposal") == 1


async def test_same_local_id_again_replaces_what_was_known(index: Index) -> None:
    """DESIGN 5 no. 2: the record stays with its child and its keys follow what it says."""
    first = await index.register(AGENCIES[0], facts())
    again = await index.register(AGENCIES[0], facts(postcode="ZY8 1BB"))
    assert again.child_id == first.child_id
    assert await index.count("source_record") == 1
    async with index.database.connection() as connection:
        records = await store.records_of(connection, first.child_id)
    (child,) = open_children(index.sealer, records, access.own_work("child-index", "test"))
    assert child.records[0].facts.addresses[0].postcode == "ZY8 1BB"


async def test_versions_and_events_grow_together(index: Index) -> None:
    """G4: an event for every version, without a gap."""
    first = await index.register(AGENCIES[0], facts())
    await asyncio.gather(*(index.register(agency, facts()) for agency in AGENCIES[1:5]))
    async with index.database.connection() as connection:
        versions = await connection.fetch(
            "SELECT version FROM chassis.outbox WHERE key = $1 ORDER BY position", first.child_id
        )
        current = await connection.fetchval("SELECT version FROM child WHERE id = $1", first.child_id)
    assert [row["version"] for row in versions] == list(range(1, current + 1))


async def test_nothing_readable_is_stored(index: Index) -> None:
    """DESIGN 5 no. 4: neither a name nor an identifier stands in any column."""
    child = facts()
    child.nhs_number = "9990000018"
    await index.register(AGENCIES[0], child, local_id="LOCAL-4711")
    connection = await asyncpg.connect(index.dsn)
    try:
        rows = [
            str(row)
            for table in ("child", "source_record", "child_key", "identifier", "chassis.outbox")
            for row in await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608
        ]
    finally:
        await connection.close()
    assert rows
    for secret in ("Ottilie", "Fenwick", "ZY9", "9990000018", "LOCAL-4711"):
        assert not any(secret.casefold() in row.casefold() for row in rows)


async def test_a_record_keeps_the_version_of_the_model_that_decided_about_it(index: Index) -> None:
    """Sent again it stays with its child, whatever a later model would have said."""
    await index.register(AGENCIES[0], facts())
    later = replace(load_model(), model_version="later")
    index.registrar = Registrar(index.sealer, index.keys, later)
    await index.register(AGENCIES[0], facts(postcode="ZY9 5BB"))
    await index.register(AGENCIES[1], facts())
    async with index.database.connection() as connection:
        rows = await connection.fetch("SELECT model_version FROM source_record ORDER BY create_time")
    assert [row["model_version"] for row in rows] == [load_model().model_version, "later"]
