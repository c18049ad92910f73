"""A shield hides at once, from everyone, and nothing gives away what it hides (DESIGN 5 no. 7, 8; DOMAIN 2.5; S3)."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from kith.childindex.v1 import child_pb2, shield_service_pb2
from kith.childindex.v1.child_events_pb2 import ChildEvent
from services.chassis.errors import FailedPrecondition, InvalidArgument, PermissionDenied
from services.child_index import projection_store
from services.identity.scopes import Role
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import (
    Index,
    agency,
    child,
    day,
    new_keyring,
    person,
    query,
    replica,
    system,
)

SCHOOL, HEALTH, POLICE, DESK = agency(1), agency(2), agency(3), agency(4)
OFFICER = person(DESK, Role.SHIELD_OFFICER)
BORN = (2014, 5, 14)
HIDDEN_FIELDS = ("addresses", "school_name", "gp_name", "carers", "nhs_number", "upn")


@pytest_asyncio.fixture(loop_scope="session")
async def index(service_database: ServiceDatabases) -> AsyncIterator[Index]:
    """A child index."""
    async with replica((await service_database("child_index")).app_url_file, new_keyring()) as made:
        yield made


async def shielded(index: Index, facts: child_pb2.Facts | None = None) -> str:
    """A child that the school registered and then shielded, by the school's id."""
    child_id = await index.register(SCHOOL, facts or child(alias="Quillfeather"))
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    return child_id


async def seen_by(index: Index, child_id: str, organisation_id: str) -> str:
    """The school's child by another organisation's id."""
    return index.outward(index.internal(child_id, SCHOOL), organisation_id)


async def visible_keys(index: Index, child_id: str) -> set[int]:
    rows = await index.rows(
        "SELECT key FROM child_key WHERE child_id = $1 AND visible", index.internal(child_id, SCHOOL)
    )
    return {row["key"] for row in rows}


async def test_of_a_shielded_child_others_see_three_facts(index: Index) -> None:
    child_id = await shielded(index)
    for caller in (person(HEALTH), system(HEALTH), person(SCHOOL), OFFICER):
        shown = await index.get(caller, await seen_by(index, child_id, caller.organisation_id))
        assert shown.shielded
        assert [(name.given_name, name.family_name) for name in shown.facts.names] == [
            ("Ottilie", "Fenwick-Mbeki")
        ]
        assert shown.facts.birth_date.date.year == 2014
        assert shown.facts.gender == child_pb2.Facts.GENDER_FEMALE
        told = {field.name for field, _ in shown.ListFields()} | {
            field.name for field, _ in shown.facts.ListFields()
        }
        assert told == {"id", "facts", "shielded", "sensitive_checked", "names", "birth_date", "gender"}


async def test_a_system_gets_its_own_record_back_and_nothing_of_others(index: Index) -> None:
    """DESIGN 5 no. 6: own source records; its people are many, and see no more than others."""
    child_id = await index.register(SCHOOL, child(postcode="ZY9 4AA"))
    await index.register(HEALTH, child(postcode="ZY8 1BB"))
    await index.decide(person(POLICE), "ShieldChild", await seen_by(index, child_id, POLICE))
    shown = await index.get(system(SCHOOL), child_id)
    assert shown.shielded
    assert [address.postcode for address in shown.facts.addresses] == ["ZY9 4AA"]
    assert not (await index.get(person(SCHOOL), child_id)).facts.addresses


async def test_found_by_visible_fields_alone(index: Index) -> None:
    """DOMAIN 2.6 no. 4: what is hidden finds nobody, and makes no score better or worse."""
    await shielded(index)
    visible = query("Ottilie", "Fenwick-Mbeki", BORN)
    (match,) = (await index.find(person(HEALTH), visible)).matches
    assert match.shielded
    assert [match.area, match.school_name, match.HasField("matched_name")] == ["", "", False]
    for hidden in (
        query("Ottilie", "Quillfeather", postcode="ZY9 4AA"),
        query("Ottilie", "Quillfeather", BORN),
        query("", "Quillfeather", BORN, "ZY9 4AA"),
    ):
        found = await index.find(person(HEALTH), hidden)
        missed = hidden.__deepcopy__()
        missed.family_name, missed.postcode = "Abernathy", "ZY1 1AA"
        assert found.matches == (await index.find(person(HEALTH), missed)).matches
    guessed, wrong = (
        query("Ottilie", "Fenwick-Mbeki", BORN, "ZY9 4AA"),
        query("Ottilie", "Fenwick-Mbeki", BORN, "ZY1 1AA"),
    )
    assert (await index.find(person(HEALTH), guessed)).matches == (
        await index.find(person(HEALTH), wrong)
    ).matches


