"""How long the tables of the chassis keep their rows, and the sweep that ends it (S30)."""

from services.chassis.database import Connection

_ROWS_AT_ONCE = 5000

# The inbox outlives the outbox that could repeat an event. A request id lives 30 days (DESIGN section 7).
# What has not been published or shipped is never swept.
_SWEEPS = (
    """
    DELETE FROM chassis.outbox WHERE position IN (
        SELECT position FROM chassis.outbox
         WHERE create_time < now() - interval '30 days' AND publish_time IS NOT NULL LIMIT $1)
    """,
    """
    DELETE FROM chassis.audit_outbox WHERE position IN (
        SELECT position FROM chassis.audit_outbox
         WHERE create_time < now() - interval '30 days' AND ship_time IS NOT NULL LIMIT $1)
    """,
    """
    DELETE FROM chassis.inbox WHERE (consumer, event_id) IN (
        SELECT consumer, event_id FROM chassis.inbox
         WHERE receive_time < now() - interval '35 days' LIMIT $1)
    """,
    """
    DELETE FROM chassis.idempotency WHERE (caller_key, request_id) IN (
        SELECT caller_key, request_id FROM chassis.idempotency
         WHERE create_time < now() - interval '30 days' LIMIT $1)
    """,
)


async def sweep(connection: Connection) -> None:
    """Delete what is over its time, a bounded number of rows per statement."""
    for statement in _SWEEPS:
        while await connection.execute(statement, _ROWS_AT_ONCE) == f"DELETE {_ROWS_AT_ONCE}":
            pass
