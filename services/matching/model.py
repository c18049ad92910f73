"""The model: what each level of agreement is worth, and where the grades begin. Data, in `model.json`.

The file is a Splink settings document (comparisons, their levels with m and u) with a section `kith` of our own beside
it: version, key schema, thresholds, how common names are, calibration.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from math import log2
from pathlib import Path
from typing import Any

from services.matching.calibration import Calibration
from services.matching.evidence import Evidence, sentence
from services.matching.family_names import canonical_family
from services.matching.given_names import canonical

# Every weight is rounded to this part of a bit. Sums of such numbers are exact in floating point, so an
# explanation adds up to its score to the last digit, in whatever order it is added.
_PARTS = 64
_NULL = "missing"
_SMALLEST_POPULATION = 100


def rounded(bits: float) -> float:
    """The nearest 64th of a bit."""
    return round(bits * _PARTS) / _PARTS


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in bits (log2 of m/u) per field and level, thresholds. Get one from `load_model`."""

    model_version: str
    key_schema: int
    prior_bits: float
    certain: float
    """The least probability of the top hit, after calibration, that CERTAIN needs."""
    certain_bits: float
    probable: float
    possible: float
    """Bits below which a candidate is not shown."""
    margin_bits: float
    twin_bits: float
    weights: Mapping[str, Mapping[str, float]]
    frequency_share: Mapping[str, Mapping[str, float]]
    """How much of a name's commonness is taken off at each level."""
    shortfall: Mapping[str, Mapping[str, float]]
    """How much less than a rare name a common one is worth, in bits; an unlisted name is rare."""
    calibration: Calibration
    most_family_bits: float
    """No family name is worth more."""
    least_probable_bits: float
    """Below so many bits nothing is PROBABLE, whatever was compared."""
    _made: dict[tuple[str, str, float], Evidence] = field(default_factory=dict, repr=False, compare=False)

    def evidence(self, name: str, level: str, taken_off: float = 0.0) -> Evidence:
        """The evidence of a field at a level, less what a name's commonness takes off; "missing" is 0 bits."""
        return self._made.get((name, level, taken_off)) or self._make(name, level, taken_off)

    def taken_off(self, name: str, level: str, one: str, other: str) -> float:
        """The bits that commonness takes off a name at a level. Both names in canonical spelling."""
        share = self.frequency_share[name].get(level, 0.0)
        if not share:
            return 0.0
        short = self.shortfall[name]
        return share * max(short.get(one, 0.0), short.get(other, 0.0))

    def for_population(self, children: int) -> "Model":
        """The same model for an index of so many children: a match by chance is likelier among more."""
        return replace(self, prior_bits=rounded(-log2(max(children, _SMALLEST_POPULATION))))

    def _make(self, name: str, level: str, taken_off: float) -> Evidence:
        # Bounded: as many as there are levels times steps of the frequency table.
        bits = 0.0 if level == _NULL else self.weights[name][level] - taken_off
        made = Evidence(name, level, bits, sentence(name, level, common=taken_off > 0))
        self._made[name, level, taken_off] = made
        return made


def load_model(path: Path | None = None) -> Model:
    """Reads a model file; without a path the one that ships with the package."""
    text = (path or Path(__file__).with_name("model.json")).read_text(encoding="utf-8")
    return read_model(json.loads(text))


def read_model(raw: Mapping[str, Any]) -> Model:
    """The model that a settings document describes. Raises KeyError or ValueError for another document."""
    own = raw["kith"]
    comparisons = {one["output_column_name"]: one["comparison_levels"] for one in raw["comparisons"]}
    weights = {name: _weights(levels) for name, levels in comparisons.items()}
    shares = {
        name: {
            level["label_for_charts"]: float(level.get("tf_adjustment_weight", 1.0))
            for level in levels
            if "tf_adjustment_column" in level
        }
        for name, levels in comparisons.items()
    }
    spelled = {"given_name": canonical, "family_name": canonical_family}
    calibration = Calibration(
        knots=tuple((bits, logit) for bits, logit in own["calibration"]["knots"]),
        signs=own["calibration"]["signs"],
    )
    odds = raw["probability_two_random_records_match"]
    return Model(
        model_version=own["model_version"],
        key_schema=own["key_schema"],
        prior_bits=rounded(log2(odds / (1 - odds))),
        certain=own["thresholds"]["certain"],
        certain_bits=own["thresholds"]["certain_bits"],
        probable=own["thresholds"]["probable"],
        possible=own["thresholds"]["possible_bits"],
        margin_bits=own["margin_bits"],
        twin_bits=rounded(own["twin_bits"]),
        weights=weights,
        frequency_share=shares,
        shortfall={
            name: _shortfall(own["name_frequencies"][name], comparisons[name], spell)
            for name, spell in spelled.items()
        },
        calibration=calibration,
        most_family_bits=max(weights["family_name"].values()),
        least_probable_bits=calibration.least_bits(own["thresholds"]["probable"]),
    )


def _weights(levels: list[dict[str, Any]]) -> dict[str, float]:
    return {
        level["label_for_charts"]: rounded(log2(level["m_probability"] / level["u_probability"]))
        for level in levels
        if not level.get("is_null_level")
    }


def _shortfall(
    steps: Mapping[str, str], levels: list[dict[str, Any]], spelled: Callable[[str], str]
) -> dict[str, float]:
    """From bits → names (minus log2 of the frequency) to name → bits less than a rare name.

    The u of the exact level is the frequency of a rare name: the floor that keeps a rare typo from being proof. Where
    spellings of one name differ, the commonest counts.
    """
    exact = next(level for level in levels if level["label_for_charts"] == "exact")
    rare = -log2(exact["u_probability"])
    # Twice as coarse as weights, so that half of one is still exact.
    pairs = sorted(
        ((round((rare - float(bits)) * _PARTS / 2) * 2 / _PARTS, names) for bits, names in steps.items())
    )
    return {spelled(name): short for short, names in pairs for name in names.split() if short > 0}
