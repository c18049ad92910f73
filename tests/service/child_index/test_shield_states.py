"""The verbs of a shield, in any order, against a model of a few lines (DESIGN 5 no. 7)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.childindex.v1 import shield_service_pb2
from services.child_index.refusals import ShieldStateWrong
from services.identity.scopes import Role
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import Index, agency, child, new_keyring, person, query, replica

SCHOOL, HEALTH, DESK = agency(1), agency(2), agency(3)
OFFICER = person(DESK, Role.SHIELD_OFFICER)
PROVISIONAL, CONFIRMED = (
    shield_service_pb2.ShieldReview.STATE_PROVISIONAL,
    shield_service_pb2.ShieldReview.STATE_CONFIRMED,
)
VERBS = ("ShieldChild", "ConfirmShield", "ReviewShield", "LiftShield", "the day of review comes", "register")


@dataclass
class Model:
    """What should be."""

    state: shield_service_pb2.ShieldReview.State | None = None
    due: bool = False

    def does(self, verb: str) -> bool:
        """Whether the verb is taken; if so it has happened."""
        match verb:
            case "ShieldChild":
                if self.state is None:
                    self.state, self.due = PROVISIONAL, False
            case "ConfirmShield" if self.state == PROVISIONAL:
                self.state, self.due = CONFIRMED, False
            case "ReviewShield" if self.state == CONFIRMED:
                self.due = False
            case "LiftShield" if self.state is not None:
                self.state = None
            case "the day of review comes":
                self.due = self.state == CONFIRMED
            case "register":
                pass
            case _:
                return False
        return True

    @property
    def waits(self) -> bool:
        """Whether an officer is asked."""
        return self.state == PROVISIONAL or (self.state == CONFIRMED and self.due)


@pytest_asyncio.fixture(loop_scope="session")
async def index(service_database: ServiceDatabases) -> AsyncIterator[Index]:
    """A child index."""
    async with replica((await service_database("child_index")).app_url_file, new_keyring()) as made:
        yield made


async def _do(index: Index, verb: str, child_id: str, officers: str) -> bool:
    try:
        match verb:
            case "ShieldChild":
                await index.decide(person(SCHOOL), verb, child_id)
            case "the day of review comes":
                await index.rows(
                    "UPDATE shield SET review_date = current_date WHERE state = 2 AND child_id = $1 RETURNING 1",
                    index.internal(child_id, SCHOOL),
                )
            case "register":
                await index.register(HEALTH, child(postcode="ZX1 1AA"))
            case _:
                await index.decide(OFFICER, verb, officers)
    except ShieldStateWrong:
        return False
    return True


async def _waits(index: Index, officers: str) -> bool:
    request = shield_service_pb2.ListShieldReviewsRequest(page_size=100)
    answer = await index.call(OFFICER, "ShieldService.ListShieldReviews", request)
    return officers in {one.child_id for one in answer.reviews}


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(verbs=st.lists(st.sampled_from(VERBS), min_size=1, max_size=12))
async def test_any_order_of_verbs(index: Index, verbs: list[str]) -> None:
    await index.forget()
    child_id = await index.register(SCHOOL, child())
    officers = index.outward(index.internal(child_id, SCHOOL), DESK)
    wanted = query("Ottilie", "Fenwick-Mbeki", (2014, 5, 14))
    model = Model()
    for verb in verbs:
        assert await _do(index, verb, child_id, officers) == model.does(verb), verb
        is_shielded = model.state is not None
        for caller in (person(HEALTH), person(SCHOOL)):
            shown = await index.get(
                caller, index.outward(index.internal(child_id, SCHOOL), caller.organisation_id)
            )
            assert shown.shielded == is_shielded
            assert bool(shown.facts.addresses) != is_shielded
        found = [
            one for one in (await index.find(person(SCHOOL), wanted)).matches if one.child_id == child_id
        ]
        assert [one.shielded for one in found] == [is_shielded]
        assert await _waits(index, officers) == model.waits
