"""Publications follow their entries: once, in time, with events and the rows that the rest of Kith reads."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_pb2 import Organisation as OrganisationMessage
from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from services.chassis import database
from services.chassis.database import Connection, Database
from services.directory import store as rows
from services.directory.editing import adopting, store, workflow
from services.directory.editing.actor import Actor
from services.directory.editing.publishing import publish
from services.directory.editing.timing import Timing
from services.directory.entries import Organisation, Service
from tests.fixtures.postgres import ServiceDatabases

SERVICE = entry_pb2.ENTRY_KIND_SERVICE
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


class Shop:
    """An organisation of the partnership with a clock of its own, on a database of its own."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.now = START
        self.organisation = Organisation(
            uuid4(), "Early help", OrganisationMessage.KIND_EARLY_HELP, "", "", "", "", START
        )
        self.owner = Actor("owner", self.organisation.id, is_editor=False)
        self.editor = Actor("editor", None, is_editor=True)
        self.woken = 0

    def tick(self, **step: float) -> datetime:
        """Let time pass."""
        self.now += timedelta(**step)
        return self.now

    def wake(self) -> None:
        """Count that the relay was told of something to send."""
        self.woken += 1

    @property
    def timing(self) -> Timing:
        """The pass in the background, on this clock."""
        return Timing(self.db, lambda: self.now, self.wake, 1.0)

    async def open(self) -> None:
        """Register the organisation."""
        async with self.db.transaction() as connection:
            await rows.add_organisation(connection, self.organisation)
            await adopting.adopt_organisation(connection, self.organisation, self.now)

    async def write(self, connection: Connection, name: str) -> UUID:
        """A published service."""
        value = {
            "organization_id": str(self.organisation.id),
            "name": name,
            "status": "active",
            "phones": [{"number": "0300 123 4567"}],
            "kith": {"kind": "KIND_FAMILY_SUPPORT"},
        }
        entry = await workflow.create(
            connection, self.owner, SERVICE, uuid4(), None, value, "", self.tick(seconds=1)
        )
        await workflow.submit(connection, self.owner, entry.id, 1, self.tick(seconds=1))
        await workflow.approve(connection, self.editor, entry.id, 1, "", self.tick(seconds=1))
        return entry.id

    async def publication(self, connection: Connection, one: UUID) -> Any:
        """The row that the public reads, and when it was written."""
        return await connection.fetchrow(
            "SELECT *, change_xid::text AS xid FROM publication WHERE kind = 2 AND id = $1", one
        )

    async def told(self, connection: Connection, key: UUID) -> list[tuple[int, str | None]]:
        """The events of a service: version and kind."""
        found = await connection.fetch(
            "SELECT payload FROM chassis.outbox WHERE key = $1 ORDER BY position", key
        )
        events = [DirectoryEvent.FromString(row["payload"]) for row in found]
        return [(event.version, event.WhichOneof("event")) for event in events]


@asynccontextmanager
async def opened(service_database: ServiceDatabases) -> AsyncIterator[Shop]:
    """A shop that is open."""
    made = await service_database("directory")
    async with database.pool(made.app_url_file, name="directory") as db:
        shop = Shop(db)
        await shop.open()
        yield shop


@pytest_asyncio.fixture
async def shop(service_database: ServiceDatabases) -> AsyncIterator[Shop]:
    async with opened(service_database) as made:
        yield made


async def test_what_has_not_changed_is_not_written(shop: Shop) -> None:
    async with shop.db.transaction() as connection:
        one = await shop.write(connection, "Parenting")
    async with shop.db.transaction() as connection:
        before = await shop.publication(connection, one)
        await publish(connection, [one, shop.organisation.id], shop.tick(days=1))
        assert await shop.publication(connection, one) == before
    async with shop.db.transaction() as connection:
        held = (await store.lock_entries(connection, [one]))[one]
        await store.change_entries(connection, [held.closed(shop.tick(days=1))])
        await publish(connection, [one], shop.now)
        after = await shop.publication(connection, one)
    assert after["etag"] != before["etag"]
    assert after["sequence"] > before["sequence"]
    assert int(after["xid"]) > int(before["xid"])
    assert after["modified_time"] == shop.now
    assert after["version"] == before["version"] + 1


async def test_each_change_of_a_service_is_told_with_the_next_version(shop: Shop) -> None:
    async with shop.db.transaction() as connection:
        one = await shop.write(connection, "Parenting")
        turns = [lambda entry: entry.closed(shop.tick(hours=1)), lambda entry: entry.withdrawn(shop.now)]
        for turn in turns:
            await workflow.turn(connection, shop.owner, one, turn, shop.now)
            # The second time nothing happens.
            await workflow.turn(connection, shop.owner, one, lambda entry: entry, shop.now)
        assert await shop.told(connection, one) == [
            (1, "service_published"),
            (2, "service_changed"),
            (3, "service_withdrawn"),
        ]
        row = await shop.publication(connection, one)
        assert (row["full_json"], row["list_json"], row["version"]) == (None, None, 3)