async def test_lifting_restores_every_key(index: Index) -> None:
    child_id = await index.register(SCHOOL, child(alias="Quillfeather"))
    await index.register(HEALTH, child(postcode="ZY8 1BB"))
    before = await visible_keys(index, child_id)
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    during = await visible_keys(index, child_id)
    assert during < before
    officers = await seen_by(index, child_id, DESK)
    await index.decide(OFFICER, "LiftShield", officers)
    assert await visible_keys(index, child_id) == before
    shown = await index.get(person(POLICE), await seen_by(index, child_id, POLICE))
    assert not shown.shielded
    assert shown.facts.addresses


async def test_only_visible_keys_reach_the_search_engine(index: Index) -> None:
    """DESIGN 5 no. 5."""
    child_id = await shielded(index)
    async with index.database.connection() as connection:
        (row,) = await projection_store.projections(
            connection, [index.internal(child_id, SCHOOL)], [index.key_version]
        )
    assert set(row["keys"]) == await visible_keys(index, child_id)
    stored = await index.rows(
        "SELECT DISTINCT key FROM child_key WHERE child_id = $1", index.internal(child_id, SCHOOL)
    )
    assert len(row["keys"]) < len(stored)


async def test_versions_advance_and_the_event_says_nothing(index: Index) -> None:
    """DESIGN 5 no. 14: a plain ChildChanged, so projections follow and nobody learns why."""
    child_id = await index.register(SCHOOL, child())
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    await index.decide(OFFICER, "LiftShield", await seen_by(index, child_id, DESK))
    rows = await index.rows(
        "SELECT version, payload FROM chassis.outbox WHERE key = $1 ORDER BY position",
        index.internal(child_id, SCHOOL),
    )
    assert [row["version"] for row in rows] == [1, 2, 3]
    happened = [ChildEvent.FromString(row["payload"]).WhichOneof("event") for row in rows]
    assert happened == ["child_registered", "child_changed", "child_changed"]


async def test_later_records_of_a_shielded_child_are_hidden_too(index: Index) -> None:
    child_id = await shielded(index)
    before = await visible_keys(index, child_id)
    joined = await index.register(HEALTH, child(postcode="ZY8 1BB"))
    assert index.internal(joined, HEALTH) == index.internal(child_id, SCHOOL)
    assert await visible_keys(index, child_id) == before


async def test_officers_decide_and_nobody_else(index: Index) -> None:
    child_id = await shielded(index)
    for caller in (
        person(SCHOOL),
        system(SCHOOL),
        person(DESK, Role.INDEX_DESK),
        person(DESK, Role.PRIVACY_OFFICER),
    ):
        for method in ("ConfirmShield", "ReviewShield", "LiftShield", "ListDisclosures"):
            with pytest.raises(PermissionDenied):
                await index.decide(caller, method, child_id)


@pytest.mark.parametrize("days", [-1, 0, 367], ids=["past", "today", "beyond a year"])
async def test_a_day_of_review_lies_ahead(index: Index, days: int) -> None:
    child_id = await seen_by(index, await shielded(index), DESK)
    with pytest.raises(InvalidArgument):
        await index.decide(OFFICER, "ConfirmShield", child_id, review_date=day(days))


async def test_what_waits_is_listed_until_decided(index: Index) -> None:
    first, second = await shielded(index), await shielded(index, child("Barnaby", "Osei", postcode="ZY1 1AA"))
    officers = {await seen_by(index, one, DESK) for one in (first, second)}

    async def waiting() -> dict[str, shield_service_pb2.ShieldReview]:
        found: dict[str, shield_service_pb2.ShieldReview] = {}
        token = ""
        while True:
            request = shield_service_pb2.ListShieldReviewsRequest(page_size=1, page_token=token)
            page = await index.call(OFFICER, "ShieldService.ListShieldReviews", request)
            found |= {one.child_id: one for one in page.reviews}
            token = page.next_page_token
            if not token:
                return found

    listed = await waiting()
    assert set(listed) == officers
    assert all(one.placed for one in listed.values())
    decided, other = sorted(officers)
    await index.decide(OFFICER, "ConfirmShield", decided)
    assert set(await waiting()) == {other}
    await index.rows("UPDATE shield SET review_date = current_date WHERE state = 2 RETURNING 1")
    assert set(await waiting()) == officers
    await index.decide(OFFICER, "ReviewShield", decided)
    await index.decide(OFFICER, "LiftShield", other)
    assert await waiting() == {}


