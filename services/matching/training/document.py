"""The model as a Splink settings document, with our own section beside it."""

from collections.abc import Mapping
from math import log2
from typing import Any

from services.matching.model import Model, rounded
from services.matching.score import Score
from services.matching.training.start import FREQUENCY_SHARE, START

Shares = Mapping[str, Mapping[str, float]]


def settings(m: Shares, u: Shares, odds: float) -> dict[str, Any]:
    """Settings for a link of two tables of compared pairs, one row on each side per pair (`pair_row`)."""
    return {
        "link_type": "link_only",
        "probability_two_random_records_match": odds,
        "unique_id_column_name": "pair",
        "blocking_rules_to_generate_predictions": ["l.pair = r.pair"],
        "comparisons": [
            {"output_column_name": name, "comparison_levels": _levels(name, m[name], u[name])}
            for name in START
        ],
    }


def _levels(name: str, m: Mapping[str, float], u: Mapping[str, float]) -> list[dict[str, Any]]:
    column = f"{name}_level_l"
    made: list[dict[str, Any]] = [
        {"sql_condition": f"\"{column}\" = 'missing'", "label_for_charts": "missing", "is_null_level": True}
    ]
    shares = FREQUENCY_SHARE.get(name, {})
    *_, last = START[name]
    for level in START[name]:
        condition = "ELSE" if level == last else f"\"{column}\" = '{level}'"
        one: dict[str, Any] = {
            # Where commonness counts, Splink has to see that both sides are the same name.
            "sql_condition": f'"{name}_l" = "{name}_r"' if shares and level == "exact" else condition,
            "label_for_charts": level,
            "m_probability": _matched(m[level], u[level]),
            "u_probability": u[level],
        }
        if level in shares:
            one |= {"tf_adjustment_column": name, "tf_adjustment_weight": shares[level]}
        made.append(one)
    return made


def _matched(m: float, u: float) -> float:
    """The m nearest to it with which log2(m/u) is a whole number of 64ths of a bit."""
    found: float = u * 2.0 ** rounded(log2(m / u))
    return found


def pair_row(found: Score, model: Model) -> tuple[dict[str, Any], dict[str, Any]]:
    """What Splink compares of a pair, for either side: its levels, and of a name how common it is.

    That stands on both sides where the names are exactly the same, else on one.
    """
    row: dict[str, Any] = {f"{name}_level": found.level(name) for name in model.weights}
    for term in found.evidence:
        row[f"{term.field}_level"] = term.level
    left, right = dict(row), dict(row)
    for name, shares in FREQUENCY_SHARE.items():
        term = next(term for term in found.evidence if term.field == name)
        share = shares.get(term.level, 0.0)
        short = (model.weights[name][term.level] - term.bits) / share if share else 0.0
        left[name] = f"{short:g}"
        right[name] = f"{short:g}" if term.level == "exact" else None
    return left, right


def frequencies(name: str, model: Model, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The frequencies that go with `pair_row`, in the form of Splink's lookup tables."""
    levels = next(
        one["comparison_levels"] for one in document["comparisons"] if one["output_column_name"] == name
    )
    rare = next(level["u_probability"] for level in levels if level["label_for_charts"] == "exact")
    shorts = sorted({0.0, *model.shortfall[name].values()})
    return [{name: f"{short:g}", f"tf_{name}": rare * 2.0**short} for short in shorts]
