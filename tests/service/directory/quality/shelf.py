"""A directory to be looked at: entries put on it as published long ago, and the clock of whoever looks."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from kith.directory.v1 import entry_pb2
from kith.directory.v1.entry_pb2 import Revision as RevisionMessage
from services.chassis.database import Connection
from services.directory.editing import store, writing
from services.directory.editing.entry import Entry
from services.directory.editing.publishing import publish

DESCRIPTION = (
    "Help at home for families with children under twelve: a worker visits every week and helps out."
)
BEGINNING = datetime(2026, 1, 5, 9, tzinfo=UTC)


@dataclass
class Shelf:
    """Entries of a database; `now` is the time of whatever is done to them."""

    connection: Connection
    now: datetime = BEGINNING

    def clock(self) -> datetime:
        """The time."""
        return self.now

    def pass_days(self, days: int) -> None:
        """Move the clock."""
        self.now += timedelta(days=days)

    async def organisation(self, name: str = "Borough Council", **said: Any) -> UUID:
        """A published organisation, which belongs to itself."""
        entry_id = uuid4()
        document = {"name": name, "description": f"{DESCRIPTION} {entry_id}"} | said
        await self._add(entry_id, entry_pb2.ENTRY_KIND_ORGANIZATION, entry_id, document)
        return entry_id

    async def location(self, owner: UUID, **said: Any) -> UUID:
        """A published location."""
        entry_id = uuid4()
        document = {"location_type": "physical", "name": "Hall"} | said
        await self._add(entry_id, entry_pb2.ENTRY_KIND_LOCATION, owner, document)
        return entry_id

    async def service(self, owner: UUID, name: str = "Family support", **said: Any) -> UUID:
        """A published service; `kith` is what it says of Kith's own facts beside its kind."""
        entry_id = uuid4()
        document = {
            "name": name,
            "description": f"{DESCRIPTION} {entry_id}",
            "status": "active",
            "organization_id": str(owner),
        } | said
        document["kith"] = {"kind": "KIND_FAMILY_SUPPORT"} | said.get("kith", {})
        await self._add(entry_id, entry_pb2.ENTRY_KIND_SERVICE, owner, document)
        return entry_id

    async def revise(self, entry_id: UUID, **said: Any) -> int:
        """Publish another revision with these members changed; returns its number."""
        entry = await self.entry(entry_id)
        document = (await store.documents(self.connection, [entry_id]))[entry_id] | said
        entry = entry.revised(self.now)
        async with self.connection.transaction():
            await store.add_revisions(self.connection, [self._approved(entry, document)])
            await store.change_entries(self.connection, [entry.published(entry.latest_revision, self.now)])
            await publish(self.connection, [entry_id], self.now)
        return entry.latest_revision

    async def change(self, entry_id: UUID, **changed: Any) -> None:
        """Change members of the entry itself, and publish."""
        entry = replace(await self.entry(entry_id), update_time=self.now, **changed)
        async with self.connection.transaction():
            await store.change_entries(self.connection, [entry])
            await publish(self.connection, [entry_id], self.now)

    async def poison(self, entry_id: UUID) -> None:
        """Make what an entry says unreadable, as a defect or a hand in the database might."""
        await self.connection.execute(
            "UPDATE revision SET document = document || $2 WHERE entry_id = $1",
            entry_id,
            json.dumps({"service_at_locations": [{"location_id": "nowhere"}]}),
        )

    async def entry(self, entry_id: UUID) -> Entry:
        """The entry as it stands."""
        return (await store.entries(self.connection, [entry_id]))[entry_id]

    async def public(self, entry_id: UUID) -> dict[str, Any] | None:
        """What the public reads of an entry now; None if nothing."""
        text = await self.connection.fetchval(
            "SELECT full_json FROM publication WHERE id = $1 AND entry_id = $1", entry_id
        )
        return None if text is None else json.loads(text)

    async def _add(
        self, entry_id: UUID, kind: entry_pb2.EntryKind, owner: UUID, said: Mapping[str, Any]
    ) -> None:
        document = writing.taken(kind, dict(said) | {"id": str(entry_id)}, entry_id)
        entry = writing.new_entry(entry_id, kind, owner, self.now).published(1, self.now)
        async with self.connection.transaction():
            assert await store.add_entry(self.connection, entry, self._approved(entry, document))
            await publish(self.connection, [entry_id], self.now)

    def _approved(self, entry: Entry, document: dict[str, Any]) -> Any:
        draft = writing.new_revision(
            entry,
            document,
            author="owner",
            organisation_id=entry.organisation_id,
            note="",
            provenance=writing.provenance(entry.organisation_id, self.now),
        )
        return replace(draft, state=RevisionMessage.STATE_APPROVED, review_time=self.now)
