"""Registering a child: one child, one id, however many agencies register it at once (DESIGN 5 no. 8, 11; CI-16)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

from kith.childindex.v1 import child_events_pb2, child_pb2
from services.chassis import outbox
from services.chassis.access import Decision
from services.chassis.database import Connection
from services.chassis.seal import Sealer, WrappedKey
from services.child_index import events, store
from services.child_index.facts import describe
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import best_features, open_children
from services.child_index.store import SealedRecord, StoredInvolvement
from services.matching import Action, Features, Model, decide_registration, prepare


@dataclass(frozen=True, slots=True)
class Registered:
    """Where the record went. Never told to the sender beyond its own child id (DESIGN 5 no. 8)."""

    child_id: UUID
    involvement_id: UUID | None


@dataclass(frozen=True, slots=True)
class _Place:
    """The child a record belongs to, new or known, and the children it may also be."""

    child_id: UUID
    wrapped_key: WrappedKey
    is_new: bool
    proposed: Sequence[UUID]


class Registrar:
    """Puts source records where they belong."""

    def __init__(self, sealer: Sealer, keys: MatchKeys, model: Model) -> None:
        self._sealer = sealer
        self._keys = keys
        self._model = model

    async def register(
        self,
        connection: Connection,
        *,
        local_key_hash: bytes,
        facts: child_pb2.Facts,
        involvement: StoredInvolvement | None,
        organisation_id: str,
        decision: Decision,
    ) -> Registered:
        """Store what a system wrote down, in the caller's transaction, with its involvement and events.

        A record that is certain to be of a known child joins it. One that is doubtful becomes a child of its own and
        a proposal for people, so that nothing is lost while it waits. A record that is there stays with its child.
        """
        features = prepare(describe(facts))
        identifiers = self._keys.identifiers(facts)
        keys = self._keys.stored(features)
        await store.lock(connection, self._keys.locks(features, local_key_hash, identifiers))
        found = await store.find_for_registration(connection, local_key_hash, keys, identifiers)
        own = next((one for one in found if one.own), None)
        place = self._known_place(own) if own else self._place(features, found, decision)
        record_id = own.sealed.record_id if own else uuid4()
        happened: list[events.What] = [
            child_events_pb2.ChildRegistered() if place.is_new else child_events_pb2.ChildChanged()
        ]
        if involvement is not None:
            happened.append(events.recorded(sensitive=involvement.sensitive))
        version = await self._advance(connection, place, len(happened))
        await store.save_record(
            connection,
            record_id=record_id,
            child_id=place.child_id,
            organisation_id=UUID(organisation_id),
            local_key_hash=local_key_hash,
            sealed_facts=self._sealer.seal(
                place.wrapped_key, record_id, place.child_id, facts.SerializeToString()
            ),
            model_version=self._model.model_version,
        )
        await store.save_keys(connection, record_id, place.child_id, keys, identifiers)
        if place.proposed:
            await store.propose(connection, place.child_id, place.proposed, self._model.model_version)
        involvement_id = None
        if involvement is not None:
            involvement = replace(involvement, child_id=place.child_id)
            involvement_id = await store.record_involvement(connection, involvement)
        await outbox.write(connection, events.events(place.child_id, version, happened))
        return Registered(place.child_id, involvement_id)

    def _place(self, features: Features, found: Sequence[SealedRecord], decision: Decision) -> _Place:
        children = open_children(self._sealer, found, decision)
        decided = decide_registration(features, best_features(features, children, self._model), self._model)
        if decided.action is Action.LINK:
            child_id = decided.keys[0]
            wrapped = next(one.sealed.wrapped for one in found if one.sealed.child_id == child_id)
            return _Place(child_id, wrapped, is_new=False, proposed=())
        child_id = uuid4()
        return _Place(child_id, self._sealer.new_data_key(child_id), is_new=True, proposed=decided.keys)

    def _known_place(self, own: SealedRecord) -> _Place:
        return _Place(own.sealed.child_id, own.sealed.wrapped, is_new=False, proposed=())

    async def _advance(self, connection: Connection, place: _Place, by: int) -> int:
        if place.is_new:
            await store.create_child(connection, place.child_id, place.wrapped_key, by)
            return by
        version = await store.advance_child(connection, place.child_id, by)
        if version is None:
            raise RuntimeError("a child with records has no row")
        return version
