"""One contract for both engines: a question gets the same answer from OpenSearch and from the key table (R11)."""

import random
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta

import pytest
import pytest_asyncio

from kith.childindex.v1 import child_pb2, match_pb2
from services.child_index import projection_store
from tests.fixtures.opensearch import OpenSearch
from tests.fixtures.postgres import ServiceDatabases
from tests.service.chassis.issuer import Issuer
from tests.service.search.children import KEY_VERSION
from tests.service.search.lookup import facts, query
from tests.service.search.served import Served, served_by, served_town

pytestmark = pytest.mark.engine("opensearch")

GIVEN = ("Ottilie", "Mohammed", "Catherine", "Aoife", "Jack", "Zainab", "Siobhan", "Muhammad", "Kate", "Olu")
FAMILY = (
    "Fenwick",
    "Ali",
    "O'Brien",
    "Smith-Jones",
    "Macdonald",
    "Okafor",
    "Nguyen",
    "Brown",
    "van der Berg",
)
FLOOD = 130
"""More of one name and day than a search engine names."""


def population() -> Iterator[child_pb2.Facts]:
    """A small town: common names, siblings at one address, and a flood of one name."""
    chance = random.Random(5)
    for number in range(160):
        born = date(2008, 1, 1) + timedelta(days=chance.randrange(6000))
        yield facts(
            given=chance.choice(GIVEN),
            family=chance.choice(FAMILY),
            born=(born.year, born.month, born.day),
            postcode=f"ZY{number // 20} {number % 10}AA",
        )
    for number in range(FLOOD):
        yield facts(
            "Barnaby", "Quillfeather", born=(2012, 3, 4), postcode=f"ZX{number // 10} {number % 10}BB"
        )


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(
    service_database: ServiceDatabases,
    issuer: Issuer,
    opensearch: OpenSearch,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Served]:
    folder = tmp_path_factory.mktemp("engines-agree")
    async with served_town(service_database, issuer, opensearch.url, "agree", folder) as served:
        for child in population():
            await served.town.register(child)
        await served.replica.filled()
        yield served


def questions() -> Iterator[tuple[str, match_pb2.Query]]:
    """Each with its name: exact, mistyped, partial, swapped, about nobody, about very many."""
    town = list(population())[:160]
    for number, child in enumerate(random.Random(6).sample(town, 12)):
        name, born = child.names[0], child.birth_date.date
        day = (born.year, born.month, born.day)
        given, family, postcode = name.given_name, name.family_name, child.addresses[0].postcode
        yield f"exact {number}", query(given, family, born=day, postcode=postcode)
        yield f"mistyped {number}", query(given[:-1] + "q", family, born=day)
        yield f"both mistyped {number}", query(given[1:], family + "e", born=day, postcode=postcode)
        yield f"swapped {number}", query(family, given, born=day)
        yield f"no day {number}", query(given, family, born=(born.year, born.month, 0), postcode=postcode)
        yield f"moved {number}", query(given, family, born=day, postcode="ZZ99 9ZZ")
    yield "nobody", query("Ignatius", "Featherstonehaugh", born=(2015, 2, 3))
    yield "very many", query("Barnaby", "Quillfeather", born=(2012, 3, 4))
    yield "one of very many", query("Barnaby", "Quillfeather", born=(2012, 3, 4), postcode="ZX7 7BB")


@pytest.mark.parametrize(("name", "asked"), [pytest.param(*one, id=one[0]) for one in questions()])
async def test_r11_the_same_answer_from_both(town: Served, name: str, asked: match_pb2.Query) -> None:
    """The same children in the same order with the same grades, reasons and advice."""
    answers = []
    for engine, in_step in (("opensearch", True), ("postgresql", False)):
        town.engine.forced = in_step
        before = served_by(engine)
        answers.append(await town.town.find(asked))
        assert served_by(engine) == before + 1
    assert answers[0] == answers[1]
    assert bool(answers[0].matches) == (name != "nobody")


async def test_r11_many_at_once_get_the_same_from_both(town: Served) -> None:
    asked = [one for _, one in questions()][:30]
    answers = []
    for in_step in (True, False):
        town.engine.forced = in_step
        answers.append(await town.town.find_many(asked))
    assert answers[0] == answers[1]


async def test_the_index_has_the_visible_keys_of_each_child(town: Served) -> None:
    """Key by key: what the table would find, the index finds."""
    async with town.town.database.connection() as connection:
        first, last = projection_store.id_range("")
        rows = await projection_store.projections_after(connection, first, last, 1000, [KEY_VERSION])
    assert len(rows) == len(await town.replica.in_index())
    for row in random.Random(7).sample(rows, 10):
        for key in row["keys"][:5]:
            sharing = sorted(str(one["child_id"]) for one in rows if key in one["keys"])
            found = sorted(await town.replica.named_by([key]))
            assert found == sharing if len(sharing) <= 100 else set(found) < set(sharing)
