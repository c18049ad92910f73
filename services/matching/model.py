"""The model: what each level of agreement is worth, and where the grades begin. Data, in `model.json`."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.matching.evidence import Evidence, sentence
from services.matching.family_names import canonical_family
from services.matching.given_names import canonical

# Every weight is rounded to this part of a bit. Sums of such numbers are exact in floating point, so an
# explanation adds up to its score to the last digit, in whatever order it is added.
_PARTS = 64


def _rounded(bits: float) -> float:
    return round(bits * _PARTS) / _PARTS


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in bits (log2 of m/u) per field and level, thresholds in bits. Get one from `load_model`."""

    model_version: str
    key_schema: int
    prior_bits: float
    certain: float
    probable: float
    possible: float
    margin_bits: float
    twin_bits: float
    weights: Mapping[str, Mapping[str, float]]
    frequency_share: Mapping[str, Mapping[str, float]]
    """How much of a name's commonness is taken off at each level."""
    frequency_bits: Mapping[str, Mapping[str, float]]
    """What exact agreement on a common name is worth; an unlisted name is worth `weights[...]["exact"]`."""
    _made: dict[tuple[str, str, float], Evidence] = field(default_factory=dict, repr=False, compare=False)

    def evidence(self, name: str, level: str) -> Evidence:
        """The evidence of a field at a level; "missing" is 0 bits whatever the model."""
        return self._made.get((name, level, 0.0)) or self._make(name, level, 0.0)

    def name_evidence(self, name: str, level: str, one: str, other: str) -> Evidence:
        """The evidence of a name at a level, less for a common one. Both names in canonical spelling."""
        share = self.frequency_share[name].get(level, 0.0)
        if not share:
            return self.evidence(name, level)
        table, rare = self.frequency_bits[name], self.weights[name]["exact"]
        shortfall = rare - min(table.get(one, rare), table.get(other, rare))
        taken_off = share * shortfall
        return self._made.get((name, level, taken_off)) or self._make(name, level, taken_off)

    def _make(self, name: str, level: str, taken_off: float) -> Evidence:
        # Bounded: as many as there are levels times steps of the frequency table.
        bits = 0.0 if level == "missing" else _rounded(self.weights[name][level] - taken_off)
        made = Evidence(name, level, bits, sentence(name, level, common=taken_off > 0))
        self._made[name, level, taken_off] = made
        return made


def load_model(path: Path | None = None) -> Model:
    """Reads a model file; without a path the one that ships with the package."""
    text = (path or Path(__file__).with_name("model.json")).read_text(encoding="utf-8")
    raw: dict[str, Any] = json.loads(text)
    spelled = {"given_name": canonical, "family_name": canonical_family}
    return Model(
        model_version=raw["model_version"],
        key_schema=raw["key_schema"],
        prior_bits=_rounded(raw["prior_bits"]),
        certain=raw["thresholds"]["certain"],
        probable=raw["thresholds"]["probable"],
        possible=raw["thresholds"]["possible"],
        margin_bits=raw["margin_bits"],
        twin_bits=_rounded(raw["twin_bits"]),
        weights=raw["weights"],
        frequency_share=raw["frequency_share"],
        frequency_bits={name: _table(steps, spelled[name]) for name, steps in raw["frequency_bits"].items()},
    )


def _table(steps: Mapping[str, str], spelled: Callable[[str], str]) -> dict[str, float]:
    """Turns bits → names into name → bits. Where spellings of one name differ, the commonest counts."""
    pairs = sorted(((float(bits), words) for bits, words in steps.items()), reverse=True)
    return {spelled(word): bits for bits, words in pairs for word in words.split()}
