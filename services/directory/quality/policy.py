"""The partnership's policy of freshness and quality: how often what is confirmed, how completeness is weighed. Pure."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

SHIPPED: Final = Path(__file__).with_name("policy.json")
"""The policy that Kith comes with."""

Reviewed = Literal["ORGANIZATION", "SERVICE", "LOCATION"]
"""The kinds of entry that are confirmed from time to time; vocabularies are not."""


class PolicyInvalid(Exception):
    """The text is no policy. Carries where it fails."""

    def __init__(self, places: list[str]) -> None:
        super().__init__("no policy")
        self.places = places


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Days = Annotated[int, Field(ge=1, le=3650)]


class Review(_Table):
    """How often entries of a kind are confirmed. `hide_days` after the due date they may be hidden; None: never."""

    cycle_days: Days
    hide_days: Days | None
    by_service_kind: Mapping[str, Days] = {}


class Asking(_Table):
    """When the owner is asked, and how many days must pass from step to step.

    The least days are days on which a round was made, so a clock that jumps takes none of them.
    """

    days_before_due: Days
    least_days_asked: Days
    least_days_marked: Days


class Hiding(_Table):
    """How much may be hidden in a day without an editor: a share of what is public, and so many in any case."""

    share_per_day: Annotated[float, Field(gt=0, le=0.5)]
    always_allowed: Annotated[int, Field(ge=0, le=1000)]


class Part(_Table):
    """A part of an entry that readers need; `advice` is what its owner is told when it is missing."""

    code: str
    weight: Annotated[int, Field(ge=1, le=100)]
    advice: str


class Policy(_Table):
    """The whole policy."""

    version: str
    review: Mapping[Reviewed, Review]
    asking: Asking
    hiding: Hiding
    completeness: Mapping[Reviewed, tuple[Part, ...]]

    @model_validator(mode="after")
    def _weights_make_a_whole(self) -> "Policy":
        for kind, parts in self.completeness.items():
            if sum(part.weight for part in parts) != 100:  # noqa: PLR2004 - per cent
                raise ValueError(f"completeness.{kind}: the weights must sum up to 100")
        return self


def load(path: Path) -> Policy:
    """Return the policy in a file. Raises OSError, PolicyInvalid."""
    try:
        return Policy.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except ValidationError as invalid:
        places = [".".join(map(str, error["loc"])) for error in invalid.errors(include_input=False)]
    except ValueError:
        places = ["not JSON"]
    raise PolicyInvalid(places)
