"""The partnership's rules of sharing as data: grounds with their dates, bodies, bounds (DESIGN 5 no. 18). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

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

    code: str
    source: str
    starts: date | None
    ends: date | None
    bodies: frozenset[str] | None
    longest: int
    needs: frozenset[Statement]

    def in_force(self, day: date) -> bool:
        """Return whether it is law on that day."""
        return self.starts is not None and self.starts <= day and (self.ends is None or day <= self.ends)


@dataclass(frozen=True, slots=True)
class Policy:
    """One version of the rules.

    `longest_consent`: the most days from the first to the last day of a consent. `all_needed`: matters in which this
    partnership wants the consent of everybody with responsibility. `retired`: wordings, by id or version, with the
    first day on which nothing rests on them any more.
    """

    version: str
    grounds: Mapping[str, Ground]
    longest_consent: int
    all_needed: frozenset[str]
    retired: Mapping[str, date]


class PolicyInvalid(ValueError):
    """The file is no policy; `faults` says each thing that is wrong, by path."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def load(path: Path = SHIPPED) -> Policy:
    """Return the policy in a file. Raises PolicyInvalid, OSError."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> Policy:
    """Return the policy that a JSON text says. Raises PolicyInvalid naming everything at fault."""
    raise NotImplementedError
