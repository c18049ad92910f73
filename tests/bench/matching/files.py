"""Rows to parquet files as the scorecard reads them."""

from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.matching.scorecard.records import COLUMNS, Row

FLAGS = ("change", "household", "age")
"""Columns beside the scorecard's, which it leaves alone: what was done to a query, and of what home and age it is."""
SCHEMA = pa.schema([(name, pa.string()) for name in COLUMNS + FLAGS])
_AT_ONCE = 50_000


def write(rows: Iterable[Row], path: Path) -> int:
    """Writes all rows, some at a time; returns how many."""
    path.parent.mkdir(parents=True, exist_ok=True)
    waiting, count = iter(rows), 0
    with pq.ParquetWriter(path, SCHEMA) as writer:
        while batch := list(islice(waiting, _AT_ONCE)):
            writer.write_table(pa.Table.from_pylist(batch, schema=SCHEMA))
            count += len(batch)
    return count
