"""The synthetic England that the matcher is measured on is what it says it is."""

from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from services.matching.scorecard.records import Row
from tests.bench.matching.england.sample import Sizes, generate

HELD_OUT = {"moved", "transliteration", "hyphen_split", "name_order", "date_swapped"}
SIZES = Sizes(records=6_000, queries=800, absent=200, twins=30)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[Row]]]:
    folder = tmp_path_factory.mktemp("england")
    made: dict[str, dict[str, list[Row]]] = {}
    for letter in ("A", "T", "B"):
        counts = generate(letter, SIZES, None, folder)
        made[letter] = {
            name: pq.read_table(folder / f"england_{letter}_{name}.parquet").to_pylist() for name in counts
        }
    return made


def changes(rows: list[Row]) -> set[str]:
    return {change for row in rows for change in (row["change"] or "").split(",") if change}


def test_the_same_seed_makes_the_same_files(samples: dict[str, dict[str, list[Row]]], tmp_path: Path) -> None:
    generate("B", SIZES, None, tmp_path)
    for name, rows in samples["B"].items():
        assert pq.read_table(tmp_path / f"england_B_{name}.parquet").to_pylist() == rows


def test_held_out_errors_are_in_questions_of_test_seeds_alone(
    samples: dict[str, dict[str, list[Row]]],
) -> None:
    assert changes(samples["B"]["queries"]) >= HELD_OUT
    for letter, name in (
        ("A", "records"),
        ("A", "queries"),
        ("A", "absent"),
        ("A", "twins"),
        ("B", "records"),
    ):
        assert not changes(samples[letter][name]) & HELD_OUT
    assert not changes(samples["T"]["records"]) & HELD_OUT


def test_what_calibrates_is_half_asked_from_another_address_and_has_no_other_of_the_errors_held_out(
    samples: dict[str, dict[str, list[Row]]],
) -> None:
    assert changes(samples["T"]["queries"]) & HELD_OUT == {"moved"}


def test_sizes_and_who_is_in_the_index(samples: dict[str, dict[str, list[Row]]]) -> None:
    sample = samples["B"]
    known = [row["entity_id"] for row in sample["records"]]
    assert (len(known), len(set(known))) == (6_000, 6_000)
    assert len(sample["queries"]) == 800
    assert len(sample["absent"]) == 200
    assert {row["entity_id"] for row in sample["queries"]} <= set(known)
    for name in ("absent", "twins"):
        assert not {row["entity_id"] for row in sample[name]} & set(known)


def test_an_absent_childs_siblings_are_there_and_an_absent_twins_twin(
    samples: dict[str, dict[str, list[Row]]],
) -> None:
    homes: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row in samples["B"]["records"]:
        homes[row["household"]].append(row)
    assert all(homes[row["household"]] for row in samples["B"]["absent"])
    twins = samples["B"]["twins"]
    assert twins
    # But for an error of either date, one of those at home has the same one.
    same_day = sum(
        any(other["birth_date"] == row["birth_date"] for other in homes[row["household"]]) for row in twins
    )
    assert same_day >= 0.8 * len(twins)


def test_half_have_moved_and_origins_are_mixed(samples: dict[str, dict[str, list[Row]]]) -> None:
    asked = samples["B"]["queries"]
    moved = sum("moved" in (row["change"] or "") for row in asked) / len(asked)
    assert 0.45 < moved < 0.55
    assert len({row["subgroup"] for row in asked}) >= 10
