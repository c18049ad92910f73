"""Shields put on children and lifted, in the caller's transaction: what is hidden, and the events that tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from kith.childindex.v1.child_events_pb2 import ChildChanged
from services.chassis import outbox
from services.chassis.access import Decision
from services.chassis.database import Connection
from services.chassis.seal import Sealer
from services.child_index import events, shield, shield_store, store
from services.child_index.child_keys import key_rows
from services.child_index.facts import describe
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import open_in_full
from services.child_index.placement import look_alikes
from services.child_index.refusals import ChildNotVisible, KeysNotMade
from services.child_index.shield import KnownChild, with_shown_record
from services.matching import Model, prepare


class Shielding:
    """Hides and shows children."""

    def __init__(self, sealer: Sealer, keys: MatchKeys, model: Model) -> None:
        self._sealer = sealer
        self._keys = keys
        self._model = model

    async def place(self, connection: Connection, child_id: UUID, decision: Decision) -> None:
        """Shield a child, and hide what may be of it in other children's records.

        Raises ChildNotVisible, KeysNotMade.
        """
        await store.lock_shields(connection)
        child = await self._known(connection, child_id, decision)
        shielded = replace(child, shielded=True, records=with_shown_record(child.records))
        hidden, others = await self.look_alikes(connection, shielded, decision)
        changes: dict[UUID, Sequence[events.What]] = {one: [ChildChanged()] for one in (child_id, *hidden)}
        await advance(connection, changes)
        now = await shield_store.shield_of(connection, child_id)
        await shield_store.save(connection, child_id, shield.placed(now))
        shown_record_id = next(one.record_id for one in shielded.records if one.shown)
        await shield_store.set_shielded(connection, child_id, shown_record_id)
        await self._rekey(connection, shielded)
        for other_id, record_ids in hidden.items():
            await self.hide(connection, others[other_id], record_ids, child_id)

    async def lift(self, connection: Connection, child_id: UUID, decision: Decision) -> None:
        """Show all of a child again. Raises ChildNotVisible, ShieldStateWrong, KeysNotMade."""
        await store.lock_shields(connection)
        child = await self._known(connection, child_id, decision)
        await advance(connection, {child_id: [ChildChanged()]})
        now = await shield_store.shield_of(connection, child_id)
        await shield_store.save(connection, child_id, shield.lifted(now))
        await shield_store.set_shielded(connection, child_id, None)
        await shield_store.set_look_alikes(
            connection, [one.record_id for one in child.records], look_alike=False
        )
        ordinary = tuple(replace(one, look_alike=False, shown=False) for one in child.records)
        await self._rekey(connection, replace(child, shielded=False, records=ordinary))

    async def look_alikes(
        self, connection: Connection, child: KnownChild, decision: Decision
    ) -> tuple[dict[UUID, list[UUID]], dict[UUID, KnownChild]]:
        """The records, by child, that are to be hidden because they may be of a shielded child; and those children."""
        near = {one.child_id: one for one in await self._near(connection, child, decision)}
        return look_alikes(child, near.values(), self._model), near

    async def hide(
        self, connection: Connection, child: KnownChild, record_ids: Sequence[UUID], resembled: UUID
    ) -> None:
        """Make records look-alikes of a shielded child. The child's row is locked, and its event written."""
        records = tuple(
            replace(one, look_alike=one.look_alike or one.record_id in record_ids) for one in child.records
        )
        await shield_store.set_look_alikes(connection, record_ids, look_alike=True)
        now = await shield_store.shield_of(connection, child.child_id)
        await shield_store.save(connection, child.child_id, shield.placed(now))
        await shield_store.propose(connection, child.child_id, [resembled], self._model.model_version)
        await self._rekey(connection, replace(child, records=records))

    async def _known(self, connection: Connection, child_id: UUID, decision: Decision) -> KnownChild:
        sealed = await store.records_of(connection, child_id)
        if not sealed:
            raise ChildNotVisible
        return open_in_full(self._sealer, sealed, decision)[0]

    async def _near(self, connection: Connection, child: KnownChild, decision: Decision) -> list[KnownChild]:
        """The children that share a key or an identifier with any of the child's records."""
        keys: dict[int, str] = {}
        identifiers: dict[bytes, str] = {}
        for record in child.all_records:
            keys.update(self._keys.stored(prepare(describe(record.facts))))
            identifiers.update(self._keys.identifiers(record.facts))
        found = await store.find_for_registration(connection, [], keys, identifiers)
        return open_in_full(self._sealer, found, decision)

    async def _rekey(self, connection: Connection, child: KnownChild) -> None:
        """Write all keys of a child anew, each visible or not. Raises KeysNotMade."""
        if not await shield_store.replace_keys(
            connection,
            child.child_id,
            [one.record_id for one in child.records],
            key_rows(child, self._keys),
            self._keys.versions,
        ):
            raise KeysNotMade


async def advance(
    connection: Connection, changes: Mapping[UUID, Sequence[events.What]], new: KnownChild | None = None
) -> None:
    """Lock children's rows in the order of their ids, raise their versions and write the events; add the new one.

    Raises ChildNotVisible if there is no such child.
    """
    written: list[outbox.Event] = []
    for child_id in sorted(changes):
        happened = changes[child_id]
        version: int | None = len(happened)
        if new is not None and child_id == new.child_id:
            await store.create_child(connection, child_id, new.wrapped_key, len(happened))
        else:
            version = await store.advance_child(connection, child_id, len(happened))
        if version is None:
            raise ChildNotVisible
        written += events.events(child_id, version, happened)
    await outbox.write(connection, written)
