"""How common names are, from the records: only those that are common are listed, the rest count as rare."""

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from math import log2
from pathlib import Path

from services.matching.scorecard.records import Records
from services.matching.training.start import RARE

# Of the frequencies that are told apart: a quarter of a bit.
_STEPS = 4
# A name counts as common when so many children bear it, and it is so much commoner than a rare one.
_LEAST_BEARERS = 4
_LEAST_SHORTFALL = 1.0

Frequencies = dict[str, dict[str, str]]


def listed() -> Frequencies:
    """Written by hand: names that everybody knows to be common in England, or among the communities of its cities."""
    found: Frequencies = json.loads(Path(__file__).with_name("listed.json").read_text(encoding="utf-8"))
    return found


def name_frequencies(files: Sequence[Records], known: Frequencies) -> Frequencies:
    """For each kind of name: minus log2 of a frequency → the names that are so common, commonest first.

    A name's frequency is the mean of the files', but at least what `known` says.
    """
    made: Frequencies = {}
    for kind, rare in RARE.items():
        told: defaultdict[str, float] = defaultdict(float)
        for records in files:
            for name, share in _shares(records, kind).items():
                told[name] += share / len(files)
        bits = {name: -log2(share) for name, share in told.items()}
        for step, names in known.get(kind, {}).items():
            for name in names.split():
                bits[name] = min(bits.get(name, float(step)), float(step))
        made[kind] = _steps(bits, -log2(rare) - _LEAST_SHORTFALL)
    return made


def _shares(records: Records, kind: str) -> dict[str, float]:
    seen: Counter[str] = Counter()
    children: dict[int, set[str]] = defaultdict(set)
    for row, entity in enumerate(records.entities.tolist()):
        for form in records.features(row).forms:
            if kind == "given_name" and form.given:
                children[entity].add(form.given.lead)
            elif kind == "family_name" and form.family:
                children[entity].add(form.family.core)
    for names in children.values():
        # A child of whom several names are known counts once in all.
        for name in names:
            seen[name] += 1
    return {name: count / len(children) for name, count in seen.items() if count >= _LEAST_BEARERS}


def _steps(bits: dict[str, float], rarest: float) -> dict[str, str]:
    steps: defaultdict[float, list[str]] = defaultdict(list)
    for name, own in bits.items():
        if own <= rarest:
            steps[round(own * _STEPS) / _STEPS].append(name)
    return {f"{step:g}": " ".join(sorted(names)) for step, names in sorted(steps.items())}
