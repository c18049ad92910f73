"""A publisher's CSV as batches of records, ready to be judged and staged. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final
from uuid import uuid5

from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE
from kith.directory.v1.import_run_pb2 import ImportRun
from services.directory.importing import columns, csv_text, staging
from services.directory.importing.run import RunFailed
from services.directory.importing.source import Problem, Record, Source
from services.directory.importing.staging import Batch
from services.directory.importing.untangle import Untangled, untangle

ROWS_AT_ONCE: Final = 250


@dataclass(frozen=True, slots=True)
class Rows:
    """What came of a number of rows."""

    records: Batch
    rows: int


def batches(chunks: csv_text.Chunks, source: Source) -> Iterator[Rows]:
    """Give the records of ROWS_AT_ONCE rows at a time; at least one batch. Raises RunFailed."""
    try:
        rows = csv_text.rows(chunks)
        header = next(rows, [])
        where = columns.positions(header, source.columns or {field: field for field in columns.FIELDS})
        if "name" not in where:
            raise RunFailed(ImportRun.FAILURE_COLUMNS_MISSING)
        number = 0
        while True:
            taken = list(islice(rows, ROWS_AT_ONCE))
            batch = Batch()
            for row in taken:
                number += 1
                staging.add(batch, _untangled(row, len(header), where, source, f"row {number + 1}"))
            yield Rows(batch, len(taken))
            if len(taken) < ROWS_AT_ONCE:
                return
    except csv_text.BadCsv as bad:
        raise RunFailed(ImportRun.FAILURE_NOT_CSV, bad.row) from None


def _untangled(row: list[str], width: int, where: dict[str, int], source: Source, position: str) -> Untangled:
    try:
        item = columns.service(row, width, where, source.display_name)
    except columns.WrongColumns:
        id_ = uuid5(source.id, f"at {position}")
        problems = [Problem("", "column_count")]
        return Untangled([Record(id_, ENTRY_KIND_SERVICE, position, "", None, problems=problems)])
    return untangle(item, source, position)
