import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services import matching
from services.matching import PartialDate, load_model
from services.matching.scorecard import Hit, Index, Outcomes, Records, ask, figures, read, report, split
from services.matching.scorecard.__main__ import main
from services.matching.scorecard.records import Row, parse_date
from tests.unit.matching.descriptions import cases

SEED = 7
SHIPPED = Path(matching.__file__).with_name("model.json")


def row(
    entity: str | None,
    given_name: str,
    family_name: str,
    date: str | None,
    postcode: str | None = None,
    **more: str,
) -> Row:
    return {
        "entity_id": entity,
        "given_name": given_name,
        "family_name": family_name,
        "birth_date": date,
        "postcode": postcode,
        **more,
    }


# Four children are asked for. One of them was written down so differently that nobody could find her.
FOUR = [
    row("a", "Zachary", "Thistlewood", "2014-03-04", "QX1 1AB", gender="male", subgroup="north"),
    row("a", "Zachary", "Thistlewood", "2014-03-04", "QX1 1AB", gender="male", subgroup="north"),
    row("b", "Philippa", "Oakeshott", "2011-07-19", "XQ4 2DE", gender="female", subgroup="north"),
    row("b", "Philippa", "Oakeshott", "2011-07-19", "XQ4 2DE", gender="female", subgroup="north"),
    row("c", "Bartholomew", "Quennell", "2018-11-30", "QX6 5FG", gender="male", subgroup="south"),
    row("c", "Bartholomew", "Quennell", "2018-11-30", "QX6 5FG", gender="male", subgroup="south"),
    row("d", "Genevieve", "Urquhart", "2009-02-13", "QX3 3HJ", gender="female", subgroup="south"),
    row("d", "Xanthe", "Mompesson", "2016-08-27", "XQ2 7KL", gender="female", subgroup="south"),
    row("alone", "Ottoline", "Fanshawe", "2012-12-05", "XQ5 8MN"),
    row(None, "Ottoline", "Fanshawe", "2012-05-12", "QX2 4PQ"),
]


def stored(rows: list[Row], path: Path) -> Path:
    names = sorted({name for one in rows for name in one})
    pq.write_table(
        pa.table({name: pa.array([one.get(name) for one in rows], pa.string()) for name in names}), path
    )
    return path


def measured(rows: list[Row]) -> dict[str, Any]:
    made, _ = report(Records.of(rows), load_model(), SEED)
    return {name: value for name, value in made.items() if name != "seconds"}


def outcomes(*rows: tuple[bool, bool, int, int, float, int, float]) -> Outcomes:
    kinds = (np.bool_, np.bool_, np.int32, np.int8, np.float64, np.int8, np.float64)
    return Outcomes(
        *(np.array(column, kind) for column, kind in zip(zip(*rows, strict=True), kinds, strict=True))
    )


