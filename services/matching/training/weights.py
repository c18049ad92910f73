"""The m and u of every level: by Splink, counted where records say whose they are, by EM elsewhere."""

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from splink import DuckDBAPI, Linker

from services.matching.training.document import settings
from services.matching.training.start import FREQUENCY_SHARE, KEPT, KEPT_LEVELS, RARE, START

Shares = Mapping[str, Mapping[str, float]]

# A file of records counts as much as two starts, however many pairs it has.
_FILE = 2.0
_LEAST = 1e-7
_ODDS = 1e-3


def shares_by_label(pairs: Sequence[Mapping[str, Any]]) -> Shares:
    """The share of each level among pairs that are known to be of one child (or of two): Splink counts them."""
    linker = _linker(pairs, *_start())
    linker.training.estimate_m_from_label_column("pair")
    return _trained(linker)


def shares_by_maximisation(pairs: Sequence[Mapping[str, Any]], u: Shares) -> Shares:
    """The same where nobody knows which pairs are of one child: Splink's EM, with u held fast."""
    linker = _linker(pairs, _start()[0], u)
    linker.training.estimate_parameters_using_expectation_maximisation(
        "l.pair = r.pair", estimate_without_term_frequencies=True
    )
    return _trained(linker)


def matched(files: Sequence[Shares]) -> dict[str, dict[str, float]]:
    """m: the mean of what the files and the start say."""
    made = {}
    for name, levels in START.items():
        told = [] if name in KEPT else [one[name] for one in files if one.get(name)]
        made[name] = {
            level: m
            if level in KEPT_LEVELS
            else (m + _FILE * sum(one.get(level, 0.0) for one in told)) / (1 + _FILE * len(told))
            for level, (m, _) in levels.items()
        }
    return made


def unmatched(files: Sequence[Shares]) -> dict[str, dict[str, float]]:
    """U of names from pairs by chance, as if both names were rare (commonness is taken off apart); else the start's."""
    made = {}
    for name, levels in START.items():
        told = [one[name] for one in files if one.get(name, {}).get("exact")] if name in RARE else []
        made[name] = {
            level: RARE[name] if name in RARE and level == "exact" else _rare(name, level, u, told)
            for level, (_, u) in levels.items()
        }
    return made


def _rare(name: str, level: str, start: float, told: Sequence[Mapping[str, float]]) -> float:
    if level in KEPT_LEVELS:
        return start
    share = FREQUENCY_SHARE.get(name, {}).get(level, 0.0)
    found: list[float] = [one.get(level, 0.0) * (RARE[name] / one["exact"]) ** share for one in told]
    return max(_LEAST, (start + _FILE * sum(found)) / (1 + _FILE * len(found)))


def _start() -> tuple[Shares, Shares]:
    return (
        {name: {level: m for level, (m, _) in levels.items()} for name, levels in START.items()},
        {name: {level: u for level, (_, u) in levels.items()} for name, levels in START.items()},
    )


def _linker(pairs: Sequence[Mapping[str, Any]], m: Shares, u: Shares) -> Linker:
    """Two tables of the same levels, linked row by row: Splink then compares exactly these pairs."""
    frame = pd.DataFrame(pairs)
    for name in FREQUENCY_SHARE:
        # Exactly the same names are the same on both sides.
        frame[name] = frame[f"{name}_level"]
    frame["pair"] = [str(number) for number in range(len(frame))]
    known = frame.assign(
        **{name: frame[name].where(frame[name] == "exact", other="") for name in FREQUENCY_SHARE}
    )
    database = DuckDBAPI()
    tables = [
        database.register(frame, dataset_display_name="asked"),
        database.register(known, dataset_display_name="known"),
    ]
    return Linker(tables, settings(m, u, _ODDS), log_level="ERROR")


def _trained(linker: Linker) -> Shares:
    """The m after training; a level that no pair showed is left out."""
    made: dict[str, dict[str, float]] = {}
    for comparison in linker.misc.save_model_to_json()["comparisons"]:
        levels = [level for level in comparison["comparison_levels"] if not level.get("is_null_level")]
        found = {level["label_for_charts"]: level.get("m_probability") for level in levels}
        made[comparison["output_column_name"]] = {
            level: m for level, m in found.items() if isinstance(m, float)
        }
    return made
