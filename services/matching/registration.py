"""What becomes of a registration: linked, proposed to people, or a new child (DESIGN 5 no. 11)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Generic, TypeVar

from services.matching.features import Features
from services.matching.keys import strong_keys
from services.matching.model import Model
from services.matching.ranking import Grade, likely_alone, rank

K = TypeVar("K")

_MOST_PROPOSED = 5
# People compare what may well be the same child: a child is wrongly in the index twice until somebody looks.
_WORTH_A_LOOK = 0.3


class Action(Enum):
    """LINK to the one child of `keys`; PROPOSE: create, and let people compare with `keys`; CREATE."""

    LINK = "link"
    PROPOSE = "propose"
    CREATE = "create"


@dataclass(frozen=True, slots=True)
class Decision(Generic[K]):
    """The action, the children that it concerns (best first), and the model that decided."""

    action: Action
    keys: tuple[K, ...]
    model_version: str


def decide_registration(
    features: Features, candidates: Sequence[tuple[K, Features]], model: Model
) -> Decision[K]:
    """Links only a single CERTAIN that stands clear; a doubt creates the child and asks people.

    What shares no lock (`strong_keys`) is not linked either: the same child could be being made elsewhere.
    """
    ranking = rank(features, candidates, model)
    if ranking.matches and ranking.matches[0].grade is Grade.CERTAIN:
        first = ranking.matches[0].key
        known = next(known for key, known in candidates if key == first)
        if not strong_keys(features).isdisjoint(strong_keys(known)):
            return Decision(Action.LINK, (first,), model.model_version)
    veto = model.evidence("nhs_number", "conflict").bits
    doubtful = tuple(
        match.key
        for match in ranking.matches
        if match.grade >= Grade.PROBABLE
        or (not match.score.twin_off and likely_alone(match.score, model) >= _WORTH_A_LOOK)
        # Held apart by the NHS number alone: one of the two numbers may be wrong, which people can find out.
        or (match.score.nhs_number_conflict and match.score.bits - veto >= model.least_probable_bits)
    )
    if doubtful:
        return Decision(Action.PROPOSE, doubtful[:_MOST_PROPOSED], model.model_version)
    return Decision(Action.CREATE, (), model.model_version)