class TestProtocol:
    def test_one_record_of_every_child_with_several_is_held_out(self) -> None:
        asked, known = split(Records.of(FOUR), SEED)
        assert asked.size == 4
        assert known.size == 6
        assert set(asked.entities.tolist()) <= set(known.entities.tolist())
        # A row without a label is nobody else's.
        assert len(set(known.entities.tolist())) == 6

    def test_another_seed_holds_out_others(self) -> None:
        rows = [row(str(n // 2), f"Name{n}", "Same", None) for n in range(100)]
        first, second = (
            {one["given_name"] for one in split(Records.of(rows), seed)[0].rows()} for seed in (1, 2)
        )
        assert first != second

    def test_figures_of_four_children_counted_by_hand(self) -> None:
        made = measured(FOUR)
        assert made["queries"] == 4
        assert made["index_size"] == 6
        # Three of four are found, each at the first place; Xanthe is not, nor anybody in her place.
        for name in ("candidate_recall_at_50", "recall_at_1", "recall_at_5", "recall_at_10", "mrr"):
            assert made[name] == 0.75
        for name in ("certain", "probable_or_better"):
            assert made[name] == {"rate": 0.75, "precision": 1.0, "recall": 0.75}
        assert made["absent"] == {"certain_rate": 0.0, "probable_or_better_rate": 0.0, "queries": 4}
        assert made["subgroups"]["north"]["recall_at_1"] == 1.0
        assert made["subgroups"]["south"]["recall_at_1"] == 0.5
        assert made["complete"]["queries"] == 4

    def test_several_records_of_one_child_are_no_rivals(self) -> None:
        made = measured([*FOUR[:2], *(dict(FOUR[0]) for _ in range(5))])
        assert made["certain"]["rate"] == 1.0

    def test_a_child_taken_out_leaves_only_its_sibling(self) -> None:
        sibling = row("sibling", "Horatio", "Thistlewood", "2010-09-21", "QX1 1AB", gender="male")
        made = measured([*FOUR[:2], sibling])
        assert made["absent"]["certain_rate"] == 0.0
        assert made["recall_at_1"] == 1.0

    def test_complete_leaves_out_queries_with_a_gap(self) -> None:
        rows = [dict(one) for one in FOUR[:4]]
        for one in rows[2:]:
            one["postcode"] = "  "
        assert measured(rows)["complete"]["queries"] == 1

    def test_queries_of_their_own_may_ask_for_nobody_in_the_index(self) -> None:
        known = Records.of([FOUR[0], FOUR[2]])
        asked = Records.of([FOUR[1], FOUR[4]])
        made, _ = report(known, load_model(), SEED, asked)
        assert (made["queries"], made["index_size"], made["absent"]["queries"]) == (1, 2, 2)
        assert made["recall_at_1"] == 1.0

    def test_a_matcher_is_asked_with_the_child_and_without(self) -> None:
        known, asked = Records.of([FOUR[0], FOUR[0] | {"entity_id": "other"}]), Records.of([FOUR[1]])
        seen: list[set[int]] = []

        def matcher(asked: Records, query: int, known: Records, candidates: Sequence[int]) -> list[Hit]:
            entities = {int(known.entities[row]) for row in candidates}
            seen.append(entities)
            return [Hit(entity, 2, 0.5) for entity in sorted(entities)]

        ask(Index(known, known.fingerprints(SEED)), asked, matcher)
        own, other = (int(entity) for entity in known.entities)
        assert {own, other} in seen
        assert {other} in seen

    @settings(max_examples=20)
    @given(st.permutations(FOUR + [one | {"entity_id": "e"} for one in FOUR[6:]]))
    def test_the_order_of_rows_changes_nothing(self, rows: list[Row]) -> None:
        assert measured(rows) == measured(sorted(rows, key=json.dumps))


class TestFigures:
    def test_counted_by_hand(self) -> None:
        made = figures(
            outcomes(
                # present, candidate, place, grade, probability, absent grade, absent probability
                (True, True, 1, 3, 0.96, 0, np.nan),
                (True, True, 1, 2, 0.92, 2, 0.92),
                (True, True, 2, 3, 0.96, 1, 0.25),
                (True, False, 0, 0, np.nan, 0, np.nan),
                (False, False, 0, 0, np.nan, 3, 0.96),
            ),
            SEED,
        )
        assert made["queries"] == 4
        assert made["candidate_recall_at_50"] == 0.75
        assert made["recall_at_1"] == 0.5
        assert made["recall_at_5"] == 0.75
        assert made["mrr"] == (1 + 1 + 0.5) / 4
        assert made["certain"] == {"rate": 0.5, "precision": 0.5, "recall": 0.25}
        assert made["probable_or_better"] == {
            "rate": 0.75,
            "precision": pytest.approx(2 / 3, abs=1e-6),
            "recall": 0.5,
        }
        assert made["absent"] == {"certain_rate": 0.2, "probable_or_better_rate": 0.4, "queries": 5}

    def test_calibration_counted_by_hand(self) -> None:
        made = figures(outcomes((True, True, 1, 3, 0.96, 1, 0.2), (True, True, 2, 3, 0.98, 0, np.nan)), SEED)[
            "calibration"
        ]
        # Two in .95 to .99, predicted .97 and observed .5; one in .1 to .3, predicted .2 and observed 0.
        assert made["answers"] == 3
        assert made["brier"] == pytest.approx((0.04**2 + 0.98**2 + 0.2**2) / 3, abs=1e-6)
        assert made["ece"] == pytest.approx((2 * 0.47 + 0.2) / 3, abs=1e-6)
        filled = {entry["from"]: entry for entry in made["bins"] if entry["count"]}
        assert filled[0.95] == {"from": 0.95, "to": 0.99, "count": 2, "predicted": 0.97, "observed": 0.5}
        assert filled[0.1]["observed"] == 0.0

    def test_nothing_asked_has_no_figures_rather_than_perfect_ones(self) -> None:
        made = figures(outcomes((True, True, 1, 3, 1.0, 0, np.nan)).where(np.array([False])), SEED)
        assert made["queries"] == 0
        assert made["recall_at_1"] is None
        assert made["intervals"]["recall_at_1"] is None
        assert made["calibration"]["ece"] is None

    def test_no_error_in_n_still_has_a_width(self) -> None:
        made = figures(outcomes(*[(True, True, 1, 3, 1.0, 0, np.nan)] * 100), SEED)
        # Clopper and Pearson for 100 of 100.
        assert made["intervals"]["certain"]["precision"] == [pytest.approx(0.9638, abs=1e-4), 1.0]
        assert made["intervals"]["absent"]["certain_rate"] == [0.0, pytest.approx(0.0362, abs=1e-4)]

    def test_intervals_hold_the_figure(self) -> None:
        made = figures(outcomes(*[(True, True, n % 4, 2, 0.5, 0, np.nan) for n in range(200)]), SEED)
        low, high = made["intervals"]["recall_at_1"]
        assert low < made["recall_at_1"] < high
        assert high - low == pytest.approx(2 * 1.96 * (0.25 * 0.75 / 200) ** 0.5, rel=0.2)


class TestFiles:
    @pytest.mark.parametrize("case", cases("scorecard_dates"), ids=lambda case: str(case["text"]))
    def test_dates(self, case: dict[str, Any]) -> None:
        assert parse_date(case["text"]) == (case["date"] and PartialDate(*case["date"]))

    def test_columns_may_be_absent_or_of_another_type(self, tmp_path: Path) -> None:
        path = tmp_path / "records.parquet"
        years = pa.array([2014, None], pa.int32())
        pq.write_table(pa.table({"entity_id": [1, 1], "birth_date": years, "unknown": [[1], [2]]}), path)
        records = read(path)
        assert records.column("birth_date") == ["2014", None]
        assert records.column("postcode") == [None, None]

    def test_not_a_number_is_null_and_never_one_child(self, tmp_path: Path) -> None:
        path = tmp_path / "records.parquet"
        blank = [float("nan")] * 3
        pq.write_table(pa.table({"entity_id": blank, "given_name": blank}), path)
        records = read(path)
        assert len(set(records.entities.tolist())) == 3
        assert records.column("given_name") == [None] * 3

    @pytest.mark.parametrize(
        ("columns", "said"),
        [
            ({"given_name": ["Ottoline"]}, "has no column entity_id"),
            ({"entity_id": ["1"], "colour": ["red"]}, "has none of the columns given_name"),
            ({"entity_id": ["1"], "given_name": [["Ottoline"]]}, "must be text"),
            ({"entity_id": ["1"], "given_name": ["Ottoline"]}, "two or more records"),
        ],
    )
    def test_what_is_wrong_with_a_file_is_said_in_a_sentence(
        self, columns: dict[str, Any], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path = tmp_path / "records.parquet"
        pq.write_table(pa.table(columns), path)
        assert main(["--records", str(path)]) == 2
        told = capsys.readouterr()
        assert said in told.err
        assert told.err.count("\n") == 1
        assert "Ottoline" not in told.err
        assert not told.out

    def test_files_that_are_not_there_or_no_parquet(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        text = tmp_path / "text.parquet"
        text.write_text("no parquet")
        good = stored(FOUR, tmp_path / "good.parquet")
        damaged = tmp_path / "damaged.parquet"
        cells = bytearray(good.read_bytes())
        cells[30 : len(cells) // 4] = bytes(len(cells) // 4 - 30)
        damaged.write_bytes(cells)
        shipped = json.loads(SHIPPED.read_text(encoding="utf-8"))
        models = {"uneven": tmp_path / "uneven.json", "older": tmp_path / "older.json"}
        models["uneven"].write_text(json.dumps(shipped | {"probability_two_random_records_match": 1}))
        models["older"].write_text(json.dumps(shipped | {"kith": shipped["kith"] | {"key_schema": 0}}))
        for arguments, said in (
            (["--records", str(tmp_path / "none.parquet")], "There is no file"),
            (["--records", str(text)], "is not a parquet file"),
            (["--records", str(good), "--queries", str(text)], "is not a parquet file"),
            (["--records", str(good), "--model", str(tmp_path / "none.json")], "There is no file"),
            (["--records", str(good), "--model", str(text)], "is not a model"),
            (["--records", str(damaged)], "cannot be read: it is damaged"),
            (["--records", str(good), "--model", str(models["uneven"])], "is not a model"),
            (["--records", str(good), "--model", str(models["older"])], "goes with key schema 0"),
            (["--records", str(good), "--json", str(tmp_path / "none" / "out.json")], "There is no folder"),
            (["--records", str(good), "--json", str(tmp_path)], "is a folder"),
            (["--records", str(good), "--picture", str(tmp_path / "out.doc")], ".png or .svg"),
        ):
            assert main(arguments) == 2
            assert said in capsys.readouterr().err

    def test_design_8_json_and_nothing_personal(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        path, out, picture = stored(FOUR, tmp_path / "r.parquet"), tmp_path / "out.json", tmp_path / "out.svg"
        assert main(["--records", str(path), "--json", str(out), "--picture", str(picture)]) == 0
        made = json.loads(out.read_text(encoding="utf-8"))
        every = {
            "queries", "candidate_recall_at_50", "recall_at_1", "recall_at_5", "recall_at_10", "mrr", "certain",
            "probable_or_better", "absent", "calibration",
        }  # fmt: skip
        assert made.keys() >= every | {
            "index_size",
            "complete",
            "subgroups",
            "seconds",
            "key_schema",
            "model_version",
        }
        assert made["complete"].keys() >= every
        assert made["subgroups"]["north"].keys() >= every
        assert made["calibration"].keys() >= {"brier", "ece", "bins"}
        assert len(made["calibration"]["bins"]) >= 5
        written = (
            capsys.readouterr().out + out.read_text(encoding="utf-8") + picture.read_text(encoding="utf-8")
        )
        for one in FOUR:
            for name in ("given_name", "family_name", "birth_date", "postcode"):
                assert str(one[name]).casefold() not in written.casefold()
