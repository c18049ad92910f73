"""Every disclosure is counted and recorded before the answer leaves (G6, S17; DESIGN 5 no. 16)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kith.audit.v1 import access_record_pb2
from services.chassis import audit_outbox
from services.chassis.access import Decision
from services.chassis.caller import Kind
from services.chassis.database import Connection
from services.child_index import store
from services.child_index.refusals import BudgetSpent

SERVICE = "child-index"


class Disclosures:
    """Keeps the daily budgets of different children that a person or a system may be shown."""

    def __init__(self, person_limit: int, system_limit: int) -> None:
        self._person_limit = person_limit
        self._system_limit = system_limit

    async def record(self, connection: Connection, decision: Decision, child_ids: Sequence[UUID]) -> None:
        """Count the children and commit the access record. To be called before answering, also with no child found.

        Raises BudgetSpent when the caller's budget was used up before this call, and Unavailable when too many
        records wait to be shipped: an answer nobody could account for is not given.
        """
        await audit_outbox.bound_check(connection)
        caller = decision.caller
        limit = self._person_limit if caller.kind is Kind.PERSON else self._system_limit
        record_id = uuid4()
        record = access_record_pb2.AccessRecord(
            id=str(record_id),
            service=SERVICE,
            method=decision.method,
            organisation_id=caller.organisation_id,
            subject=caller.subject,
            purpose=decision.purpose or "",
            child_ids=[str(child_id) for child_id in child_ids],
        )
        record.event_time.FromDatetime(datetime.now(UTC))
        async with connection.transaction():
            # Else a person's searches sent at once, of up to 50 children each, would none see what the others spend. A
            # system is shown one child at a time and calls often: what its calls overspend is their number.
            if caller.kind is Kind.PERSON:
                await store.lock_budget(connection, caller.subject)
            allowed = await store.disclose(
                connection,
                subject=caller.subject,
                limit=limit,
                child_ids=child_ids,
                record_id=record_id,
                record=record.SerializeToString(),
            )
        if not allowed:
            raise BudgetSpent(limit)
