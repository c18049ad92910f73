"""What comes near a shielded child is hidden with it, and its sender learns nothing (DESIGN 5 no. 8; DOMAIN 2.3)."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kith.childindex.v1 import child_pb2, shield_service_pb2
from services.identity.scopes import Role
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import Index, agency, child, new_keyring, person, query, replica, system

REFUGE, SCHOOL, HEALTH, DESK = agency(1), agency(2), agency(3), agency(4)
OFFICER = person(DESK, Role.SHIELD_OFFICER)
BORN = (2014, 5, 14)


@pytest_asyncio.fixture(loop_scope="session")
async def index(service_database: ServiceDatabases) -> AsyncIterator[Index]:
    """A child index with one shielded child, known as Ottilie Quillfeather too."""
    async with replica((await service_database("child_index")).app_url_file, new_keyring()) as made:
        facts = child(alias="Quillfeather")
        facts.nhs_number = "9990000018"
        await made.decide(person(REFUGE), "ShieldChild", await made.register(REFUGE, facts, "refuge"))
        yield made


async def shielded_child(index: Index) -> str:
    """The shielded child by the refuge's id."""
    rows = await index.rows("SELECT id FROM child WHERE shielded")
    return index.outward(rows[0]["id"], REFUGE)


def by_alias() -> child_pb2.Facts:
    """Facts that fit the shielded child through hidden fields alone."""
    return child(family="Quillfeather")


def by_number() -> child_pb2.Facts:
    """Certain, by the NHS number and the hidden name."""
    facts = child(family="Quillfeather", postcode="ZY1 1AA")
    facts.nhs_number = "9990000018"
    return facts


@pytest.mark.parametrize("facts", [by_alias(), by_number()], ids=["alias and postcode", "NHS number"])
async def test_only_hidden_fields_fit_so_it_is_a_child_of_its_own_born_shielded(
    index: Index, facts: child_pb2.Facts
) -> None:
    made = await index.register(SCHOOL, facts)
    born = index.internal(made, SCHOOL)
    assert born != index.internal(await shielded_child(index), REFUGE)
    others = await index.get(person(HEALTH), index.outward(born, HEALTH))
    assert others.shielded
    assert not others.facts.addresses
    guessed = await index.find(person(HEALTH), query("Ottilie", "Quillfeather", postcode="ZY9 4AA"))
    wrong = await index.find(person(HEALTH), query("Ottilie", "Quillfeather", postcode="ZX1 1AA"))
    assert guessed.matches == wrong.matches
    assert not any(match.area for match in guessed.matches)


async def test_its_sender_sees_it_as_if_nobody_were_shielded(index: Index) -> None:
    """A postcode in a made-up record must not say whether a shielded child lives there."""
    made = await index.register(SCHOOL, by_alias())
    for caller in (person(SCHOOL), system(SCHOOL)):
        shown = await index.get(caller, made)
        assert not shown.shielded
        assert [address.postcode for address in shown.facts.addresses] == ["ZY9 4AA"]
        assert shown.HasField("update_time")
    (match,) = (
        await index.find(person(SCHOOL), query("Ottilie", "Quillfeather", postcode="ZY9 4AA"))
    ).matches
    assert match.child_id == made
    assert not match.shielded
    assert match.area == "ZY9"


async def test_again_under_another_local_id_it_joins_what_was_sent_before(index: Index) -> None:
    first = await index.register(SCHOOL, by_alias(), "1")
    assert await index.register(SCHOOL, by_alias(), "2") == first


async def test_certain_on_visible_fields_links_as_always(index: Index) -> None:
    made = await index.register(SCHOOL, child(postcode="ZY1 1AA"))
    assert index.internal(made, SCHOOL) == index.internal(await shielded_child(index), REFUGE)
    assert (await index.get(person(SCHOOL), made)).shielded


