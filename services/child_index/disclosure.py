"""Every disclosure is counted and recorded before the answer leaves (G6, S17; DESIGN 5 no. 16)."""

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kith.audit.v1 import access_record_pb2
from services.chassis import audit_outbox
from services.chassis.access import Decision
from services.chassis.caller import Kind
from services.chassis.database import Connection
from services.chassis.errors import ACCESS_DOMAIN, Unavailable
from services.child_index import disclosure_store
from services.child_index.disclosure_store import Disclosure
from services.child_index.refusals import BudgetSpent

SERVICE = "child-index"
_BACKLOG_SECONDS = 60.0
LOOKED_SECONDS = 2.0


class Disclosures:
    """Keeps the daily budgets of different children that a person or a system may be shown."""

    def __init__(
        self, person_limit: int, system_limit: int, *, looked_seconds: float = LOOKED_SECONDS
    ) -> None:
        """Limits are of different children in a day; a system's number is looked at every `looked_seconds`."""
        self._person_limit = person_limit
        self._system_limit = system_limit
        self._looked_seconds = looked_seconds
        self._below_until: dict[str, float] = {}

    async def record(
        self, connection: Connection, decision: Decision, child_ids: Sequence[UUID], model_version: str = ""
    ) -> None:
        """Count the children and commit the access record. To be called before answering, also with no child found.

        `model_version` is that of the matcher that chose them; empty where the caller named the child.
        Raises BudgetSpent when the caller's budget was used up before this call, and Unavailable when too many
        records wait to be shipped: an answer nobody could account for is not given.
        """
        (allowed,) = await self.record_each(connection, decision, [child_ids], model_version)
        if not allowed:
            raise self.spent(decision)

    async def record_each(
        self,
        connection: Connection,
        decision: Decision,
        shown: Sequence[Sequence[UUID]],
        model_version: str = "",
    ) -> list[bool]:
        """The same for several answers at once: says of each, in order, whether it may be given.

        Raises Unavailable as `record` does. Outside a transaction, in one round trip.
        """
        subject = decision.caller.subject
        is_person = decision.caller.kind is Kind.PERSON
        # A system is shown one child at a time and calls often, thousands a day: it is not counted anew at every call.
        # What its calls overspend is at most what it is shown in these seconds.
        limit = None if self._below_until.get(subject, 0.0) > time.monotonic() else self._limit(decision)
        now = datetime.now(UTC)
        told = await disclosure_store.disclose(
            connection,
            subject=subject,
            limit=limit,
            in_turn=is_person,
            disclosures=[_disclosure(decision, child_ids, now, model_version) for child_ids in shown],
        )
        if told is None:
            raise Unavailable("AUDIT_BACKLOG", retry_after=_BACKLOG_SECONDS, domain=ACCESS_DOMAIN)
        if not is_person and limit is not None and all(told):
            self._below_until[subject] = time.monotonic() + self._looked_seconds
        return told

    async def note(self, connection: Connection, decision: Decision, child_ids: Sequence[UUID]) -> None:
        """Record in the caller's transaction what is done with children of whom nothing is shown: not counted.

        Raises Unavailable as `record` does.
        """
        await audit_outbox.bound_check(connection)
        noted = _disclosure(decision, child_ids, datetime.now(UTC))
        await audit_outbox.write(connection, [noted.record], [noted.record_id])

    def spent(self, decision: Decision) -> BudgetSpent:
        """The refusal of an answer that may not be given."""
        return BudgetSpent(self._limit(decision))

    def _limit(self, decision: Decision) -> int:
        return self._person_limit if decision.caller.kind is Kind.PERSON else self._system_limit


def _disclosure(
    decision: Decision, child_ids: Sequence[UUID], now: datetime, model_version: str = ""
) -> Disclosure:
    caller = decision.caller
    record_id = uuid4()
    record = access_record_pb2.AccessRecord(
        id=str(record_id),
        service=SERVICE,
        method=decision.method,
        organisation_id=caller.organisation_id,
        subject=caller.subject,
        purpose=decision.purpose or "",
        child_ids=[str(child_id) for child_id in child_ids],
        model_version=model_version,
    )
    record.event_time.FromDatetime(now)
    return Disclosure(record_id, record.SerializeToString(), child_ids)
