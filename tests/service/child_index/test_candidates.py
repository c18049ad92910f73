"""Which children a search looks at, and what is counted of those it shows, on a real database (DESIGN 6; S17)."""

import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.chassis import database
from services.chassis.database import Connection, Database
from services.child_index import candidate_store, disclosure_store
from services.child_index.candidate_store import Asked, Named
from services.child_index.disclosure_store import Disclosure
from tests.fixtures.postgres import ServiceDatabases

SCHOOL, POLICE = UUID(int=1), UUID(int=2)
_NUMBERS = count(1)


@dataclass
class Keys:
    """A child index of which only the keys matter."""

    database: Database

    async def child(
        self,
        *keys: int,
        hidden: tuple[int, ...] = (),
        organisation: UUID = SCHOOL,
        look_alike: bool = False,
        age_seconds: int = 60,
    ) -> UUID:
        """Add a child with one record and its keys."""
        child_id, record_id = UUID(int=next(_NUMBERS)), uuid4()
        async with self.database.transaction() as connection:
            await connection.execute(
                "INSERT INTO child (id, version, wrapped_key) VALUES ($1, 1, '')", child_id
            )
            await connection.execute(
                "INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts,"
                " model_version, look_alike, update_time)"
                " VALUES ($1, $2, $3, $4, '', 'x', $5, now() - make_interval(secs => $6))",
                record_id,
                child_id,
                organisation,
                secrets.token_bytes(32),
                look_alike,
                age_seconds,
            )
            await connection.executemany(
                "INSERT INTO child_key (key, source_record_id, child_id, visible) VALUES ($1, $2, $3, $4)",
                [(key, record_id, child_id, key not in hidden) for key in {*keys, *hidden}],
            )
        return child_id

    async def find(self, *asked: Asked, organisation: UUID = POLICE) -> list[list[UUID]]:
        """The children found for each question, in their order."""
        async with self.database.connection() as connection:
            found = await candidate_store.find_candidates(connection, asked, organisation)
        return [list(dict.fromkeys(one.sealed.child_id for one in records)) for records in found]


@pytest_asyncio.fixture(loop_scope="session")
async def keys(service_database: ServiceDatabases) -> AsyncIterator[Keys]:
    made = await service_database("child_index")
    async with database.pool(made.app_url_file, name="test") as pool:
        yield Keys(pool)


def asked(weights: dict[int, int], named: list[UUID] | None = None) -> Asked:
    """A question by its keys; whom the search engine names, each as heavy as can be."""
    found = None if named is None else [Named(child_id, float(sum(weights.values()))) for child_id in named]
    return Asked(list(weights), list(weights.values()), found)


async def test_by_the_weight_of_what_they_share(keys: Keys) -> None:
    """Not by the number of keys."""
    many, heavy = await keys.child(1, 2, 3), await keys.child(4)
    await keys.child(9)
    assert await keys.find(asked({1: 2, 2: 2, 3: 2, 4: 9})) == [[heavy, many]]


async def test_a_key_that_several_records_have_counts_once(keys: Keys) -> None:
    twice, once = await keys.child(1), await keys.child(1, 2)
    async with keys.database.connection() as connection:
        await _another_record(connection, twice, 1)
    assert await keys.find(asked({1: 4, 2: 1})) == [[once, twice]]


@pytest.mark.parametrize("by_name", [False, True], ids=["own table", "engine"])
async def test_hidden_keys_find_nobody_and_take_no_place(keys: Keys, by_name: bool) -> None:
    """DOMAIN 2.6 no. 4: however many are hidden, the visible one is looked at."""
    hidden = [await keys.child(2, hidden=(1,)) for _ in range(candidate_store.MOST_CANDIDATES + 10)]
    shown = await keys.child(1)
    named = [*hidden, shown] if by_name else None
    assert await keys.find(asked({1: 5}, named)) == [[shown]]


async def test_at_most_so_many_and_the_heaviest(keys: Keys) -> None:
    light = [await keys.child(1) for _ in range(candidate_store.MOST_CANDIDATES + 5)]
    heavy = await keys.child(1, 2)
    (found,) = await keys.find(asked({1: 5, 2: 1}))
    assert len(found) == candidate_store.MOST_CANDIDATES
    assert (found[0], found[1]) == (heavy, light[0])


async def test_named_ones_only_with_a_current_key_and_own_fresh_ones_besides(keys: Keys) -> None:
    """DESIGN 6: ids without a current visible key in common are dropped, whoever named them; read your writes."""
    named, stale = await keys.child(1), await keys.child(9)
    fresh = await keys.child(1, age_seconds=5)
    await keys.child(1, age_seconds=60)
    question = asked({1: 5}, [named, stale])
    assert await keys.find(question, organisation=POLICE) == [[named]]
    assert await keys.find(question, organisation=SCHOOL) == [[named, fresh]]