async def test_the_officer_is_asked_and_can_say_that_it_is_another_child(index: Index) -> None:
    """DESIGN 5 no. 8; a decision of people outranks the machine: the same row tomorrow changes nothing."""
    made = await index.register(SCHOOL, by_alias(), "1")
    officers = index.outward(index.internal(made, SCHOOL), DESK)
    asked = await index.call(
        OFFICER, "ShieldService.ListShieldReviews", shield_service_pb2.ListShieldReviewsRequest()
    )
    (waiting,) = [one for one in asked.reviews if one.child_id == officers]
    assert not waiting.placed
    assert waiting.resembled_child_ids == [
        index.outward(index.internal(await shielded_child(index), REFUGE), DESK)
    ]
    await index.decide(OFFICER, "LiftShield", officers)
    await index.register(SCHOOL, by_alias(), "1")
    others = await index.get(person(HEALTH), index.outward(index.internal(made, SCHOOL), HEALTH))
    assert not others.shielded
    assert others.facts.addresses


async def test_an_officer_who_keeps_it_hidden_tells_the_sender_nothing(index: Index) -> None:
    made = await index.register(SCHOOL, by_alias())
    before = await index.get(person(SCHOOL), made)
    await index.decide(OFFICER, "ConfirmShield", index.outward(index.internal(made, SCHOOL), DESK))
    assert await index.get(person(SCHOOL), made) == before


async def test_a_record_that_comes_near_later_is_hidden_and_no_other_record_with_it(index: Index) -> None:
    """Written into a record night after night, guesses must show nothing either."""
    made = await index.register(SCHOOL, child("Barnaby", "Osei", born=(2012, 1, 9), postcode="ZY1 1AA"), "1")
    joined = await index.register(HEALTH, child("Barnaby", "Osei", born=(2012, 1, 9), postcode="ZY1 1AA"))
    assert index.internal(joined, HEALTH) == index.internal(made, SCHOOL)
    await index.register(SCHOOL, by_alias(), "1")
    own, others = await index.get(person(SCHOOL), made), await index.get(person(HEALTH), joined)
    assert not own.shielded
    assert {name.family_name for name in own.facts.names} == {"Osei", "Quillfeather"}
    assert not others.shielded
    assert [name.family_name for name in others.facts.names] == ["Osei"]
    assert [address.postcode for address in others.facts.addresses] == ["ZY1 1AA"]


async def test_a_right_guess_takes_nothing_away_that_others_recorded(index: Index) -> None:
    """What a nurse wrote about another child must not vanish where a guess in that child's record is right."""
    shown: list[child_pb2.Child] = []
    # The one guess is right in alias and postcode, the other in nothing.
    for family, guess, right in (
        ("Quillfeather", by_alias(), True),
        ("Abernathy", child("Grace", "Abernathy", born=(2016, 9, 7), postcode="ZX1 1AA"), False),
    ):
        born = child("Tomasz", family, born=(2011, 2, 3), postcode="ZX2 2BB")
        made = await index.register(SCHOOL, born, family)
        nurses = index.outward(index.internal(made, SCHOOL), HEALTH)
        await index.involve(person(HEALTH), nurses)
        await index.hold_caf(system(HEALTH), nurses)
        await index.lead(system(HEALTH), nurses)
        assert await index.register(SCHOOL, guess, family) == made
        shown += [await index.get(caller, made) for caller in (person(SCHOOL), system(SCHOOL))]
        await index.involve(person(HEALTH), nurses)
        # What is recorded of a hidden child is for nobody else.
        later = await index.get(person(SCHOOL), made)
        assert len(later.involvements) == (1 if right else 2)
    for one in shown:
        assert len(one.involvements) == 1
        assert one.HasField("caf")
        assert one.HasField("lead_professional")
        assert not one.shielded


async def test_what_was_there_before_the_shield_is_hidden_with_it(index: Index) -> None:
    """DOMAIN 2.3: any proposed match to a shielded child is shielded while it waits."""
    one = child("Rosalind", "Vandermeer", alias="Abernathy", postcode="ZX3 3AA")
    other = child("Rosalind", "Abernathy", postcode="ZX3 3AA")
    one.nhs_number, other.nhs_number = "9990000026", "9990000034"
    first, second = await index.register(SCHOOL, one), await index.register(HEALTH, other)
    assert index.internal(first, SCHOOL) != index.internal(second, HEALTH)
    await index.decide(person(SCHOOL), "ShieldChild", first)
    assert (await index.get(person(SCHOOL), index.outward(index.internal(second, HEALTH), SCHOOL))).shielded
    assert not (await index.get(person(HEALTH), second)).shielded
