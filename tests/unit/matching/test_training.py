"""A model made from records: Splink counts or maximises, and what comes out finds the children again."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from services.matching import KEY_SCHEMA, load_model, prepare, rank
from services.matching.ranking import SIGNS
from services.matching.training.__main__ import main
from services.matching.training.calibrate import Answer, fitted
from services.matching.training.start import START
from tests.unit.matching.population import records, town

CHILDREN = 400


def _row(number: int, record: Any) -> dict[str, str | None]:
    (name,) = record.names
    date = record.birth_date
    return {
        "entity_id": str(number),
        "given_name": name.given,
        "other_names": name.other_given,
        "family_name": name.family,
        "birth_date": date and f"{date.year}-{date.month:02}-{date.day:02}",
        "gender": record.gender,
        "postcode": record.postcodes[0] if record.postcodes else None,
    }


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str | None]]:
    chance = random.Random(5)
    return [_row(child.number, record) for child in town(CHILDREN, 5) for record in records(child, 2, chance)]


@pytest.fixture(scope="module", params=["labelled", "nobody says whose"])
def model_file(
    request: pytest.FixtureRequest,
    rows: list[dict[str, str | None]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("model")
    labelled = pa.Table.from_pylist(rows)
    pq.write_table(labelled, folder / "labelled.parquet")
    pq.write_table(labelled.drop_columns(["entity_id"]), folder / "plain.parquet")
    unlabelled = pa.table(
        {"entity_id": pa.nulls(len(rows), pa.string())}
        | {name: labelled[name] for name in labelled.column_names if name != "entity_id"}
    )
    pq.write_table(unlabelled, folder / "unlabelled.parquet")
    chosen = "labelled" if request.param == "labelled" else "unlabelled"
    tune = str(folder / "labelled.parquet")
    out = folder / "model.json"
    called = [
        "--records",
        str(folder / f"{chosen}.parquet"),
        "--tune",
        tune,
        "--out",
        str(out),
        "--version",
        "made",
    ]
    assert main(called) == 0
    return out


def test_a_trained_model_finds_the_other_record_of_a_child(model_file: Path) -> None:
    model = load_model(model_file).for_population(CHILDREN)
    chance = random.Random(5)
    pairs = [[prepare(record) for record in records(child, 2, chance)] for child in town(CHILDREN, 5)]
    known = [(number, first) for number, (first, _) in enumerate(pairs)]
    right = 0
    for number, (_, asked) in enumerate(pairs[:100]):
        matches = rank(asked, known, model).matches
        right += bool(matches) and matches[0].key == number
    assert right >= 90


def test_a_trained_model_knows_every_level_and_its_key_schema(model_file: Path) -> None:
    model = load_model(model_file)
    assert (model.model_version, model.key_schema) == ("made", KEY_SCHEMA)
    assert {name: set(levels) for name, levels in model.weights.items()} == {
        name: set(levels) for name, levels in START.items()
    }
    for name in ("given_name", "family_name", "birth_date"):
        assert model.weights[name]["exact"] > 5 > -1 > model.weights[name]["disagree"]


def test_the_probability_never_falls_with_more_bits_or_a_greater_distance(model_file: Path) -> None:
    for model in (load_model(model_file), load_model()):
        by_bits = [model.calibration.probability(bits, 60, ()) for bits in range(-20, 40)]
        by_gap = [model.calibration.probability(20, gap, ()) for gap in range(30)]
        assert by_bits == sorted(by_bits)
        assert by_gap == sorted(by_gap)
        assert by_bits[0] < 0.1
        assert by_bits[-1] > 0.9
        least = model.calibration.least_bits(0.85)
        assert model.calibration.probability(least - 0.01, 60, ()) < 0.85


def test_a_file_counts_as_much_as_any_other_however_many_questions_it_has() -> None:
    chance = random.Random(3)

    def asked(right: float) -> list[Answer]:
        bits = [chance.uniform(-8, 16) for _ in range(200)]
        return [Answer(one, (True,) * len(SIGNS), chance.random() < right * (one > 2)) for one in bits]

    one, other = asked(0.9), asked(0.5)
    assert fitted([one, other]) == fitted([one, other * 5]) != fitted([one * 5 + other])


def test_a_file_that_is_missing_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--records", str(tmp_path / "none.parquet"), "--out", str(tmp_path / "m.json")]) == 2
    assert "There is no file" in capsys.readouterr().err


def test_the_shipped_model_is_in_the_form_that_training_writes(model_file: Path) -> None:
    shipped = Path(load_model.__code__.co_filename).parent / "model.json"
    made, ships = (json.loads(path.read_text(encoding="utf-8")) for path in (model_file, shipped))
    assert made.keys() == ships.keys()
    assert made["kith"].keys() == ships["kith"].keys()
