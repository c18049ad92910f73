import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest

from services.matching import (
    Action,
    Description,
    Features,
    Grade,
    Match,
    decide_registration,
    document_keys,
    load_model,
    prepare,
    query_keys,
    rank,
    strong_keys,
)
from tests.unit.matching.population import Child, records, town

MODEL = load_model()
FETCHED = 100


@dataclass
class Index:
    """Registrations with their truth, found by key as the services find them."""

    truth: list[Child] = field(default_factory=list)
    features: list[Features] = field(default_factory=list)
    postings: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, child: Child, features: Features) -> None:
        for key in document_keys(features):
            self.postings[key].append(len(self.truth))
        self.truth.append(child)
        self.features.append(features)

    def candidates(self, features: Features) -> list[tuple[int, Features]]:
        boosts: Counter[int] = Counter()
        for key, boost in query_keys(features).items():
            for place in self.postings.get(key, ()):
                boosts[place] += boost
        return [(place, self.features[place]) for place, _ in boosts.most_common(FETCHED)]


def _first_and_second(size: int, seed: int) -> tuple[Index, list[tuple[Child, Features]]]:
    """One record per child in the index, and another of each, from another agency, to come in."""
    chance = random.Random(seed)
    index, incoming = Index(), []
    for child in town(size, seed):
        first, second = records(child, 2, chance)
        index.add(child, prepare(first))
        incoming.append((child, prepare(second)))
    return index, incoming


@pytest.fixture(scope="module", params=[11, 12])
def population(request: pytest.FixtureRequest) -> tuple[Index, list[tuple[Child, Features]]]:
    return _first_and_second(3000, request.param)


def test_no_false_link_and_most_true_pairs_link(
    population: tuple[Index, list[tuple[Child, Features]]],
) -> None:
    index, incoming = population
    actions: Counter[str] = Counter()
    for child, features in incoming:
        decision = decide_registration(features, index.candidates(features), MODEL)
        right = any(index.truth[key] == child for key in decision.keys)
        actions[f"{decision.action.name} {right}"] += 1
    assert actions["LINK False"] == 0
    assert actions["LINK True"] / len(incoming) > 0.70
    # What the machine does not link it mostly puts before people; the rest is a second record of the child.
    assert actions["CREATE False"] / len(incoming) < 0.05


def test_the_right_child_is_fetched_and_comes_first(
    population: tuple[Index, list[tuple[Child, Features]]],
) -> None:
    index, incoming = population
    fetched = first = 0
    for child, features in incoming:
        candidates = index.candidates(features)
        fetched += any(index.truth[key] == child for key, _ in candidates)
        best: tuple[Match[int], ...] = rank(features, candidates, MODEL).matches[:1]
        first += bool(best) and index.truth[best[0].key] == child
    assert fetched / len(incoming) > 0.99
    assert first / len(incoming) > 0.97


def test_of_children_who_are_not_known_none_is_certain(
    population: tuple[Index, list[tuple[Child, Features]]],
) -> None:
    index, _ = population
    chance = random.Random(5)
    probable = 0
    strangers = [next(records(child, 1, chance)) for child in town(2000, 99)]
    for description in strangers:
        features = prepare(description)
        matches = rank(features, index.candidates(features), MODEL).matches
        assert not matches or matches[0].grade is not Grade.CERTAIN
        probable += bool(matches) and matches[0].grade is Grade.PROBABLE
    assert probable / len(strangers) < 0.02


def test_twins_and_siblings_are_never_linked(population: tuple[Index, list[tuple[Child, Features]]]) -> None:
    index, incoming = population
    homes: dict[int, list[int]] = defaultdict(list)
    for place, child in enumerate(index.truth):
        homes[child.home].append(place)
    pairs = 0
    for child, features in incoming:
        # Only the others of the household are known: the child itself has not been registered before.
        others = [
            (place, index.features[place]) for place in homes[child.home] if index.truth[place] != child
        ]
        pairs += len(others)
        assert decide_registration(features, others, MODEL).action is not Action.LINK
    assert pairs > 1000


def test_pairs_that_link_meet_on_a_strong_key(population: tuple[Index, list[tuple[Child, Features]]]) -> None:
    index, incoming = population
    linked = [
        (index.features[place], features)
        for place, (_, features) in enumerate(incoming)
        if decide_registration(features, [(place, index.features[place])], MODEL).action is Action.LINK
    ]
    assert len(linked) > len(incoming) / 2
    assert all(strong_keys(one) & strong_keys(other) for one, other in linked)
    assert max(len(strong_keys(one)) for one in index.features) <= 6


def test_a_description_of_nothing_matches_nobody() -> None:
    nothing = prepare(Description((), None, None, ()))
    assert rank(nothing, [(1, nothing)], MODEL).matches == ()
