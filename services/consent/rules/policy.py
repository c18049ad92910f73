"""The partnership's rules of sharing as data: grounds with their dates, bodies, bounds (DESIGN 5 no. 18). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from services.consent.rules.family import Matter

# The rules that Kith comes with.
SHIPPED = Path(__file__).with_name("policy.json")


class Statement(StrEnum):
    """What a sharing decision may have to say before it counts (golden rules; CON-2, CON-7, CON-8)."""

    NECESSITY = "necessity"
    PROPORTIONALITY = "proportionality"
    # Why consent was not sought, or that it was refused.
    WITHOUT_CONSENT = "without_consent"
    # That the threshold of significant harm is met, and how.
    THRESHOLD = "threshold"
    # The order of the court.
    COURT_ORDER = "court_order"
    # That somebody else looked at it.
    REVIEWER = "reviewer"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground for sharing without consent, in force from `starts` to `ends`.

    `starts` None: not commenced, so never in force. `bodies`: the kinds of organisation between which alone it holds;
    None: between any. `longest`: the most days from a decision to its review, which may not be left open (CON-2).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    source: Annotated[str, Field(min_length=1)]
    starts: date | None
    ends: date | None
    bodies: frozenset[str] | None
    longest: Annotated[int, Field(ge=1, le=366)]
    needs: frozenset[Statement]

    def __post_init__(self) -> None:
        """Refuse a ground that would end before it starts."""
        if self.starts is not None and self.ends is not None and self.ends < self.starts:
            raise ValueError("ends before it starts")

    def in_force(self, day: date) -> bool:
        """Return whether it is law on that day."""
        return self.starts is not None and self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules.

    `grounds` by code. `longest_consent`: the most days from the first to the last day of a consent. `all_needed`:
    matters in which this partnership wants the consent of everybody with responsibility. `retired`: wordings, by id,
    with the first day on which nothing rests on them any more.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    version: Annotated[str, Field(min_length=1, max_length=50)]
    grounds: Mapping[str, Ground]
    longest_consent: Annotated[int, Field(ge=1, le=3660)]
    all_needed: frozenset[Matter]
    retired: Mapping[str, date]


class PolicyInvalid(ValueError):
    """The text is no policy; `faults` says where, and what kind of thing is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


_POLICY = TypeAdapter(Policy)


def load(path: Path = SHIPPED) -> Policy:
    """Return the policy in a file. Raises PolicyInvalid, OSError."""
    return parse(path.read_bytes())


def text(policy: Policy) -> str:
    """Return the policy as JSON, such as `parse` reads."""
    return _POLICY.dump_json(policy, indent=2).decode()


def parse(text: str | bytes) -> Policy:
    """Return the policy that a JSON text says. Raises PolicyInvalid naming everything at fault."""
    try:
        return _POLICY.validate_json(text)
    except ValidationError as error:
        faults = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        raise PolicyInvalid(faults) from None
