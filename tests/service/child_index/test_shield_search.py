"""Hits hidden by a shield cannot be told from misses by count, size, shape or score (issue 5, Shields; S4).

By time: tests/bench/shields.py, because no test may depend on how fast a machine is.
"""

import itertools
import random
from collections.abc import AsyncIterator, Sequence
from typing import Final

import pytest
import pytest_asyncio

from kith.childindex.v1 import candidate_service_pb2, child_pb2, match_pb2
from services.identity.scopes import Role
from tests.fixtures.partnership import new_family_name
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.auc import auc
from tests.service.child_index.hidden import REFUGE, SCHOOL, Hidden, plant, questions, somebody
from tests.service.child_index.index import Index, agency, child, new_keyring, person, query, replica

HEALTH, DESK = agency(3), agency(4)
OFFICER = person(DESK, Role.SHIELD_OFFICER)
TRIALS: Final = 2_000
SHIELDED: Final = 40
OTHERS: Final = 60


@pytest_asyncio.fixture(loop_scope="session")
async def index(service_database: ServiceDatabases) -> AsyncIterator[Index]:
    """A child index."""
    async with replica((await service_database("child_index")).app_url_file, new_keyring()) as made:
        yield made


def _features(answer: candidate_service_pb2.MatchCandidatesResponse) -> dict[str, float]:
    """All by which one answer could differ from another. Coverage is the same for everybody."""
    answer.ClearField("coverage")
    best = answer.matches[0] if answer.matches else match_pb2.Match()
    return {
        "count": len(answer.matches),
        "size": answer.ByteSize(),
        "fields": len(answer.ListFields()) + len(best.ListFields()),
        "score": best.probability,
        "bits": sum(one.bits for one in best.evidence),
        "ambiguous": answer.ambiguous,
        "asked": len(answer.ask_next),
        "more": answer.more + 2 * answer.too_many,
    }


@pytest.mark.timeout(900)
async def test_hidden_hits_and_misses_are_alike(index: Index) -> None:
    """An area under the curve of .5 says that guessing is as good. Half of the trials are hits."""
    rng = random.Random(5)
    hidden = [somebody(rng) for _ in range(SHIELDED)]
    for one in hidden:
        await plant(index, one, shield=True)
    for _ in range(OTHERS):
        await plant(index, somebody(rng), shield=False)
    hits: list[dict[str, float]] = []
    misses: list[dict[str, float]] = []
    for one in itertools.cycle(hidden):
        if len(hits) >= TRIALS // 2:
            break
        for hit, miss in zip(questions(one, one), questions(one, somebody(rng)), strict=True):
            hits.append(_features(await index.find(person(HEALTH), hit)))
            misses.append(_features(await index.find(person(HEALTH), miss)))
    assert len(hits) + len(misses) >= TRIALS
    told = {name: auc([one[name] for one in hits], [one[name] for one in misses]) for name in hits[0]}
    assert all(0.45 <= area <= 0.55 for area in told.values()), told
    # What is measured can be told apart where there is something: an unshielded child is found by such questions.
    open_child = somebody(rng)
    await plant(index, open_child, shield=False)
    found = [_features(await index.find(person(HEALTH), one)) for one in questions(open_child, open_child)]
    missed = [
        _features(await index.find(person(HEALTH), one)) for one in questions(open_child, somebody(rng))
    ]
    assert auc([one["score"] for one in found], [one["score"] for one in missed]) > 0.7


async def test_hidden_candidates_displace_nobody(index: Index) -> None:
    """A hundred shielded children who share a name, a day and an address by what is hidden, before one who is not."""
    born, alias, postcode = (2014, 5, 14), "Quillfeather", "ZY9 4AA"
    rng = random.Random(6)
    for number in range(100):
        given = f"{new_family_name()}{number}"
        planted = Hidden(given, new_family_name(), alias, born, postcode)
        facts = child(given, planted.family, born=born, postcode=postcode)
        facts.names.append(
            child_pb2.Name(given_name="Ottilie", family_name=alias, use=child_pb2.Name.USE_ALIAS)
        )
        facts.nhs_number = _nhs_number(rng)
        await index.decide(person(REFUGE), "ShieldChild", await index.register(REFUGE, facts))
    last = child("Ottilie", alias, born=born, postcode=postcode)
    last.nhs_number = _nhs_number(rng)
    made = await index.register(SCHOOL, last)
    # It looks like all of them, so an officer has to say that it is none.
    await index.decide(OFFICER, "LiftShield", index.outward(index.internal(made, SCHOOL), DESK))
    for wanted in (
        query("Ottilie", alias, born, postcode),
        query("Ottilie", alias, postcode=postcode),
        query("Ottilie", alias, born),
    ):
        found = await index.find(person(HEALTH), wanted)
        (first, *others) = found.matches
        assert first.child_id == index.outward(index.internal(made, SCHOOL), HEALTH)
        assert first.area == "ZY9"
        assert not found.ambiguous
        assert not found.too_many
        assert all(one.shielded and one.grade > first.grade for one in others)


def _nhs_number(rng: random.Random) -> str:
    while True:
        digits: Sequence[int] = [9, 9, 9, *(rng.randint(0, 9) for _ in range(6))]
        check = 11 - sum(digit * (10 - place) for place, digit in enumerate(digits)) % 11
        if check != 10:
            return "".join(map(str, (*digits, check % 11)))
