"""A refuge in a feed: nobody learns from Kith where it is (capability 6; DOMAIN 2.5)."""

import subprocess
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest

from deploy.local.postgres_server import BINARIES
from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Service
from kith.directory.v1.import_run_pb2 import ImportRun, ImportSource, TermMapping
from tests.service.directory.importing.conftest import Desk
from tests.service.directory.importing.publisher import Publisher, a_service


@dataclass(frozen=True)
class Refuge:
    """Where a refuge is, as no other test has it."""

    lane: str
    postcode: str
    digits: str
    latitude: str

    @classmethod
    def somewhere(cls) -> "Refuge":
        drawn = uuid4().int
        lane = "".join(chr(ord("a") + int(digit)) for digit in str(drawn)[:12]).capitalize()
        postcode = f"ZE{drawn % 9 + 1} {drawn % 7 + 1}{lane[1:3].upper()}"
        return cls(f"77 {lane} Lane", postcode, f"96{drawn % 10**4:04}", f"60.{drawn % 10**7:07}7")

    def service(self, **changed: Any) -> dict[str, Any]:
        """It, as a careless publisher sends it."""
        number = f"01632 {self.digits}"
        one = a_service(
            1,
            name="Safe haven",
            description=f"A women's refuge. Come to {self.lane}, {self.postcode}, or ring {number}.",
            phones=[{"id": "p", "number": number}, {"id": "q", "number": "0800 123 4567"}],
            organization=self.organization(),
        )
        place = one["service_at_locations"][0]["location"]
        place |= {
            "latitude": float(self.latitude),
            "longitude": -1.14499,
            "description": f"Behind {self.lane}",
        }
        place["addresses"][0] |= {"address_1": self.lane, "postal_code": self.postcode}
        return one | changed

    def organization(self) -> dict[str, Any]:
        """Who runs it, at the same place."""
        return {
            "id": "org-1",
            "name": "Safe haven trust",
            "description": f"A charity of {self.lane}, {self.postcode}.",
            "phones": [
                {"id": "p", "number": f"01632 {self.digits}"},
                {"id": "q", "number": "0800 123 4568"},
            ],
        }

    def told_in(self, text: str) -> list[str]:
        """What of it a text gives away."""
        return [
            one for one in (self.lane, self.postcode, f"01632 {self.digits}", self.latitude) if one in text
        ]


@pytest.fixture
def refuge() -> Refuge:
    return Refuge.somewhere()


def everything_stored(desk: Desk) -> str:
    """All that the database holds, as text."""
    command = [str(BINARIES / "pg_dump"), "--data-only", "--inserts", desk.database.superuser_dsn]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


async def test_where_a_refuge_is_gets_nowhere(desk: Desk, publisher: Publisher, refuge: Refuge) -> None:
    publisher.services = [refuge.service()]
    source = await desk.source(publisher.base_url)
    run = await desk.fetch(source)
    assert refuge.told_in(everything_stored(desk)) == []
    [record] = [one for one in await desk.records(run) if one.display_name == "Safe haven"]
    assert record.confidential
    assert "place_left_out" in {problem.reason for problem in record.problems}
    await desk.approve(run)
    assert refuge.told_in(everything_stored(desk)) == []
    one = (await desk.public(source))["Safe haven"]
    assert [phone["number"] for phone in one["phones"]] == ["0800 123 4567"]
    assert "service_at_locations" not in one
    assert [phone["number"] for phone in one["organization"]["phones"]] == ["0800 123 4568"]
    # The same feed is the same, although it says more than is kept of it.
    assert (await desk.fetch(source)).state == ImportRun.STATE_COMPLETED


async def test_a_term_makes_a_service_confidential(desk: Desk, publisher: Publisher, refuge: Refuge) -> None:
    publisher.services = [refuge.service(name="Haven", description=f"Housing at {refuge.lane}.")]
    mapping = TermMapping(term="Play", service_kind=Service.KIND_DOMESTIC_ABUSE)
    source = await desk.source(publisher.base_url, term_mappings=[mapping])
    run = await desk.fetch(source)
    assert refuge.told_in(everything_stored(desk)) == []
    await desk.approve(run)
    assert "77" not in (await desk.public(source))["Haven"]["description"]