@pytest.mark.parametrize("by_name", [False, True], ids=["own table", "engine"])
async def test_own_look_alike_is_found_by_what_is_hidden_from_others(keys: Keys, by_name: bool) -> None:
    """DESIGN 5 no. 8: whoever sent it is not to notice that it was held back."""
    await keys.child(hidden=(1,), organisation=POLICE)
    held = await keys.child(hidden=(1,), organisation=SCHOOL, look_alike=True)
    question = asked({1: 5}, [] if by_name else None)
    assert await keys.find(question, organisation=SCHOOL) == [[held]]
    assert await keys.find(question, organisation=POLICE) == [[]]


async def test_many_questions_have_each_their_own_answer(keys: Keys) -> None:
    one, other, both = await keys.child(1), await keys.child(2), await keys.child(1, 2)
    found = await keys.find(
        asked({1: 5}), asked({2: 5}, [other]), asked({3: 5}), asked({1: 3, 2: 5}), asked({1: 5}, [both])
    )
    assert found == [[one, both], [other], [], [both, other, one], [both]]


async def test_who_feeds_the_index_and_since_when(keys: Keys) -> None:
    """DOMAIN 2.6 no. 5."""
    for organisation, age in ((SCHOOL, 500), (POLICE, 70), (SCHOOL, 60), (POLICE, 900)):
        await keys.child(1, organisation=organisation, age_seconds=age)
    async with keys.database.connection() as connection:
        known = await candidate_store.coverage(connection)
        newest = await connection.fetch(
            "SELECT organisation_id, max(update_time) AS last FROM source_record GROUP BY 1 ORDER BY 1"
        )
    assert known == [(row["organisation_id"], row["last"]) for row in newest]
    assert len(known) == 2


@pytest.mark.parametrize("in_turn", [False, True])
async def test_budget_counts_different_children(keys: Keys, in_turn: bool) -> None:
    """S17: the same child again costs nothing; at the limit nothing is counted and no record written."""
    children = [UUID(int=number) for number in range(5)]

    async def show(*shown: list[UUID], limit: int = 3) -> list[bool] | None:
        async with keys.database.connection() as connection:
            return await disclosure_store.disclose(
                connection,
                subject="somebody",
                limit=limit,
                in_turn=in_turn,
                disclosures=[Disclosure(uuid4(), b"x", child_ids) for child_ids in shown],
            )

    assert await show(children[:1], children[:1], [], children[:2]) == [True] * 4
    assert await show(children[1:4]) == [True]
    assert await show(children[:1]) == [False]
    assert await show(children[4:], limit=6) == [True]
    assert await show([], children[:1], limit=5) == [False, False]
    async with keys.database.connection() as connection:
        assert await connection.fetchval("SELECT count(*) FROM disclosure") == len(children)
        assert await connection.fetchval("SELECT count(*) FROM chassis.audit_outbox") == 6


async def test_with_too_many_records_waiting_nothing_is_shown(keys: Keys) -> None:
    """DESIGN 5 no. 16: an answer nobody could account for is not given, and not counted."""
    disclosure = Disclosure(uuid4(), b"x", [UUID(int=1)])
    async with keys.database.connection() as connection:
        await connection.execute(
            "INSERT INTO chassis.audit_outbox (record_id, payload, create_time)"
            " VALUES (gen_random_uuid(), '', now() - interval '25 hours')"
        )
        told = await disclosure_store.disclose(
            connection, subject="somebody", limit=3, in_turn=True, disclosures=[disclosure]
        )
        assert told is None
        assert await connection.fetchval("SELECT count(*) FROM disclosure") == 0


@pytest.mark.parametrize("by_name", [False, True], ids=["own table", "engine"])
@pytest.mark.parametrize("look_alike", [False, True], ids=["ordinary", "look-alike"])
async def test_an_own_look_alike_weighs_what_it_would_if_it_were_none(
    keys: Keys, by_name: bool, look_alike: bool
) -> None:
    """DESIGN 5 no. 8: else whom it leaves behind would say that it is one."""
    visible, hidden = ((), (1,)) if look_alike else ((1,), ())
    held = await keys.child(*visible, hidden=hidden, organisation=SCHOOL, look_alike=look_alike)
    other = await keys.child(3)
    async with keys.database.connection() as connection:
        await _another_record(connection, held, 2, POLICE)
    weights = {1: 5, 2: 5, 3: 1}
    named = [Named(held, 5.0 if look_alike else 10.0), Named(other, 1.0)]
    question = Asked(list(weights), list(weights.values()), named if by_name else None)
    assert await keys.find(question, organisation=SCHOOL) == [[held]]


async def _another_record(
    connection: Connection, child_id: UUID, key: int, organisation: UUID = SCHOOL
) -> None:
    record_id = uuid4()
    await connection.execute(
        "INSERT INTO source_record (id, child_id, organisation_id, local_key_hash, sealed_facts, model_version)"
        " VALUES ($1, $2, $3, $4, '', 'x')",
        record_id,
        child_id,
        organisation,
        secrets.token_bytes(32),
    )
    await connection.execute("INSERT INTO child_key VALUES ($1, $2, $3, true)", key, record_id, child_id)
