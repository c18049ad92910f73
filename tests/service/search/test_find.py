"""Finding a child by any sensible subset of facts, on a real database (DESIGN 6; issue "Matching and search")."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from google.type import date_pb2

from kith.childindex.v1 import child_pb2, match_pb2
from services.chassis import access
from services.chassis.errors import InvalidArgument, Unavailable
from services.chassis.seal import Sealer
from services.child_index.refusals import BudgetSpent
from services.child_index.shielding import Shielding
from services.matching import load_model
from tests.fixtures.postgres import ServiceDatabases
from tests.service.search.lookup import (
    CONNECTIONS,
    NURSE,
    POLICE,
    SCHOOL,
    Lookup,
    SearchEngine,
    age_on,
    facts,
    lookup,
    nurse,
    of,
    query,
    system,
)

CERTAIN, PROBABLE = match_pb2.GRADE_CERTAIN, match_pb2.GRADE_PROBABLE
BORN = (2014, 5, 14)


@pytest_asyncio.fixture(loop_scope="session")
async def kith(service_database: ServiceDatabases) -> AsyncIterator[Lookup]:
    """A lookup path without OpenSearch, with 30 children that nobody looks for."""
    async with lookup(service_database) as made:
        for number in range(30):
            await made.register(
                facts(
                    given=("Barnaby", "Quentin", "Rosalind")[number % 3],
                    family=("Abernathy", "Osei", "Vandermeer", "Quillfeather", "Lindqvist")[number % 5],
                    born=(2009 + number % 9, 1 + number % 12, 1 + number % 28),
                    postcode=f"ZY{1 + number % 3} {number % 10}BC",
                )
            )
        yield made


def known() -> child_pb2.Facts:
    """A child of whom everything is known, under three names and at two addresses."""
    child = facts(
        school_name="Canal Street Primary School",
        carers=[child_pb2.Carer(given_name="Marguerite", family_name="Abara")],
        gender=child_pb2.Facts.GENDER_FEMALE,
    )
    child.names[0].other_given_names = "Philippa"
    child.names.add(given_name="Ottilie", family_name="Waverley", use=child_pb2.Name.USE_FORMER)
    child.names.add(given_name="Poppet", family_name="Fenwick", use=child_pb2.Name.USE_NICKNAME)
    child.addresses.add(postcode="ZY7 1AA", use=child_pb2.Address.USE_FORMER)
    return child


def partial(year: int = 0, month: int = 0, day: int = 0, accuracy: str = "") -> child_pb2.BirthDate:
    return child_pb2.BirthDate(date=date_pb2.Date(year=year, month=month, day=day), accuracy=accuracy)


SUBSETS: dict[str, match_pb2.Query] = {
    "both names and the date": query(),
    "names the other way round": query("Fenwick", "Ottilie"),
    "misspelt names": query("Otilly", "Fennick"),
    "a former name": query(family="Waverley"),
    "a pet name": query("Poppet"),
    "a known-as name beside another": query(
        "Theodora", "Smith", other_names=[child_pb2.Name(given_name="Ottilie", family_name="Fenwick")]
    ),
    "another given name in place of the first": query("Philippa"),
    "day and month swapped": query(born=(2014, 5, 14), other_given_names="Philippa"),
    "year and month": query(born=None, birth_date=partial(2014, 5), postcode="ZY9 4AA"),
    "year alone, with the postcode's first half": query(born=None, birth_date=partial(2014), postcode="ZY9"),
    "an unknown day filled in": query(born=None, birth_date=partial(2014, 5, 1, "UAA"), postcode="ZY9 4AA"),
    "an estimated date": query(born=None, birth_date=partial(2014, 1, 1, "EEA"), postcode="ZY9 4AA"),
    "age and postcode": query(born=None, age=age_on(BORN), postcode="ZY9 4AA"),
    "names and age": query(born=None, age=age_on(BORN)),
    "age and school": query(born=None, age=age_on(BORN), school_name="Canal Street Primary"),
    "names and the postcode": query(born=None, postcode="ZY9 4AA"),
    "an earlier postcode": query(born=None, postcode="ZY7 1AA"),
    "given name, date and postcode": query(family="", postcode="ZY9 4AA"),
    "family name, date and postcode": query(given="", postcode="ZY9 4AA"),
    "names, age and a parent": query(
        born=None,
        age=age_on(BORN),
        carers=[child_pb2.Carer(given_name="Margaret", family_name="Abara")],
    ),
    "everything": query(
        postcode="ZY9 4AA",
        gender=child_pb2.Facts.GENDER_FEMALE,
        other_given_names="Philippa",
        school_name="Canal Street Primary",
        carers=[child_pb2.Carer(given_name="Marguerite", family_name="Abara")],
    ),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def town(service_database: ServiceDatabases) -> AsyncIterator[Lookup]:
    """A lookup path that knows the child; nothing of it is changed."""
    async with lookup(service_database) as made:
        await made.register(known())
        for given, family in (("Barnaby", "Fenwick"), ("Ottilie", "Osei"), ("Rosalind", "Quillfeather")):
            await made.register(facts(given, family, born=(2012, 3, 9), postcode="ZY2 1AB"))
        yield made


@pytest.mark.parametrize("asked", SUBSETS.values(), ids=SUBSETS)
async def test_found_by_any_sensible_subset(town: Lookup, asked: match_pb2.Query) -> None:
    found = await town.find(asked)
    assert found.matches, found
    best = found.matches[0]
    assert (best.name.given_name, best.name.family_name) == ("Ottilie", "Fenwick")
    assert found.model_version


TOO_LITTLE: dict[str, tuple[match_pb2.Query, str]] = {
    "nothing": (match_pb2.Query(), "given_name"),
    "a given name": (query("Ottilie", "", born=None), "family_name"),
    "a family name": (query("", "Fenwick", born=None), "given_name"),
    "names alone": (query(born=None), "birth_date"),
    "a postcode": (match_pb2.Query(postcode="ZY9 4AA"), "given_name"),
    "a placeholder": (query("Baby", "", born=None, postcode="ZY9 4AA"), "given_name"),
    "wildcards": (query("***", "???", born=None), "given_name"),
}


@pytest.mark.parametrize(("asked", "field"), TOO_LITTLE.values(), ids=TOO_LITTLE)
async def test_too_little_names_the_field_and_says_what_to_add(
    town: Lookup, asked: match_pb2.Query, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await town.find(asked)
    assert refused.value.reason == "QUERY_TOO_BROAD"
    ((named, advice),) = refused.value.violations
    assert named == f"query.{field}"
    assert advice.startswith("Add ")


async def test_a_flood_of_a_common_name_shows_nobody_and_asks_for_one_more_fact(kith: Lookup) -> None:
    """Nobody is disclosed, and nothing of the budget is spent."""
    for number in range(25):
        await kith.register(
            facts(
                "Mohammed", "Ali", born=(2014, 1 + number % 12, 1 + number), postcode=f"ZY9 {number % 10}AA"
            )
        )
    asker = nurse("somebody")
    found = await kith.find(
        query("Mohammed", "Ali", born=None, birth_date=partial(2014), postcode="ZY9"), asker
    )
    assert found.too_many
    assert found.ambiguous
    assert not found.matches
    assert found.ask_next
    assert set(found.ask_next) <= set(match_pb2.Query.DESCRIPTOR.fields_by_name)
    (record,) = await kith.access_records()
    assert (record.subject, list(record.child_ids)) == ("somebody", [])
    assert record.model_version == found.model_version
    one = await kith.find(query("Mohammed", "Ali", born=(2014, 3, 3), postcode="ZY9 2AA"), asker)
    assert one.matches[0].grade == CERTAIN
    assert not one.too_many


async def test_a_made_up_fact_makes_no_list_of_a_flood(kith: Lookup) -> None:
    """Nobody may list children by their names, not by adding what is true of none of them either."""
    for number in range(15):
        await kith.register(
            facts(
                "Wilhelmina",
                "Zephaniah",
                born=(2014, 1 + number % 12, 1 + number),
                postcode=f"ZY{number} 1AA",
                gender=child_pb2.Facts.GENDER_FEMALE,
                school_name="Canal Street Primary School",
                carers=[child_pb2.Carer(given_name="Marguerite", family_name="Abara")],
            )
        )
    untrue: list[dict[str, Any]] = [
        {},
        {"gender": child_pb2.Facts.GENDER_MALE},
        {"school_name": "Nowhere Academy"},
        {"carers": [child_pb2.Carer(given_name="Zork", family_name="Blip")]},
        {"postcode": "QX1 1QQ"},
        {"birth_date": partial(2015)},
    ]
    for more in untrue:
        asked = {"born": None, "birth_date": partial(2014), "postcode": "", **more}
        found = await kith.find(query("Wilhelmina", "Zephaniah", **asked), nurse("somebody"))
        assert found.too_many, more
        assert found.ask_next


async def test_names_too_common_to_look_for_are_no_miss(kith: Lookup) -> None:
    """G10: two very common names and an age have no key of their own; "no match" would not be true."""
    await kith.register(facts("Mohammed", "Ali", born=(2014, 3, 3), postcode="ZY9 2AA"))
    year, gender = partial(2014), child_pb2.Facts.GENDER_MALE
    for more in ({}, {"gender": gender}, {"school_name": "Nowhere"}):
        found = await kith.find(
            query("Mohammed", "Ali", born=None, birth_date=year, **more), nurse("somebody")
        )
        assert found.too_many
        assert not found.matches
        assert {"birth_date", "postcode"} <= set(found.ask_next)
        told = await kith.find(query("Mohammed", "Ali", born=None, birth_date=year, **more), system())
        assert not any((told.matches, told.too_many, told.ask_next))
    found = await kith.find(query("Mohammed", "Zephaniah", born=None, birth_date=year), nurse("somebody"))
    assert not found.too_many


async def test_a_flood_tells_a_system_nothing(kith: Lookup) -> None:
    """DESIGN 5 no. 6: the single certain match or nothing, and no hint of how many there are."""
    for number in range(15):
        await kith.register(
            facts("Mohammed", "Ali", born=(2014, 1 + number % 12, 1 + number), postcode=f"ZY{number} 1AA")
        )
    asked = query("Mohammed", "Ali", born=None, birth_date=partial(2014), postcode="ZY9")
    found = await kith.find(asked, system())
    assert not any((found.matches, found.too_many, found.ambiguous, found.more, found.ask_next))


async def test_own_write_is_found_at_once_while_the_engine_lags(service_database: ServiceDatabases) -> None:
    """Read your writes: what its own organisation wrote a moment ago; others find it when the engine has it."""
    async with lookup(service_database, engine=SearchEngine()) as kith:
        await kith.register(facts(), SCHOOL)
        assert [match.grade for match in (await kith.find(query(), of(SCHOOL))).matches] == [CERTAIN]
        assert not (await kith.find(query(), of(POLICE))).matches
        await kith.catch_up()
        assert [match.grade for match in (await kith.find(query(), of(POLICE))).matches] == [CERTAIN]


@pytest.mark.parametrize("lost", ["down", "late"])
async def test_without_the_engine_the_same_answers(service_database: ServiceDatabases, lost: str) -> None:
    """G10: never a short list; the child index looks in its own key table."""
    engine = SearchEngine()
    async with lookup(service_database, engine=engine) as kith:
        for given in ("Ottilie", "Rosalind", "Otto"):
            await kith.register(facts(given))
        await kith.catch_up()
        with_engine = await kith.find(query())
        assert engine.asked == 1
        engine.down, engine.in_step = lost == "down", lost != "late"
        without = await kith.find(query())
    assert with_engine.matches
    assert list(without.matches) != []
    for one, other in zip(with_engine.matches, without.matches, strict=True):
        assert (one.name, one.grade, one.probability, one.evidence) == (
            other.name,
            other.grade,
            other.probability,
            other.evidence,
        )


async def test_with_neither_engine_an_error_and_never_a_short_list(
    service_database: ServiceDatabases,
) -> None:
    """G10: OpenSearch is down, and the database of the child index gives no connection."""
    engine = SearchEngine()
    async with lookup(service_database, engine=engine) as kith, AsyncExitStack() as held:
        await kith.register(facts())
        engine.down = True
        for _ in range(CONNECTIONS):
            await held.enter_async_context(kith.database.connection())
        for one in (kith.find(query()), kith.find_many([query()])):
            with pytest.raises(Unavailable):
                await one


async def test_what_the_engine_names_without_a_current_key_is_dropped(
    service_database: ServiceDatabases,
) -> None:
    """DESIGN 6: also when it was named for a key that the child has no more."""
    engine = SearchEngine()
    async with lookup(service_database, engine=engine) as kith:
        await kith.register(facts(), SCHOOL)
        await kith.register(facts("Barnaby", "Osei", born=(2011, 2, 3), postcode="ZY1 1AA"), SCHOOL)
        await kith.catch_up()
        everything = {key for keys in engine.keys.values() for key in keys}
        engine.keys = dict.fromkeys(engine.keys, everything)
        found = await kith.find(query("Barnaby", "Osei", born=(2011, 2, 3)), of(POLICE))
    assert [match.name.given_name for match in found.matches] == ["Barnaby"]


async def test_a_shielded_child_shows_name_date_and_gender_alone(service_database: ServiceDatabases) -> None:
    """DESIGN 5 no. 7: and is found by those alone; a postcode neither finds it nor speaks for it."""
    async with lookup(service_database) as kith:
        made = await kith.register(known())
        await _shield(kith, made.child_id)
        found = await kith.find(query(postcode="ZY9 4AA", school_name="Canal Street Primary School"))
        by_address = await kith.find(query("Fenella", "Fenwick", born=None, postcode="ZY9 4AA"))
    (match,) = found.matches
    assert match.shielded
    assert (match.name.given_name, match.birth_date.year, match.gender) == (
        "Ottilie",
        2014,
        child_pb2.Facts.GENDER_FEMALE,
    )
    assert not any((match.area, match.school_name, match.HasField("matched_name")))
    told = {one.field: one.bits for one in match.evidence}
    assert told["postcode"] == 0
    assert not by_address.matches


async def _shield(kith: Lookup, child_id: UUID) -> None:
    shielding = Shielding(Sealer(kith.keyring), kith.keys, load_model())
    async with kith.database.transaction() as connection:
        await shielding.place(connection, child_id, access.own_work("child-index", "test"))


async def test_a_class_list_in_two_round_trips(service_database: ServiceDatabases) -> None:
    """One answer for each, in order; one access record for each with the children shown (G6)."""
    engine = SearchEngine()
    async with lookup(service_database, engine=engine) as kith:
        families = ["Abernathy", "Osei", "Vandermeer", "Quillfeather", "Lindqvist", "Fenwick"] * 5
        pupils = [
            facts(
                f"{given}", family, born=(2014, 1 + number % 12, 1 + number % 28), postcode=f"ZY{number} 1AA"
            )
            for number, (given, family) in enumerate(
                zip(["Ottilie", "Barnaby", "Rosalind", "Quentin", "Theodora"] * 6, families, strict=True)
            )
        ]
        for pupil in pupils:
            await kith.register(pupil)
        await kith.catch_up()
        asked = [
            match_pb2.Query(
                given_name=pupil.names[0].given_name,
                family_name=pupil.names[0].family_name,
                birth_date=pupil.birth_date,
                postcode=pupil.addresses[0].postcode,
            )
            for pupil in pupils
        ]
        found = await kith.find_many(asked, nurse("somebody"))
        records = await kith.access_records()
        assert {record.model_version for record in records} == {found.model_version}
        for asker in (nurse(), system()):
            engine.in_step = not engine.in_step
            assert [finding.matches[0].name for finding in (await kith.find_many(asked, asker)).findings] == [
                pupil.names[0] for pupil in pupils
            ]
    assert (engine.asked, kith.calls[0]) == (2, "BatchMatchCandidates")
    assert [finding.matches[0].name for finding in found.findings] == [pupil.names[0] for pupil in pupils]
    assert [len(record.child_ids) for record in records] == [
        len(finding.matches) for finding in found.findings
    ]
    assert found.model_version
    assert found.coverage


async def test_one_bad_query_of_many_loses_no_other(town: Lookup) -> None:
    """Each is refused as a single search would be, with the field at fault."""
    asked = [
        query(),
        query("Ottilie", "", born=None),
        query("Ottilie", "x" * 101),
        query("Otti\0lie"),
        query(born=None, birth_date=partial(2014, 13, 1)),
        query("Fenwick", "Ottilie"),
    ]
    found = await town.find_many(asked)
    assert [finding.matches[0].name.given_name if finding.matches else "" for finding in found.findings] == [
        "Ottilie", "", "", "", "", "Ottilie",
    ]  # fmt: skip
    assert [_fields(finding) for finding in found.findings] == [
        [],
        ["query.family_name"],
        ["query.family_name"],
        ["query.given_name"],
        ["query.birth_date"],
        [],
    ]


async def test_none_that_can_be_asked(town: Lookup) -> None:
    found = await town.find_many([match_pb2.Query(), match_pb2.Query(given_name="Ottilie")])
    assert [_fields(finding) for finding in found.findings] == [["query.given_name"], ["query.family_name"]]


@pytest.mark.parametrize("number", [0, 51])
async def test_a_list_of_none_or_too_many_is_refused(town: Lookup, number: int) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await town.find_many([query()] * number)
    assert [field for field, _ in refused.value.violations] == ["queries"]


async def test_the_budget_is_kept_within_a_list(service_database: ServiceDatabases) -> None:
    """S17: what comes after the limit was reached is refused by itself, and neither counted nor recorded."""
    families = ("Abernathy", "Osei", "Vandermeer", "Quillfeather", "Lindqvist")
    async with lookup(service_database, person_limit=3) as kith:
        for family in families:
            await kith.register(facts(family=family))
        asker = nurse()
        found = await kith.find_many([query(family=family) for family in families], asker)
        reasons = [_reason(finding) for finding in found.findings]
        assert reasons == ["", "", "", "DISCLOSURE_BUDGET_SPENT", "DISCLOSURE_BUDGET_SPENT"]
        assert len(await kith.access_records()) == 3
        with pytest.raises(BudgetSpent):
            await kith.find(query(family="Abernathy"), asker)


async def test_lists_sent_at_once_do_not_each_overspend(service_database: ServiceDatabases) -> None:
    """S17: one person's calls wait for each other."""
    families = ("Abernathy", "Osei", "Vandermeer", "Quillfeather", "Lindqvist", "Fenwick")
    async with lookup(service_database, person_limit=2) as kith:
        for family in families:
            await kith.register(facts(family=family))
        asker = nurse()
        found = await asyncio.gather(*(kith.find_many([query(family=family)], asker) for family in families))
        answered = [one for one in found if one.findings[0].matches]
    assert len(answered) == 2


