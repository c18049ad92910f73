"""`python -m tests.bench.matching.models --shared DIR --out DIR`: the model that ships, and one for each fold.

`model.json` is trained on the training half of the historical people, two thirds of the people of FEBRL 3 and synthetic
England A; its calibration on the historical people for tuning, the other third, and synthetic England T in two sizes.
`fold_0.json` to `fold_4.json` have three folds of the historical people in place of that half, and for tuning the one
after theirs. `--shipped` makes the first alone.
"""

import argparse
import json
import tempfile
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from services.matching.scorecard import Records, read
from services.matching.training.__main__ import children, trained
from services.matching.training.calibrate import Questions
from tests.bench.matching.england.sample import Sizes, generate
from tests.bench.matching.historical import FOLDS
from tests.bench.matching.prepare import prepare

_SEED = 7
_TRAINED_ON = 50_000
_TUNED_ON = (50_000, 300_000)
_ASKED = 2_500


class _Made:
    """What all models are made from, read once."""

    def __init__(self, folder: Path, shared: Path) -> None:
        prepare(folder, shared)
        self._folder = folder
        febrl = read(folder / "febrl3.parquet")
        england = _england(folder, shared, "A", _TRAINED_ON)
        self._files = [children(febrl, kept=False), england]
        tuned = [children(febrl, kept=True), *(_england(folder, shared, "T", size) for size in _TUNED_ON)]
        self._questions = [Questions(one, _SEED) for one in tuned]

    def write(self, people: list[str], tuning: str, version: str, out: Path) -> None:
        """A model from these files of historical people and what all are made from."""
        historical = _together(self._folder / f"historical_{name}.parquet" for name in people)
        asked = Questions(read(self._folder / f"historical_{tuning}.parquet"), _SEED)
        document = trained([historical, *self._files], [asked, *self._questions], version)
        out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        print(out, flush=True)


def _england(folder: Path, shared: Path, letter: str, size: int) -> Records:
    """A generated England with a second record of some of its children."""
    into = folder / f"england_{size}"
    into.mkdir(exist_ok=True)
    generate(letter, Sizes(size, min(_ASKED, size // 10), 0, 0), shared, into)
    return _together(into / f"england_{letter}_{name}.parquet" for name in ("records", "queries"))


def _together(paths: Iterable[Path]) -> Records:
    return Records(pa.concat_tables([pq.read_table(path) for path in paths]))


def main() -> None:
    """Makes all."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matching.models", description=__doc__)
    parser.add_argument(
        "--shared", type=Path, default=Path("../shared/data"), help="folder of reference data"
    )
    parser.add_argument("--version", required=True, help="the version of the model that ships")
    parser.add_argument("--shipped", action="store_true", help="make no models of folds")
    parser.add_argument("--out", type=Path, required=True, help="folder to write to")
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        made = _Made(Path(temporary), asked.shared)
        made.write(["train"], "tune", asked.version, asked.out / "model.json")
        for number in range(0 if asked.shipped else FOLDS):
            tuning = (number + 1) % FOLDS
            others = [f"fold_{other}" for other in range(FOLDS) if other not in (number, tuning)]
            made.write(
                others, f"fold_{tuning}", f"{asked.version}-fold-{number}", asked.out / f"fold_{number}.json"
            )


if __name__ == "__main__":
    main()
