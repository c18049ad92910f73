"""`python -m services.matching.training --records FILE.parquet ... --out model.json`: a model from labelled records."""

import argparse
import json
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from services.matching import KEY_SCHEMA, load_model
from services.matching.model import Model, read_model
from services.matching.scorecard.records import Records, Unreadable, read
from services.matching.training import calibrate, names, weights
from services.matching.training.calibrate import Questions
from services.matching.training.document import settings
from services.matching.training.pairs import counted, levels, near_pairs, random_pairs, shares, true_pairs

_SEED = 7
_RANDOM_PAIRS = 100_000
_MOST_PAIRS = 20_000
# Of a file without one for tuning, every third child is kept for that.
_TUNED = 3
# Of an index of a million children, in whole bits.
_PRIOR_BITS = -20
_WRONG_CALL = 2


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0, or 2 with a sentence on stderr where a file is missing or cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m services.matching.training", description=__doc__)
    parser.add_argument("--records", type=Path, nargs="+", required=True, help="labelled records, parquet")
    parser.add_argument(
        "--tune", type=Path, nargs="*", default=[], help="other children, for the calibration"
    )
    parser.add_argument("--out", type=Path, required=True, help="the model to write")
    parser.add_argument("--version", default="trained", help="the model's version")
    asked = parser.parse_args(arguments)
    try:
        files = [read(path) for path in asked.records]
        tuning = [read(path) for path in asked.tune]
    except Unreadable as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - whoever calls it reads this
        return _WRONG_CALL
    document = trained(files, [Questions(one, _SEED) for one in tuning], asked.version)
    asked.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


def trained(files: Sequence[Records], tuning: Sequence[Questions], version: str) -> dict[str, Any]:
    """The model's document. Without questions for tuning, a third of the children of each file are kept for it."""
    if not tuning:
        tuning = [Questions(children(one, kept=True), _SEED) for one in files]
        files = [children(one, kept=False) for one in files]
    shipped = load_model()
    chance = random.Random(_SEED)  # noqa: S311 - picks pairs
    u = weights.unmatched(
        [shares(counted(one, random_pairs(one, _RANDOM_PAIRS, chance), shipped)) for one in files]
    )
    m = weights.matched([_matched(one, shipped, u, chance) for one in files])
    document = settings(m, u, 1 / (1 + 2.0**-_PRIOR_BITS))
    document["kith"] = {
        "model_version": version,
        "key_schema": KEY_SCHEMA,
        "thresholds": {"certain": 0.96, "certain_bits": 4.0, "probable": 0.85, "possible_bits": -7.0},
        "margin_bits": 6.0,
        "twin_bits": -6.0,
        "name_frequencies": names.name_frequencies(files, names.listed()),
        "calibration": {"knots": [[-20, -14], [20, 14]], "signs": {}},
    }
    model = read_model(document)
    document["kith"]["calibration"] = calibrate.fitted([list(one.answers(model)) for one in tuning])
    return document


def children(records: Records, *, kept: bool) -> Records:
    """The third of the children that is kept for tuning, or the other two."""
    return records.taken(np.flatnonzero((records.entities % _TUNED == 0) == kept))


def _matched(records: Records, model: Model, u: weights.Shares, chance: random.Random) -> weights.Shares:
    pairs = list(true_pairs(records, chance))
    if pairs:
        chance.shuffle(pairs)
        return weights.shares_by_label(_rows(records, pairs[:_MOST_PAIRS], model))
    return weights.shares_by_maximisation(_rows(records, near_pairs(records, _MOST_PAIRS), model), u)


def _rows(records: Records, pairs: Iterable[tuple[int, int]], model: Model) -> list[dict[str, str]]:
    return [
        {
            f"{name}_level": level
            for name, level in levels(records.features(one), records.features(other), model).items()
        }
        for one, other in pairs
    ]


if __name__ == "__main__":
    sys.exit(main())
