"""`python -m tests.bench.matching.prepare --out DIR`: the labelled sets as files for the scorecard and for training.

- `febrl3.parquet` (train), `febrl4_records.parquet` and `febrl4_queries.parquet` (report; never the reverse)
- with `--shared`: `historical.parquet` (all), `historical_{train,tune,report}.parquet` (by entity) and
  `historical_fold_{0..4}.parquet` (by entity, for cross-validation)
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from services.matching.scorecard.records import Row
from tests.bench.matching.febrl import febrl3_rows, febrl4_rows
from tests.bench.matching.files import write
from tests.bench.matching.historical import FILE, FOLDS, PARTS, fold, historical_rows, part


def prepare(out: Path, shared: Path | None) -> list[str]:
    """Writes the files; returns a line about each."""
    sets: dict[str, Sequence[Row]] = {"febrl3": febrl3_rows()}
    sets["febrl4_records"], sets["febrl4_queries"] = febrl4_rows()
    missing = []
    if shared and (shared / FILE).is_file():
        rows = historical_rows(shared)
        sets["historical"] = rows
        for name in PARTS:
            sets[f"historical_{name}"] = [row for row in rows if part(row["entity_id"] or "") == name]
        for number in range(FOLDS):
            sets[f"historical_fold_{number}"] = [
                row for row in rows if fold(row["entity_id"] or "") == number
            ]
    else:
        missing.append(f"historical people left out: there is no {FILE} in the folder of shared data")
    return [
        f"{name}.parquet: {write(rows, out / f'{name}.parquet'):,} records" for name, rows in sets.items()
    ] + missing


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching.prepare", description=__doc__)
    parser.add_argument("--shared", type=Path, help="folder with historical_people_dev.parquet")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    asked = parser.parse_args()
    print("\n".join(prepare(asked.out, asked.shared)))