@pytest.mark.parametrize("refuge_first", [True, False])
async def test_a_place_that_a_refuge_shares_is_confidential_for_all(
    desk: Desk, publisher: Publisher, refuge: Refuge, refuge_first: bool
) -> None:
    hidden = refuge.service()
    shared = hidden["service_at_locations"][0]["location"]
    other = a_service(2, name="Play group")
    other["service_at_locations"][0]["location"] = shared
    publisher.services = [hidden, other] if refuge_first else [other, hidden]
    publisher.per_page = 1
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    assert refuge.told_in(everything_stored(desk)) == []
    assert "service_at_locations" not in (await desk.public(source))["Play group"]


async def test_a_service_that_becomes_a_refuge_loses_its_history_too(
    desk: Desk, publisher: Publisher, refuge: Refuge
) -> None:
    publisher.services = [refuge.service(name="Haven", description=f"A house at {refuge.lane}.")]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    assert len(refuge.told_in(everything_stored(desk))) == 4
    publisher.services = [refuge.service()]
    # What was staged before and is superseded or decided keeps nothing either.
    await desk.take_in(source)
    assert refuge.told_in(everything_stored(desk)) == []


async def test_a_place_that_a_refuge_shares_stays_confidential_when_only_the_other_is_sent(
    desk: Desk, publisher: Publisher, refuge: Refuge
) -> None:
    hidden = refuge.service(last_modified="2020-01-01T00:00:00Z")
    other = a_service(2, name="Play group", last_modified="2020-01-01T00:00:00Z")
    other["service_at_locations"][0]["location"] = hidden["service_at_locations"][0]["location"]
    publisher.services = [hidden, other]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    for description in ("Now on Mondays.", "Now on Tuesdays."):
        other |= {"description": description, "last_modified": "2099-01-01T00:00:00Z"}
        await desk.approve(await desk.fetch(source, ImportRun.SCOPE_CHANGES))
        one = (await desk.public(source))["Play group"]
        assert (one["description"], one.get("service_at_locations")) == (description, None)
    assert refuge.told_in(everything_stored(desk)) == []


@pytest.mark.parametrize("take_published", [False, True])
async def test_a_refuge_that_calls_itself_otherwise_stays_one(
    desk: Desk, publisher: Publisher, refuge: Refuge, take_published: bool
) -> None:
    publisher.services = [refuge.service()]
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)
    conflicts = pb.ApproveRunRequest.CONFLICTS_TAKE_PUBLISHED if take_published else None
    for name in ("Haven", "The Haven"):
        publisher.services = [refuge.service(name=name, description=f"A house at {refuge.lane}.")]
        await desk.take_in(source, conflicts=conflicts)
        assert "service_at_locations" not in (await desk.public(source))[name]
    assert refuge.told_in(everything_stored(desk)) == []


@pytest.mark.parametrize("refuge_first", [True, False])
async def test_who_runs_more_than_a_refuge_keeps_their_seat_but_not_with_the_refuge(
    desk: Desk, publisher: Publisher, refuge: Refuge, refuge_first: bool
) -> None:
    hidden = refuge.service(last_modified="2020-01-01T00:00:00Z")
    other = a_service(2, name="Play group", organization=refuge.organization())
    other["last_modified"] = "2020-01-01T00:00:00Z"
    publisher.services = [hidden, other] if refuge_first else [other, hidden]
    publisher.per_page = 1
    source = await desk.source(publisher.base_url)
    await desk.take_in(source)

    async def seat_shown_with() -> list[bool]:
        public = await desk.public(source)
        shown = [await organization(desk, source)]
        shown += [str(public[name]["organization"]) for name in ("Play group", "Safe haven")]
        return [bool(refuge.told_in(one)) for one in shown]

    assert await seat_shown_with() == [True, True, False]
    # The refuge sent alone says nothing of what else they run.
    hidden |= {"alert": "Full at the moment.", "last_modified": "2099-01-01T00:00:00Z"}
    await desk.approve(await desk.fetch(source, ImportRun.SCOPE_CHANGES))
    assert (await desk.public(source))["Safe haven"]["alert"] == "Full at the moment."
    assert await seat_shown_with() == [True, True, False]


async def organization(desk: Desk, source: ImportSource) -> str:
    """What the public may read of the one organization of a source."""
    [row] = await desk.query(
        "SELECT full_json FROM publication AS p JOIN entry AS e ON e.id = p.entry_id"
        " WHERE e.source_id = $1 AND p.kind = 1",
        source.id,
    )
    return str(row["full_json"])
