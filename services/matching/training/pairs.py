"""Pairs of records as the levels at which their fields agree: what Splink learns from."""

import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations

from services.matching import Features, Model, document_keys, score
from services.matching.scorecard.records import Records

# So many other records of the same child are compared with each one that is held out.
_PARTNERS = 3
# Of a key that more records share, pairs are left out.
_MOST_SHARING = 20

Levels = dict[str, str]


def true_pairs(records: Records, chance: random.Random) -> Iterator[tuple[int, int]]:
    """A record of each child that has several, with some of its others."""
    for rows in _by_entity(records).values():
        if len(rows) > 1:
            first, *others = chance.sample(rows, min(len(rows), 1 + _PARTNERS))
            for other in others:
                yield first, other


def random_pairs(records: Records, count: int, chance: random.Random) -> Iterator[tuple[int, int]]:
    """Pairs of two children, by chance."""
    made = 0
    while made < count:
        one, other = chance.randrange(records.size), chance.randrange(records.size)
        if records.entities[one] != records.entities[other]:
            made += 1
            yield one, other


def near_pairs(records: Records, most: int) -> list[tuple[int, int]]:
    """Pairs that share a key: of one child or not, nobody has said."""
    by_key: defaultdict[str, list[int]] = defaultdict(list)
    for row in range(records.size):
        for key in document_keys(records.features(row)):
            by_key[key].append(row)
    found = {pair for rows in by_key.values() if len(rows) <= _MOST_SHARING for pair in combinations(rows, 2)}
    return sorted(found)[:most]


def levels(one: Features, other: Features, model: Model) -> Levels:
    """The level of every comparison of the model, "missing" where it was not compared."""
    found = score(one, other, model)
    return {name: found.level(name) for name in model.weights}


def counted(
    records: Records, pairs: Iterator[tuple[int, int]], model: Model
) -> Mapping[str, Mapping[str, int]]:
    """How often each level was seen, by comparison, without the missing ones."""
    seen: dict[str, dict[str, int]] = {name: defaultdict(int) for name in model.weights}
    for one, other in pairs:
        found = score(records.features(one), records.features(other), model)
        for name, counts in seen.items():
            counts[found.level(name)] += 1
    return seen


def _by_entity(records: Records) -> dict[int, list[int]]:
    by_entity: defaultdict[int, list[int]] = defaultdict(list)
    for row, entity in enumerate(records.entities.tolist()):
        by_entity[entity].append(row)
    return by_entity


def shares(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, float]]:
    """Counts to shares of what was compared; a comparison that never was is left out."""
    made = {}
    for name, seen in counts.items():
        total = sum(count for level, count in seen.items() if level != "missing")
        if total:
            made[name] = {level: count / total for level, count in seen.items() if level != "missing"}
    return made
