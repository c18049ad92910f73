"""How long what was staged is kept (S30), and the sweep that ends it."""

from datetime import datetime, timedelta
from typing import Final

from kith.directory.v1.import_run_pb2 import ImportRun
from services.chassis.database import Connection

RAW: Final = timedelta(days=30)
"""What a publisher sent as it came."""
RECORDS: Final = timedelta(days=90)
"""What a run made of it, after its end."""
_ROWS_AT_ONCE: Final = 2000


async def sweep(connection: Connection, now: datetime) -> None:
    """Delete what is over its time, a bounded number of rows per statement."""
    ended = [
        ImportRun.STATE_COMPLETED,
        ImportRun.STATE_REJECTED,
        ImportRun.STATE_FAILED,
        ImportRun.STATE_SUPERSEDED,
    ]
    await _repeat(connection, _RAW, now - RAW, _ROWS_AT_ONCE)
    await _repeat(connection, _RECORDS, ended, now - RECORDS, _ROWS_AT_ONCE)
    await _repeat(connection, _TERMS, ended, now - RECORDS, _ROWS_AT_ONCE)


async def _repeat(connection: Connection, statement: str, *arguments: object) -> None:
    while await connection.execute(statement, *arguments) == f"DELETE {_ROWS_AT_ONCE}":
        pass


# What is still being read stays: an upload older than that has been given up, and so has its run.
_RAW = """
DELETE FROM import_raw WHERE (run_id, number) IN (
    SELECT run_id, number FROM import_raw WHERE create_time < $1 LIMIT $2)
"""

_RECORDS = """
DELETE FROM import_record WHERE (run_id, id) IN (
    SELECT r.run_id, r.id
      FROM import_record AS r
      JOIN import_run AS n ON n.id = r.run_id
     WHERE n.state = ANY($1::smallint[]) AND n.end_time < $2
     LIMIT $3)
"""

_TERMS = """
DELETE FROM import_term WHERE (run_id, taxonomy, term) IN (
    SELECT t.run_id, t.taxonomy, t.term
      FROM import_term AS t
      JOIN import_run AS n ON n.id = t.run_id
     WHERE n.state = ANY($1::smallint[]) AND n.end_time < $2
     LIMIT $3)
"""