async def test_a_service_of_the_partnership_is_known_to_the_rest_of_kith(shop: Shop) -> None:
    """`child_index` shows it as soon as it is published, under the same id."""
    async with shop.db.transaction() as connection:
        one = await shop.write(connection, "Parenting")
        (found,) = await rows.services(connection, [one])
        assert (found.display_name, found.kind) == ("Parenting", ServiceMessage.KIND_FAMILY_SUPPORT)
        assert (found.phone, found.organisation_id, found.version) == (
            "0300 123 4567",
            shop.organisation.id,
            1,
        )


async def test_a_time_of_visibility_that_comes_is_acted_on(shop: Shop) -> None:
    async with shop.db.transaction() as connection:
        one = await shop.write(connection, "Summer play")
        begin, end = shop.now + timedelta(days=10), shop.now + timedelta(days=20)
        await workflow.turn(
            connection, shop.owner, one, lambda entry: entry.visible(begin, end, shop.now), shop.now
        )
        assert (await shop.publication(connection, one))["full_json"] is None
    shown = []
    for days in (9, 1, 5, 5, 5):
        shop.tick(days=days)
        async with shop.db.connection() as connection:
            changed = await shop.timing.turn(connection)
            assert await shop.timing.turn(connection) == 0
            live = (await shop.publication(connection, one))["full_json"] is not None
        shown.append((changed, live))
    assert shown == [(0, False), (1, True), (0, True), (1, False), (0, False)]
    assert shop.woken == 2
    async with shop.db.connection() as connection:
        assert [kind for _, kind in await shop.told(connection, one)] == [
            "service_published",
            "service_withdrawn",
            "service_published",
            "service_withdrawn",
        ]


async def test_what_an_older_release_registered_is_adopted_once(shop: Shop) -> None:
    """With the version that its events have reached; and what was wrong or told too much is left out."""
    older = Organisation(
        uuid4(), "Women's aid", OrganisationMessage.KIND_VOLUNTARY, "call us", "", "", "", START
    )
    refuge = Service(
        uuid4(),
        older.id,
        "Refuge",
        "At 14 Canary Avenue, ZY7 7QQ.",
        ServiceMessage.KIND_DOMESTIC_ABUSE,
        "01632 960777",
        "",
        4,
        START,
    )
    async with shop.db.transaction() as connection:
        await rows.add_organisation(connection, older)
        await rows.add_service(connection, refuge)
    async with shop.db.connection() as connection:
        for _ in range(2):
            await shop.timing.adopt(connection)
        row = await shop.publication(connection, refuge.id)
        assert "Refuge" in row["full_json"]
        assert not [word for word in ("Canary", "7QQ", "01632") if word in row["full_json"]]
        assert await shop.told(connection, refuge.id) == [(5, "service_published")]
        (kept,) = await rows.services(connection, [refuge.id])
        assert (kept.version, kept.phone) == (5, "")
        terms = await connection.fetchval("SELECT count(*) FROM publication WHERE kind IN (4, 5)")
        assert terms > 20
        twice = await connection.fetchval("SELECT count(*) FROM revision WHERE number > 1")
        assert twice == 0


async def test_a_part_under_anothers_id_stays_the_others(shop: Shop) -> None:
    """The id of a service at a location is the writer's to choose: taking that of another gives nothing away."""
    part = str(uuid4())
    async with shop.db.transaction() as connection:
        place = await workflow.create(
            connection,
            shop.owner,
            entry_pb2.ENTRY_KIND_LOCATION,
            uuid4(),
            None,
            {"location_type": "virtual", "name": "Online"},
            "",
            shop.now,
        )
        await workflow.submit(connection, shop.owner, place.id, 1, shop.now)
        await workflow.approve(connection, shop.editor, place.id, 1, "", shop.now)
        for name in ("First", "Second"):
            one = await shop.write(connection, name)
            held = (await store.entries(connection, [one]))[one]
            document = (await store.documents(connection, [one]))[one]
            document["service_at_locations"] = [{"id": part, "location_id": str(place.id)}]
            await workflow.update(connection, shop.owner, one, SERVICE, document, "", held.etag, shop.now)
            await workflow.submit(connection, shop.owner, one, 2, shop.now)
            await workflow.approve(connection, shop.editor, one, 2, "", shop.now)
        kept = await connection.fetchval(
            "SELECT full_json FROM publication WHERE kind = 6 AND id = $1", UUID(part)
        )
        assert '"First"' in kept
