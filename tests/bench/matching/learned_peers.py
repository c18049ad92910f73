"""Peers that learn from the data they link, without labels: Splink 5 and recordlinkage's ECM classifier."""

import logging
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from services.matching.scorecard import Records
from tests.bench.matching.contest import Pairs
from tests.bench.matching.peers import people

_POSSIBLE, _PROBABLE, _CERTAIN = 1, 2, 3
_FIELDS = ("given", "family", "born", "postcode", "gender")


class _Probability:
    is_probability = True

    def grade(self, scores: Sequence[float]) -> int:
        """Match ≥ .95, potential ≥ .85 (the thresholds that MATCHING 3 measured Splink at)."""
        return _CERTAIN if scores[0] >= 0.95 else _PROBABLE if scores[0] >= 0.85 else _POSSIBLE


class Splink(_Probability):
    """Splink 5 with the comparisons of its library and its own blocking, trained on the two sets without labels."""

    name = "Splink 5"

    def pairs(self, asked: Records, known: Records, candidates: Sequence[Sequence[int]]) -> Pairs:  # noqa: ARG002
        """All pairs of its blocking rules with their match probability."""
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on
        from splink.comparison_library import (
            DateOfBirthComparison,
            ExactMatch,
            NameComparison,
            PostcodeComparison,
        )

        logging.getLogger("splink").setLevel(logging.ERROR)
        ours, theirs = _frame(asked, "q"), _frame(known, "r")
        comparisons: list[Any] = [
            NameComparison("given").configure(term_frequency_adjustments=True),
            NameComparison("family").configure(term_frequency_adjustments=True),
            DateOfBirthComparison("born", input_is_string=True),
            PostcodeComparison("postcode"),
        ]
        if ours["gender"].notna().any():
            comparisons.append(ExactMatch("gender"))
        settings = SettingsCreator(
            link_type="link_only",
            comparisons=comparisons,
            blocking_rules_to_generate_predictions=[
                block_on("born"),
                block_on("postcode"),
                block_on("given", "family"),
                block_on("substr(given, 1, 3)", "family"),
                block_on("given", "substr(family, 1, 3)"),
            ],
        )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            api = DuckDBAPI()
            linker = Linker([api.register(ours), api.register(theirs)], settings, log_level=logging.ERROR)
            linker.training.estimate_probability_two_random_records_match(
                [block_on("given", "family", "born"), block_on("born", "postcode")], recall=0.7
            )
            linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=7)
            for rule in (block_on("given", "family"), block_on("born"), block_on("postcode")):
                linker.training.estimate_parameters_using_expectation_maximisation(rule)
            predicted: Any = linker.inference.predict(threshold_match_probability=0.001)
            found = predicted.as_pandas_dataframe()
        # The two sides come in the order of their tables' names.
        left_asks = (found["unique_id_l"].str[0] == "q").to_numpy()
        left, right = (
            found[side].str[1:].astype(np.int64).to_numpy() for side in ("unique_id_l", "unique_id_r")
        )
        queries, rows = np.where(left_asks, left, right), np.where(left_asks, right, left)
        order = np.lexsort((rows, queries))
        return Pairs(queries[order], rows[order], found["match_probability"].to_numpy()[order])


class Ecm(_Probability):
    """recordlinkage's ECM on binary agreement (JW ≥ .85 for names), over Kith's candidates."""

    name = "recordlinkage ECM"

    def pairs(self, asked: Records, known: Records, candidates: Sequence[Sequence[int]]) -> Pairs:
        """All candidates with their match probability."""
        import recordlinkage

        queries = np.repeat(np.arange(len(candidates)), [len(found) for found in candidates])
        rows = np.array([row for found in candidates for row in found], np.int64)
        compare = recordlinkage.Compare()
        for name in ("given", "family"):
            compare.string(name, name, method="jarowinkler", threshold=0.85)
        for name in ("born", "postcode", "gender"):
            compare.exact(name, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            vectors = compare.compute(
                pd.MultiIndex.from_arrays((queries, rows)), _frame(asked), _frame(known)
            )
            vectors = vectors.loc[:, (vectors != vectors.iloc[0]).any()]
            classifier = recordlinkage.ECMClassifier()
            classifier.fit_predict(vectors)
            probability = classifier.prob(vectors)
        return Pairs(queries, rows, probability.to_numpy(np.float64))


def _frame(records: Records, letter: str = "") -> Any:
    """Rows with empty cells as None; a letter before their numbers tells queries from records."""
    frame = pd.DataFrame(
        [[getattr(person, name) or None for name in _FIELDS] for person in people(records)],
        columns=list(_FIELDS),
    )
    # Splink's comparison reads the parts of a postcode by its space.
    frame["postcode"] = frame["postcode"].str.replace(r"(?=\d[a-z]{2}$)", " ", regex=True)
    if letter:
        frame["unique_id"] = [f"{letter}{number}" for number in range(records.size)]
    return frame
