"""Registering a child: one child, one id, however many agencies register it at once (DESIGN 5 no. 8, 11; CI-16)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kith.childindex.v1 import child_events_pb2, child_pb2
from services.chassis.access import Decision
from services.chassis.database import Connection
from services.chassis.seal import Sealer
from services.child_index import events, involvement_store, store
from services.child_index.child_keys import veil
from services.child_index.facts import Record, describe
from services.child_index.involvement_store import StoredInvolvement
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import open_in_full
from services.child_index.placement import Placement, place
from services.child_index.refusals import KeysNotMade
from services.child_index.shield import KnownChild, KnownRecord
from services.child_index.shielding import Shielding, advance
from services.matching import Model, prepare


@dataclass(frozen=True, slots=True)
class Registered:
    """Where the record went. Never told to the sender beyond its own child id (DESIGN 5 no. 8)."""

    child_id: UUID
    involvement_id: UUID | None


class Registrar:
    """Puts source records where they belong."""

    def __init__(self, sealer: Sealer, keys: MatchKeys, model: Model) -> None:
        self._sealer = sealer
        self._keys = keys
        self._model = model
        self._shielding = Shielding(sealer, keys, model)

    async def register(
        self,
        connection: Connection,
        *,
        local_key_hashes: Sequence[bytes],
        facts: child_pb2.Facts,
        involvement: StoredInvolvement | None,
        organisation_id: str,
        decision: Decision,
    ) -> Registered:
        """Store what a system wrote down, in the caller's transaction, with its involvement and events.

        A record that is certain to be of a known child joins it. One that is doubtful becomes a child of its own and
        a proposal for people, so that nothing is lost while it waits. A record that is there stays with its child.

        `local_key_hashes` has the hash of the sender's own key under each secret, the one to store first. Raises
        KeysNotMade.
        """
        features = prepare(describe(facts))
        identifiers = self._keys.identifiers(facts)
        keys = self._keys.stored(features)
        await store.lock(connection, self._keys.locks(features, local_key_hashes, identifiers))
        found = await store.find_for_registration(connection, local_key_hashes, keys, identifiers)
        known = open_in_full(self._sealer, found, decision)
        record = Record(facts, datetime.now(UTC))
        placed = place(record, features, known, organisation_id, self._model)
        child = self._with(placed, record, UUID(organisation_id))
        own = child.records[0]
        hidden: dict[UUID, list[UUID]] = {}
        others: dict[UUID, KnownChild] = {}
        # A look-alike's own word hides nobody else: its sender would see whom.
        if child.shielded:
            hidden, others = await self._shielding.look_alikes(connection, child, decision)
        happened: list[events.What] = [
            child_events_pb2.ChildRegistered() if placed.child is None else child_events_pb2.ChildChanged()
        ]
        if involvement is not None:
            happened.append(events.recorded(sensitive=involvement.sensitive))
        changes: dict[UUID, Sequence[events.What]] = {child.child_id: happened}
        changes |= {one: [child_events_pb2.ChildChanged()] for one in hidden}
        await advance(connection, changes, child if placed.child is None else None)
        await store.save_record(
            connection,
            record_id=own.record_id,
            child_id=child.child_id,
            organisation_id=UUID(organisation_id),
            local_key_hash=local_key_hashes[0],
            local_key_version=self._keys.identifier_version,
            sealed_facts=self._sealer.seal(
                child.wrapped_key, own.record_id, child.child_id, facts.SerializeToString()
            ),
            model_version=self._model.model_version,
            look_alike=own.look_alike,
            key_versions=self._keys.versions,
        )
        current = await store.save_keys(
            connection,
            own.record_id,
            child.child_id,
            keys=keys,
            identifiers=identifiers,
            veil=veil(child.records, self._keys) if child.veiled else None,
            look_alike=own.look_alike,
            proposed=placed.proposed,
            model_version=self._model.model_version,
            key_versions=self._keys.versions,
        )
        if not current:
            raise KeysNotMade
        for other_id, record_ids in hidden.items():
            await self._shielding.hide(connection, others[other_id], record_ids, child.child_id)
        involvement_id = None
        if involvement is not None:
            involvement = replace(involvement, child_id=child.child_id)
            involvement_id = await involvement_store.record_involvement(connection, involvement)
        return Registered(child.child_id, involvement_id)

    def _with(self, placed: Placement, record: Record, organisation_id: UUID) -> KnownChild:
        """The child as it will be: the record first, as it is now, and those that were there."""
        known = placed.child
        if known is None:
            child_id = uuid4()
            own = KnownRecord(uuid4(), organisation_id, record, placed.look_alike, own=True)
            return KnownChild(child_id, self._sealer.new_data_key(child_id), shielded=False, records=(own,))
        before = next((one for one in known.records if one.own), None)
        own = KnownRecord(
            before.record_id if before else uuid4(),
            organisation_id,
            record,
            placed.look_alike,
            own=True,
            shown=before is not None and before.shown,
        )
        return replace(known, records=(own, *(one for one in known.records if not one.own)))