async def test_who_saw_the_address_before_can_be_listed(index: Index) -> None:
    """Issue 4, capability 5: to be told to those who help the family move again."""
    child_id = await index.register(SCHOOL, child())
    seen = [f"practitioner-{number}" for number in range(3)]
    for subject in seen:
        await index.get(person(HEALTH, subject=subject), await seen_by(index, child_id, HEALTH))
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    officers = await seen_by(index, child_id, DESK)
    token, found = "", []
    while True:
        page = await index.decide(OFFICER, "ListDisclosures", officers, page_size=2, page_token=token)
        found += [one.subject for one in page.disclosures]
        token = page.next_page_token
        if not token:
            break
    assert found == seen


async def test_every_decision_leaves_an_access_record(index: Index) -> None:
    """S14."""
    child_id = await shielded(index)
    await index.decide(OFFICER, "LiftShield", await seen_by(index, child_id, DESK))
    rows = await index.rows("SELECT payload FROM chassis.audit_outbox ORDER BY position")
    methods = [row["payload"] for row in rows]
    assert b"ShieldService/ShieldChild" in methods[0]
    assert b"ShieldService/LiftShield" in methods[1]


async def test_what_others_hold_cannot_be_asked_by_writing(index: Index) -> None:
    """DESIGN 5 no. 7: a refusal that says that somebody leads would be an answer. Who holds or leads goes on."""
    held, bare = await index.register(SCHOOL, child()), await index.register(SCHOOL, child("Barnaby", "Osei"))
    await index.hold_caf(system(SCHOOL), held)
    await index.lead(system(SCHOOL), held)
    for child_id in (held, bare):
        await index.decide(person(SCHOOL), "ShieldChild", child_id)
        others = await seen_by(index, child_id, HEALTH)
        for write in (index.hold_caf, index.lead):
            with pytest.raises(FailedPrecondition) as refused:
                await write(system(HEALTH), others)
            assert refused.value.reason == "CHILD_SHIELDED"
    await index.hold_caf(system(SCHOOL), held)
    await index.lead(system(SCHOOL), held)


async def test_logging_an_involvement_widens_nothing(index: Index) -> None:
    """DESIGN 5 no. 6."""
    child_id = await shielded(index)
    others = await seen_by(index, child_id, HEALTH)
    before = await index.get(person(HEALTH), others)
    await index.involve(person(HEALTH), others)
    assert await index.get(person(HEALTH), others) == before


async def test_a_child_that_is_not_there_is_not_shielded(index: Index) -> None:
    with pytest.raises(PermissionDenied):
        await index.decide(person(SCHOOL), "ShieldChild", "00000000-0000-4000-8000-00000000abcd")


async def test_the_same_request_shields_once(index: Index) -> None:
    child_id = await index.register(SCHOOL, child())
    for _ in range(2):
        await index.decide(person(SCHOOL), "ShieldChild", child_id, request_id=agency(77))
    rows = await index.rows("SELECT version FROM child WHERE id = $1", index.internal(child_id, SCHOOL))
    assert rows[0]["version"] == 2


async def test_a_lifted_shield_can_be_placed_again_and_nothing_else(index: Index) -> None:
    child_id = await shielded(index)
    officers = await seen_by(index, child_id, DESK)
    await index.decide(OFFICER, "LiftShield", officers)
    for method in ("ConfirmShield", "ReviewShield", "LiftShield"):
        with pytest.raises(FailedPrecondition) as refused:
            await index.decide(OFFICER, method, officers)
        assert refused.value.reason == "SHIELD_STATE"
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    assert (await index.get(person(SCHOOL), child_id)).shielded


async def test_what_is_shown_tells_nobody_that_another_has_the_same_name(index: Index) -> None:
    """DESIGN 5 no. 7: an agency that writes a guess into its own record sees nothing of it in what others are shown."""
    facts = child()
    await index.register(HEALTH, facts, "written anew")
    child_id = await index.register(SCHOOL, facts)
    guessed = child(family="Fenwick-Mbeky")
    other = await index.register(POLICE, guessed)
    assert index.internal(other, POLICE) == index.internal(child_id, SCHOOL)
    await index.decide(person(SCHOOL), "ShieldChild", child_id)
    await index.register(HEALTH, guessed, "written anew")
    told = (await index.get(person(DESK), await seen_by(index, child_id, DESK))).facts
    assert told.names[0].family_name == facts.names[0].family_name
