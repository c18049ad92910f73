"""What is recorded about who may decide for a child: opened, sealed and put to the rules (DESIGN 5 no. 4)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID, uuid4

from kith.consent.v1 import family_pb2
from services.chassis.access import Decision
from services.chassis.database import Connection
from services.chassis.seal import Sealed, Sealer
from services.consent import family_message, family_store
from services.consent.decisions import Told
from services.consent.family_store import SealedFamily
from services.consent.recording import Author
from services.consent.refusals import Changed
from services.consent.rules.family import DecisionAsked, Family, Matter
from services.consent.rules.responsibility import who_can_consent


@dataclass(frozen=True, slots=True)
class Recorded:
    """A family as one organisation recorded it; `stored` is None while nothing is."""

    message: family_pb2.Family
    stored: SealedFamily | None

    @property
    def restricted(self) -> bool:
        """Whether there is anybody who must not be told."""
        return bool(self.message.do_not_tell or self.message.wishes)

    @property
    def version(self) -> int:
        """0 while nothing is recorded."""
        return 0 if self.stored is None else self.stored.version


class Families:
    """Opens and stores families. Each organisation has its own record of a child's family, and sees no other's."""

    def __init__(self, sealer: Sealer) -> None:
        self._sealer = sealer

    async def recorded(
        self, connection: Connection, child_id: UUID, organisation_id: UUID, decision: Decision
    ) -> Recorded:
        """Return what the organisation recorded."""
        stored = await family_store.family(connection, child_id, organisation_id)
        return self._opened(stored, decision)

    async def locked(
        self, connection: Connection, child_id: UUID, organisation_id: UUID, decision: Decision, seen: int
    ) -> Recorded:
        """Return the same, to be changed by nobody else meanwhile. Raises Changed unless it is version `seen`."""
        stored = await family_store.lock_family(connection, child_id, organisation_id)
        if seen and (stored is None or stored.version != seen):
            raise Changed
        return self._opened(stored, decision)

    async def facts(
        self, connection: Connection, child_id: UUID, organisation_id: UUID, decision: Decision
    ) -> Family | None:
        """Return the family for the rules; None while nothing is recorded."""
        recorded = await self.recorded(connection, child_id, organisation_id, decision)
        return None if recorded.stored is None else family_message.facts(recorded.message, child_id)

    async def facts_locked(
        self, connection: Connection, child_id: UUID, organisation_id: UUID, decision: Decision
    ) -> Family | None:
        """Return the family for the rules, which nobody changes before the end of the transaction."""
        recorded = await self.locked(connection, child_id, organisation_id, decision, 0)
        return None if recorded.stored is None else family_message.facts(recorded.message, child_id)

    async def told(
        self,
        connection: Connection,
        child_ids: Collection[UUID],
        organisation_id: UUID,
        decision: Decision,
        today: date,
    ) -> Told:
        """Return who may be told about sharing, under every id of the child."""
        told: set[UUID] = set()
        parents: set[UUID] = set()
        known: set[UUID] = set()
        for child_id in child_ids:
            family = await self.facts(connection, child_id, organisation_id, decision)
            if family is not None:
                answer = who_can_consent(family, DecisionAsked(Matter.SHARE_INFORMATION), today)
                told |= set(answer.must_be_told)
                parents |= {who.person for who in answer.holders}
                known |= {relation.person for relation in family.relations}
        return Told(frozenset(told), frozenset(parents), frozenset(known))

    async def save(
        self,
        connection: Connection,
        message: family_pb2.Family,
        before: Recorded,
        *,
        child_id: UUID,
        organisation_id: UUID,
        by: Author,
        now: datetime,
    ) -> Recorded:
        """Store the family, which `locked` returned, as it is now, and what stands before every copy and notice."""
        fresh = self._sealer.new_data_key(child_id)
        wrapped = await family_store.child_key(connection, child_id, fresh)
        id_ = uuid4() if before.stored is None else before.stored.id
        stored = SealedFamily(
            id=id_,
            child_id=child_id,
            wrapped=wrapped,
            sealed=self._sealer.seal(wrapped, id_, child_id, message.SerializeToString(deterministic=True)),
            version=before.version + 1,
            update_time=now,
        )
        await family_store.save_family(connection, stored, organisation_id, by.subject, by.method)
        restrictions = family_message.restrictions(message, child_id)
        await family_store.save_restrictions(connection, child_id, organisation_id, restrictions)
        return Recorded(_shown(message, stored), stored)

    def _opened(self, stored: SealedFamily | None, decision: Decision) -> Recorded:
        if stored is None:
            return Recorded(family_pb2.Family(), None)
        sealed = Sealed(stored.child_id, stored.id, stored.wrapped, stored.sealed)
        message = family_pb2.Family.FromString(self._sealer.open(sealed, decision))
        return Recorded(_shown(message, stored), stored)


def _shown(message: family_pb2.Family, stored: SealedFamily) -> family_pb2.Family:
    message.version = stored.version
    message.update_time.FromDatetime(stored.update_time)
    return message