async def test_two_about_equal_are_ambiguous(kith: Lookup) -> None:
    """The fact that tells them apart is asked for, by its name in the query; one that is left out is mentioned."""
    await kith.register(facts(born=(2014, 5, 3), postcode="ZY9 1AA"), NURSE)
    await kith.register(facts(born=(2014, 5, 27), postcode="ZY9 2BB"), SCHOOL)
    asked = query(born=None, birth_date=partial(2014, 5), postcode="ZY9")
    found = await kith.find(asked)
    assert len(found.matches) == 2
    assert found.ambiguous
    assert not found.more
    assert not any(match.grade == CERTAIN for match in found.matches)
    assert set(found.ask_next) & {"birth_date", "postcode"}
    first = await kith.find(asked, page_size=1)
    assert (len(first.matches), first.more) == (1, True)


def _fields(finding: match_pb2.Finding) -> list[str]:
    refused = _details(finding, error_details_pb2.BadRequest)
    return [violation.field for bad in refused for violation in bad.field_violations]


def _reason(finding: match_pb2.Finding) -> str:
    return next((info.reason for info in _details(finding, error_details_pb2.ErrorInfo)), "")


def _details(finding: match_pb2.Finding, kind: Any) -> list[Any]:
    found = []
    for detail in finding.error.details:
        message = kind()
        if detail.Unpack(message):
            found.append(message)
    return found
