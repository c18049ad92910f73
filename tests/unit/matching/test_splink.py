"""The shipped model is a Splink model: the same levels get the same match weight from Splink itself."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from splink import DuckDBAPI, Linker

from services.matching import Score, load_model, prepare, score
from services.matching.training.document import frequencies, pair_row
from tests.unit.matching.population import records, town

PAIRS = 400


def _pairs() -> list[Score]:
    """Records of the same child, of siblings and of strangers, at the shipped model."""
    chance, model = random.Random(3), load_model()
    described = [
        (child.home, prepare(record)) for child in town(300, 3) for record in records(child, 2, chance)
    ]
    pairs = [(one, other) for one, other in pairwise(described) if one[0] == other[0]]
    strangers = iter(chance.choices(described, k=2 * PAIRS))
    pairs += zip(strangers, strangers, strict=True)
    return [score(one, other, model) for (_, one), (_, other) in pairs]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    path = Path(load_model.__code__.co_filename).parent / "model.json"
    raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return raw


def test_splink_gives_every_pair_the_weight_that_we_give_it(document: dict[str, Any]) -> None:
    model = load_model()
    # The twin rule is beside the bits of the fields, and Splink has none.
    pairs = [found for found in _pairs() if not found.twin_off]
    rows = [pair_row(found, model) for found in pairs]
    database = DuckDBAPI()
    tables = [
        database.register(
            pd.DataFrame([row[side] | {"pair": f"{number:04}"} for number, row in enumerate(rows)]),
            dataset_display_name=("asked", "known")[side],
        )
        for side in (0, 1)
    ]
    settings = {name: value for name, value in document.items() if name != "kith"}
    linker = Linker(tables, settings, log_level="ERROR")
    for name in model.shortfall:
        looked_up = database.register(pd.DataFrame(frequencies(name, model, document)))
        linker.table_management.register_term_frequency_lookup(looked_up, name)
    predicted: Any = linker.inference.predict()
    found = predicted.as_pandas_dataframe().sort_values("pair_l")
    assert len(found) == len(pairs) > PAIRS / 2
    assert found["match_weight"].tolist() == pytest.approx([pair.bits for pair in pairs], abs=1e-6)
    assert max(pair.bits for pair in pairs) > 20 > -20 > min(pair.bits for pair in pairs)


def test_levels_of_a_comparison_are_the_shares_of_what_is_seen(document: dict[str, Any]) -> None:
    for comparison in document["comparisons"]:
        for level in comparison["comparison_levels"][1:]:
            assert 0 < level["u_probability"] <= 1
            assert level["m_probability"] > 0
