"""Role by organisation by field: visible or not (S3; cases in shield_access.yaml)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
import yaml

from kith.childindex.v1 import child_pb2, match_pb2
from services.chassis.caller import Caller
from services.chassis.errors import PermissionDenied
from services.identity.scopes import Role
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import Index, agency, child, new_keyring, person, query, replica, system

CASES: Final = yaml.safe_load(
    (Path(__file__).parents[2] / "cases" / "shield_access.yaml").read_text(encoding="utf-8")
)
ORGANISATIONS: Final = {"supplier": agency(1), "second": agency(2), "other": agency(3), "refuge": agency(4)}
A, B = "ZY9 4AA", "ZX1 1BB"


@dataclass(frozen=True)
class Stage:
    """The children that the cases are about, by the internal id, and what each may be found by."""

    index: Index
    children: dict[str, tuple[Any, match_pb2.Query]]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def stage(service_database: ServiceDatabases) -> AsyncIterator[Stage]:
    """Made once: the cases only look."""
    async with replica((await service_database("child_index")).app_url_file, new_keyring()) as index:
        yield Stage(
            index,
            {
                "ordinary": await _known_to_two(index, "Ottilie", "Fenwick-Mbeki", (2014, 5, 14)),
                "shielded": await _known_to_two(index, "Barnaby", "Vandermeer", (2011, 2, 3), shield=True),
                "look_alike": await _look_alike(index, "Rosalind", "Abernathy", (2017, 8, 9)),
            },
        )


def _bare(family: str, born: tuple[int, int, int], postcode: str) -> child_pb2.Facts:
    facts = child(family=family, born=born, postcode=postcode)
    for name in ("school_name", "gp_name", "carers"):
        facts.ClearField(name)
    return facts


async def _known_to_two(
    index: Index, given: str, family: str, born: tuple[int, int, int], *, shield: bool = False
) -> tuple[Any, match_pb2.Query]:
    supplier, second = ORGANISATIONS["supplier"], ORGANISATIONS["second"]
    one = _bare(family, born, A)
    other = child(family=family, born=born, postcode=B, alias=f"Quill{family}")
    for facts in (one, other):
        for name in facts.names:
            # A name of its own, or one of the children would look like another.
            name.given_name = given
    one.nhs_number = other.nhs_number = "9990000018" if shield else "9990000026"
    first, joined = await index.register(supplier, one), await index.register(second, other)
    internal = index.internal(first, supplier)
    assert index.internal(joined, second) == internal
    for organisation_id in (supplier, second):
        await index.involve(system(organisation_id), index.outward(internal, organisation_id))
    await index.lead(system(supplier), first)
    await index.hold_caf(system(second), joined)
    if shield:
        await index.decide(person(ORGANISATIONS["refuge"]), "ShieldChild", _of(index, internal, "refuge"))
    return internal, query(given, family, born, A)


async def _look_alike(
    index: Index, given: str, family: str, born: tuple[int, int, int]
) -> tuple[Any, match_pb2.Query]:
    """A record that fits a shielded child's other name and address."""
    refuge, supplier = ORGANISATIONS["refuge"], ORGANISATIONS["supplier"]
    hidden = await index.register(refuge, child(given, "Osei", alias=family, born=born, postcode=A))
    await index.decide(person(refuge), "ShieldChild", hidden)
    facts = _bare(family, born, A)
    facts.names[0].given_name = given
    made = await index.register(supplier, facts)
    await index.involve(system(supplier), made)
    return index.internal(made, supplier), query(given, family, born, A)


def _of(index: Index, internal: Any, organisation: str) -> str:
    return index.outward(internal, ORGANISATIONS[organisation])


def _caller(case: dict[str, Any]) -> Caller:
    organisation_id = ORGANISATIONS[case["of"]]
    if case["caller"] == "system":
        return system(organisation_id)
    return person(organisation_id, Role[case["caller"].upper()])


def _seen(shown: child_pb2.Child) -> set[str]:
    facts = shown.facts
    postcodes = {address.postcode for address in facts.addresses}
    involved = {one.organisation_id for one in shown.involvements}
    there = {
        "name": len(facts.names) > 0,
        "other_names": len(facts.names) > 1,
        "birth_date": facts.HasField("birth_date"),
        "gender": facts.gender != child_pb2.Facts.GENDER_UNSPECIFIED,
        "address_a": A in postcodes,
        "address_b": B in postcodes,
        "school": bool(facts.school_name),
        "gp": bool(facts.gp_name),
        "carers": bool(facts.carers),
        "involvement_supplier": ORGANISATIONS["supplier"] in involved,
        "involvement_second": ORGANISATIONS["second"] in involved,
        "caf": shown.HasField("caf"),
        "lead": shown.HasField("lead_professional"),
        "update_time": shown.HasField("update_time"),
        "ring_the_desk": shown.shielded,
    }
    assert set(there) == set(CASES["fields"])
    assert [facts.nhs_number, facts.upn, shown.sensitive_involvement_count] == ["", "", 0]
    return {name for name, is_there in there.items() if is_there}


@pytest.mark.parametrize(
    "case", CASES["cases"], ids=lambda case: f"{case['child']}-{case['caller']}-{case['of']}"
)
async def test_fields(stage: Stage, case: dict[str, Any]) -> None:
    caller, index = _caller(case), stage.index
    internal, wanted = stage.children[case["child"]]
    child_id = index.outward(internal, caller.organisation_id)
    if case["sees"] == "refused":
        with pytest.raises(PermissionDenied):
            await index.get(caller, child_id)
        return
    seen = _seen(await index.get(caller, child_id))
    assert seen == set(case["sees"])
    # In a list of matches there is no more than on the record.
    for match in (await index.find(caller, wanted)).matches:
        if match.child_id == child_id:
            assert match.shielded == ("ring_the_desk" in seen)
            assert bool(match.area) == bool(seen & {"address_a", "address_b"})
            assert bool(match.school_name) == ("school" in seen)
