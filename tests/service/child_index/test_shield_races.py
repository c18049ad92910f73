"""A shield and whoever writes about the child at the same moment, on two replicas (issue 5, G12)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from uuid import UUID

import pytest_asyncio

from services.chassis.access import own_work
from services.chassis.seal import Sealer
from services.child_index import store
from services.child_index.facts import describe
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import open_in_full
from services.child_index.refusals import ShieldStateWrong
from services.child_index.shield import KnownChild, visible_facts
from services.identity.scopes import Role
from services.matching import prepare
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import Index, agency, child, new_keyring, person, replica

ROUNDS = 5
SENDERS = [agency(number) for number in range(1, 7)]
DESK = agency(9)
OFFICER = person(DESK, Role.SHIELD_OFFICER)


@pytest_asyncio.fixture(loop_scope="session")
async def replicas(service_database: ServiceDatabases) -> AsyncIterator[tuple[Index, Index]]:
    """Two replicas on one database."""
    url_file, keyring = (await service_database("child_index")).app_url_file, new_keyring()
    async with AsyncExitStack() as stack:
        yield (
            await stack.enter_async_context(replica(url_file, keyring)),
            await stack.enter_async_context(replica(url_file, keyring)),
        )


async def _known(index: Index, child_id: UUID) -> KnownChild:
    async with index.database.connection() as connection:
        sealed = await store.records_of(connection, child_id)
    return open_in_full(Sealer(index.keyring), sealed, own_work("child-index", "test"))[0]


async def leaks(index: Index) -> list[str]:
    """What is visible and must not be, or is hidden and need not be: of every child there is."""
    keys = MatchKeys(index.keyring)
    found = []
    for row in await index.rows("SELECT id FROM child"):
        known = await _known(index, row["id"])
        stored = await index.rows(
            "SELECT source_record_id AS record, key, visible FROM child_key WHERE child_id = $1", row["id"]
        )
        visible = {one["key"] for one in stored if one["visible"]}
        if known.veiled:
            may_be = set(keys.stored(prepare(describe(visible_facts(known.records)))))
        else:
            may_be = {
                key
                for one in known.records
                if not one.look_alike
                for key in keys.stored(prepare(describe(one.record.facts)))
            }
        if visible != may_be:
            found.append(f"veiled={known.veiled} leaks={len(visible - may_be)} lost={len(may_be - visible)}")
    return found


async def test_a_shield_and_registrations_at_once(replicas: tuple[Index, Index]) -> None:
    """Whoever comes first: afterwards no hidden key is visible, and nobody is an unshielded twin."""
    for number in range(ROUNDS):
        born = (2010, 1 + number, 14)
        first = await replicas[0].register(SENDERS[0], child(born=born, alias="Quillfeather"))
        await asyncio.gather(
            replicas[0].decide(person(SENDERS[0]), "ShieldChild", first),
            *(
                replicas[place % 2].register(sender, facts)
                for place, sender in enumerate(SENDERS[1:])
                for facts in (
                    child(born=born, postcode=f"ZX{place} 1AA"),
                    child(born=born, family="Quillfeather"),
                )
            ),
        )
        shielded = await _known(replicas[0], replicas[0].internal(first, SENDERS[0]))
        assert shielded.shielded
        others = await replicas[0].rows("SELECT DISTINCT child_id FROM source_record WHERE NOT look_alike")
        known = [await _known(replicas[0], row["child_id"]) for row in others]
        unshielded = [one for one in known if not one.veiled and one.child_id != shielded.child_id]
        assert unshielded == []
    assert await leaks(replicas[0]) == []


async def test_placing_and_lifting_at_once_with_writers(replicas: tuple[Index, Index]) -> None:
    """Any order is one that could have been: keys and shield agree, and versions have no gap (G4)."""
    made = await replicas[0].register(SENDERS[0], child())
    internal = replicas[0].internal(made, SENDERS[0])
    officers = replicas[0].outward(internal, DESK)

    async def attempt(index: Index, method: str, caller_id: str) -> None:
        caller = OFFICER if caller_id == officers else person(SENDERS[0])
        # That there is nothing to lift yet.
        with contextlib.suppress(ShieldStateWrong):
            await index.decide(caller, method, caller_id)

    for _ in range(ROUNDS):
        await asyncio.gather(
            attempt(replicas[0], "ShieldChild", made),
            attempt(replicas[1], "LiftShield", officers),
            attempt(replicas[1], "ShieldChild", made),
            replicas[0].register(SENDERS[1], child(postcode="ZX1 1AA"), "same"),
            replicas[1].involve(person(SENDERS[0]), made),
        )
        assert await leaks(replicas[0]) == []
    rows = await replicas[0].rows(
        "SELECT version FROM chassis.outbox WHERE key = $1 ORDER BY position", internal
    )
    assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
