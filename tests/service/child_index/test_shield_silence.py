"""What a shield hides cannot be told from what is not there, whatever somebody sends and asks (S4, DESIGN 5 no. 8).

Two worlds are alike but for the hidden facts of a shielded child. Whatever one organisation's system and people do, by
chance or with a plan, they see the same in both.
"""

import os
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Final

import pytest_asyncio
from google.protobuf.message import Message
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kith.childindex.v1 import child_pb2, match_pb2
from services.chassis.errors import Failure
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.index import Index, agency, child, new_keyring, person, query, replica, system

REFUGE, SCHOOL, OUTSIDER = agency(1), agency(2), agency(3)
BORN: Final = (2014, 5, 14)
POSTCODES: Final = ("ZY9 4AA", "ZX1 1BB", "ZW2 2CC")
FAMILIES: Final = ("Fenwick-Mbeki", "Quillfeather", "Abernathy")
NUMBERS: Final = ("", "9990000018", "9990000026")
EXAMPLES: Final = int(os.environ.get("SHIELD_EXAMPLES", "15"))
"""More of them by SHIELD_EXAMPLES=1000 make test T='-k outsiders'."""


def _facts(
    given_name: str, family: str, alias: str, born: tuple[int, int, int], postcode: str, number: str
) -> child_pb2.Facts:
    facts = child(given_name, family, alias=alias, born=born, postcode=postcode)
    facts.nhs_number = number
    return facts


def _hidden(given_name: str, family: str, postcode: str, number: str) -> child_pb2.Facts:
    """The shielded child: its other name, address and number are hidden, the rest is the same in all worlds."""
    facts = _facts("Ottilie", "Fenwick-Mbeki", "", BORN, postcode, number)
    if given_name:
        facts.names.add(given_name=given_name, family_name=family, use=child_pb2.Name.USE_ALIAS)
    return facts


facts_sent = st.builds(
    _facts,
    st.sampled_from(("Ottilie", "Otilie", "Rosalind")),
    st.sampled_from(FAMILIES),
    st.sampled_from(("", *FAMILIES)),
    st.sampled_from((BORN, (2014, 5, 15), (2013, 5, 14))),
    st.sampled_from(POSTCODES),
    st.sampled_from(NUMBERS),
)
hidden_facts = st.builds(
    _hidden,
    st.sampled_from(("", "Ottilie", "Rosalind")),
    st.sampled_from(FAMILIES[1:]),
    st.sampled_from(POSTCODES),
    st.sampled_from(NUMBERS),
)
actions = st.lists(
    st.one_of(
        st.tuples(st.just("register"), st.sampled_from(("1", "2", "3")), facts_sent),
        st.tuples(
            st.just("find"),
            st.sampled_from(("person", "system")),
            st.builds(
                query,
                st.sampled_from(("Ottilie", "Rosalind")),
                st.sampled_from(FAMILIES),
                st.sampled_from((BORN, (2013, 5, 14))),
                st.sampled_from(("", *POSTCODES)),
            ),
        ),
        st.tuples(
            st.just("write"), st.sampled_from(("involve", "hold_caf", "lead", "shield")), st.integers(0, 2)
        ),
    ),
    min_size=3,
    max_size=8,
)


