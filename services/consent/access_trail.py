"""Who was shown what about a child, or wrote it: committed before the answer leaves (G6; DESIGN 5 no. 16)."""

from collections.abc import Iterable
from datetime import UTC, datetime
from uuid import UUID, uuid4

from kith.audit.v1.access_record_pb2 import AccessRecord
from services.chassis import audit_outbox
from services.chassis.access import Decision
from services.chassis.database import Connection

SERVICE = "consent"
# A page of no list has more.
_MOST_CHILDREN = 100


async def leave(connection: Connection, decision: Decision, child_ids: Iterable[UUID]) -> None:
    """Write the access record in the transaction of the answer.

    Raises Unavailable when too many wait to be shipped: an answer nobody could account for is not given.
    """
    await audit_outbox.bound_check(connection)
    record_id = uuid4()
    record = AccessRecord(
        id=str(record_id),
        service=SERVICE,
        method=decision.method,
        organisation_id=decision.caller.organisation_id,
        subject=decision.caller.subject,
        purpose=decision.purpose or "",
        child_ids=sorted({str(child_id) for child_id in child_ids})[:_MOST_CHILDREN],
    )
    record.event_time.FromDatetime(datetime.now(UTC))
    await audit_outbox.write(connection, [record.SerializeToString()], [record_id])
