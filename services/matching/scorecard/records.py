"""Labelled records: a table of text columns, of which any cell may be null and most columns may be absent."""

import re
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from services.matching import Description, Features, Name, PartialDate, prepare

COLUMNS = (
    "entity_id",
    "given_name",
    "other_names",
    "family_name",
    "birth_date",
    "gender",
    "postcode",
    "subgroup",
)
_COMPARED = ("given_name", "other_names", "family_name", "birth_date", "gender", "postcode")
_COMPLETE = ("given_name", "family_name", "birth_date", "postcode")
# What goes on like a date written in another order (14/05/2014, 14-05-2014, 14.05.2014) is none.
_DATE = re.compile(r"\s*(-?)(\d{1,4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?![\d/]|-\d|\.\d+\.)")
_BASIC_DATE = re.compile(r"\s*()(\d{4})(\d{2})(\d{2})(?!\d)")
_LAST_MONTH = 12
_LAST_DAY = 31
# Features of so many records are kept; about 2 KB each.
_MOST_KEPT = 200_000

Row = dict[str, str | None]


class Unreadable(Exception):
    """The file cannot be measured; the text says why and holds no value of any cell."""


class Records:
    """Rows of a labelled table in compact columns. Two rows are of one child where their `entities` are equal.

    A row without `entity_id` is a child of its own.
    """

    def __init__(self, table: pa.Table) -> None:
        self._columns = {name: _text(table, name) for name in COLUMNS}
        self.size: int = table.num_rows
        self._features: dict[int, Features] = {}
        self.entities: NDArray[np.int64] = np.fromiter(
            (_entity(text, row) for row, text in enumerate(self._columns["entity_id"].to_pylist())),
            dtype=np.int64,
            count=self.size,
        )
        self.named: NDArray[np.bool_] = np.asarray(pc.is_valid(self._columns["entity_id"]))

    @classmethod
    def of(cls, rows: Sequence[Row]) -> "Records":
        """Records from rows in memory."""
        columns = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in COLUMNS}
        return cls(pa.table(columns))

    def taken(self, rows: NDArray[np.int64]) -> "Records":
        """These rows alone, in this order."""
        table = pa.table(self._columns).take(pa.array(rows))
        return Records(table) if self.named.all() else _unnamed(table, self.entities[rows])

    def row(self, number: int) -> Row:
        """One row's cells, blank ones as None."""
        return {name: column[number].as_py() for name, column in self._columns.items()}

    def rows(self) -> Iterator[Row]:
        """All rows in order, without holding them all at once."""
        for batch in pa.table(self._columns).to_batches(max_chunksize=20_000):
            yield from batch.to_pylist()

    def features(self, number: int) -> Features:
        """One row as the matcher sees it."""
        found = self._features.get(number)
        if found is None:
            if len(self._features) >= _MOST_KEPT:
                self._features.clear()
            found = self._features[number] = prepare(describe(self.row(number)))
        return found

    def column(self, name: str) -> list[str | None]:
        """A whole column."""
        texts: list[str | None] = self._columns[name].to_pylist()
        return texts

    def complete(self) -> NDArray[np.bool_]:
        """For each row, whether given and family name, date and postcode are all there, be they right or wrong."""
        there = np.ones(self.size, dtype=np.bool_)
        for name in _COMPLETE:
            there &= np.asarray(pc.is_valid(self._columns[name]))
        return there

    def fingerprints(self, seed: int) -> NDArray[np.uint64]:
        """A seeded hash of each row's cells: chance that depends on what a row says, never on where it stands."""
        key = str(seed).encode()
        made = (
            int.from_bytes(
                blake2b(
                    "\x1f".join("" if row[name] is None else str(row[name]) for name in COLUMNS).encode(),
                    key=key,
                    digest_size=8,
                ).digest(),
                "big",
            )
            for row in self.rows()
        )
        return np.fromiter(made, dtype=np.uint64, count=self.size)


def read(path: Path) -> Records:
    """Reads a parquet file. Raises Unreadable for one that is missing, is no parquet, damaged or lacks the columns."""
    if not path.is_file():
        raise Unreadable(f"There is no file {path}.")
    try:
        present = set(pq.read_schema(path).names)
    except (pa.ArrowException, OSError):
        raise Unreadable(f"{path} is not a parquet file.") from None
    if "entity_id" not in present:
        raise Unreadable(f"{path} has no column entity_id, which says what rows are of the same child.")
    if present.isdisjoint(_COMPARED):
        raise Unreadable(f"{path} has none of the columns {', '.join(_COMPARED)}.")
    try:
        return Records(pq.read_table(path, columns=[name for name in COLUMNS if name in present]))
    except pa.ArrowException:
        raise Unreadable(f"{path} cannot be read: its columns must be text.") from None
    except OSError:  # so pyarrow says that a page cannot be unpacked
        raise Unreadable(f"{path} cannot be read: it is damaged.") from None


def describe(row: Row) -> Description:
    """A row as the matcher's raw description."""
    return Description(
        names=(Name(row["given_name"], row["family_name"], row["other_names"]),),
        birth_date=parse_date(row["birth_date"]),
        gender=row["gender"],
        postcodes=(row["postcode"],) if row["postcode"] else (),
    )


def parse_date(text: str | None) -> PartialDate | None:
    """An ISO date of which any part may be missing, 0 or impossible; None where there is no year, month or day.

    A date in another order is None: which of its parts is the month nobody can tell.

    Impossible parts that a swap of day and month explains are left to the matcher; other ones are missing.
    """
    found = _BASIC_DATE.match(text or "") or _DATE.match(text or "")
    if not found:
        return None
    sign, year, month, day = found.groups()
    parts = [0 if sign else int(year), int(month or 0), int(day or 0)]
    if parts[1] > _LAST_DAY or (parts[1] > _LAST_MONTH < parts[2]):
        parts[1] = 0
    if parts[2] > _LAST_DAY:
        parts[2] = 0
    return PartialDate(*(part or None for part in parts)) if any(parts) else None


def _text(table: pa.Table, name: str) -> pa.Array:
    """The column as trimmed text, blank and not-a-number as null; all null where it is absent."""
    if name not in table.column_names:
        return pa.nulls(table.num_rows, pa.string())
    cells = table[name].combine_chunks()
    if pa.types.is_floating(cells.type):
        cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)
    column = pc.utf8_trim_whitespace(pc.cast(cells, pa.string()))
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _entity(text: str | None, row: int) -> int:
    if text is None:
        return -1 - row
    # 63 bits: never one of the negative numbers of rows without a label.
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") >> 1


def _unnamed(table: pa.Table, entities: NDArray[np.int64]) -> Records:
    records = Records(table)
    records.entities = entities
    return records