@dataclass
class World:
    """An index, and what the outsiders have seen of it: ids by the order in which they came."""

    index: Index
    ids: dict[str, str] = field(default_factory=dict)
    children: list[str] = field(default_factory=list)
    number: int = 0

    async def begin(self, facts: child_pb2.Facts) -> None:
        """Forget who was there, and shield a child; another child is in nobody's way."""
        await self.index.forget()
        self.number += 1
        self.ids.clear()
        self.children.clear()
        await self.index.register(SCHOOL, child("Barnaby", "Osei", born=(2011, 2, 3), postcode="ZV3 3DD"))
        shielded = await self.index.register(REFUGE, facts)
        await self.index.decide(person(REFUGE), "ShieldChild", shielded)

    async def see(self, action: Sequence[Any]) -> list[Any]:
        """Do something as the outsiders, and return all that they see of it, and of all their children then."""
        kind, which, what = action
        seen: list[Any] = []
        try:
            if kind == "register":
                child_id = await self.index.register(OUTSIDER, what, f"{self.number}-{which}")
                if child_id not in self.children:
                    self.children.append(child_id)
                seen.append(self._named(child_id))
            elif kind == "find":
                caller = person(OUTSIDER) if which == "person" else system(OUTSIDER)
                found = await self.index.find(caller, what)
                seen += [found.ambiguous, list(found.ask_next), found.too_many, found.more]
                seen += sorted(self._plain(match) for match in found.matches)
            elif self.children:
                child_id = self.children[what % len(self.children)]
                await getattr(self.index, which)(system(OUTSIDER), child_id)
        except Failure as refused:
            seen.append((type(refused).__name__, refused.reason))
        for child_id in self.children:
            for caller in (person(OUTSIDER), system(OUTSIDER)):
                seen.append(self._plain(await self.index.get(caller, child_id)))
        return seen

    def _named(self, child_id: str) -> str:
        return self.ids.setdefault(child_id, f"child {len(self.ids)}")

    def _plain(self, message: Message) -> str:
        """A child or a match without what is new each time."""
        copy = type(message)()
        copy.CopyFrom(message)
        if isinstance(copy, child_pb2.Child):
            copy.id = self._named(copy.id)
            copy.ClearField("update_time")
            for involvement in copy.involvements:
                for name in ("id", "service_id"):
                    involvement.ClearField(name)
            for part, name in (("caf", "holder_practitioner_id"), ("lead_professional", "practitioner_id")):
                if copy.HasField(part):
                    getattr(copy, part).ClearField(name)
        elif isinstance(copy, match_pb2.Match):
            copy.child_id = self.ids.get(copy.child_id, "somebody")
        return str(copy)


@pytest_asyncio.fixture(loop_scope="session")
async def worlds(service_database: ServiceDatabases) -> AsyncIterator[tuple[World, World]]:
    """Two indexes."""
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(
                replica((await service_database("child_index")).app_url_file, new_keyring())
            )
            for _ in range(2)
        ]
        yield World(made[0]), World(made[1])


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(one=hidden_facts, other=hidden_facts, done=actions)
async def test_outsiders_see_the_same_whatever_is_hidden(
    worlds: tuple[World, World],
    one: child_pb2.Facts,
    other: child_pb2.Facts,
    done: list[tuple[str, str, Any]],
) -> None:
    """The plan of an attack is among these: write a guess into a record, then look who is there."""
    for world, hidden in zip(worlds, (one, other), strict=True):
        await world.begin(hidden)
    for action in done:
        assert await worlds[0].see(action) == await worlds[1].see(action)


async def test_a_right_guess_and_a_wrong_one_look_alike(worlds: tuple[World, World]) -> None:
    """The same by hand, so that it is there in every run: the guess is right in the first world."""
    await worlds[0].begin(_hidden("Rosalind", "Quillfeather", POSTCODES[0], ""))
    await worlds[1].begin(_hidden("", "", POSTCODES[1], ""))
    guess = _facts("Rosalind", "Quillfeather", "", BORN, POSTCODES[0], "")
    wanted = query("Rosalind", "Quillfeather", BORN, POSTCODES[0])
    for action in (
        ("register", "1", guess),
        ("find", "person", wanted),
        ("find", "system", wanted),
        ("register", "2", guess),
        ("write", "involve", 0),
        ("write", "hold_caf", 0),
        ("register", "3", _facts("Barnaby", "Abernathy", "", (2013, 5, 14), POSTCODES[2], "")),
        ("register", "3", guess),
        ("find", "person", wanted),
    ):
        assert await worlds[0].see(action) == await worlds[1].see(action)
    # The two are not alike by chance: only in the first is something hidden.
    hidden = [await world.index.rows("SELECT id FROM source_record WHERE look_alike") for world in worlds]
    assert hidden[0]
    assert not hidden[1]
