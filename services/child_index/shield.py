"""What a shield hides from whom, and the states of a shield (DESIGN 5 no. 7, 8). Pure.

A child is *veiled* when it is shielded, or when every record of it is a look-alike: a record that may be of a shielded
child and knows more of it than others may see. Whoever asks sees a veiled child's current name, date of birth and
gender, and "ring the index desk".

Who sent a look-alike is never told that it is one. To them the child is as if nobody were shielded, or a postcode
written into a made-up record would show where a shielded child lives (DESIGN 5 no. 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, IntEnum
from uuid import UUID

from kith.childindex.v1 import child_pb2
from services.chassis.seal import WrappedKey
from services.child_index.facts import Record
from services.child_index.refusals import ShieldStateWrong
from services.child_index.survivorship import current_name, shown


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """A source record, opened, with whose it is."""

    record_id: UUID
    organisation_id: UUID
    record: Record
    look_alike: bool
    own: bool = False
    """Whether it is the record that a registration's own local key names."""
    shown: bool = False
    """Whether its name and date of birth are those shown while the child is shielded."""


@dataclass(frozen=True, slots=True)
class KnownChild:
    """A child with all its records, at least one, as nobody but the index itself knows it."""

    child_id: UUID
    wrapped_key: WrappedKey
    shielded: bool
    records: tuple[KnownRecord, ...]
    seen: bool = True
    """Whether what anybody may see led to it, and not only what is hidden."""

    @property
    def veiled(self) -> bool:
        """Whether others see no more than the visible facts."""
        return self.shielded or all(record.look_alike for record in self.records)

    @property
    def all_records(self) -> list[Record]:
        """What all organisations wrote."""
        return [one.record for one in self.records]


class Extent(Enum):
    """Whose involvements, CAF indicator and lead professional somebody sees with a child."""

    ALL = "all"
    EARLIER = "earlier"
    """Their own, and what others recorded before the child was hidden."""
    OWN = "own"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees of a child. `records` are shown to them, and all that a query of theirs is held against."""

    records: tuple[Record, ...]
    extent: Extent = Extent.ALL
    shielded: bool = False
    """Whether they are told to ring the index desk."""


def sight(child: KnownChild, organisation_id: str, *, system: bool) -> Sight:
    """What an organisation's system or people see of a child.

    - Of a shielded child the visible facts. A system that supplied a record of it gets its own record and involvements
      back, and nothing of anybody else's; its people get no more than others: many may work there.
    - Of any other child all records, but look-alikes only of their own organisation.
    - Of a child that is look-alikes alone, and not of theirs, the visible facts. Of one of theirs what there was beside
      their record stays: if it vanished when they write a guess into it, that would say that the guess is right.
    """
    own = tuple(one.record for one in child.records if str(one.organisation_id) == organisation_id)
    if child.shielded:
        return Sight(own, Extent.OWN, shielded=True) if system and own else _veil(child)
    if child.veiled:
        return Sight(own, Extent.EARLIER) if own else _veil(child)
    return Sight(
        tuple(
            one.record
            for one in child.records
            if not one.look_alike or str(one.organisation_id) == organisation_id
        )
    )


def with_shown_record(records: Sequence[KnownRecord]) -> tuple[KnownRecord, ...]:
    """The records with one marked whose word is shown from the day of the shield: the newest with what is shown then.

    It stays that one. If all records were asked anew, an agency could write a name into its own and see whether the
    record of another has the same.
    """
    if any(one.shown for one in records):
        return tuple(records)
    facts = shown([one.record for one in records])

    def fitness(one: KnownRecord) -> tuple[bool, bool, datetime]:
        own = one.record.facts
        return current_name(own) == facts.names[0], own.birth_date == facts.birth_date, one.record.update_time

    best = max(records, key=fitness)
    return tuple(replace(one, shown=one is best) for one in records)


def visible_facts(records: Sequence[KnownRecord]) -> child_pb2.Facts:
    """What anybody may see of a veiled child: current name, date of birth, gender."""
    facts = shown([one.record for one in records])
    fixed = next((one.record.facts for one in records if one.shown), facts)
    visible = child_pb2.Facts(names=[current_name(fixed)], gender=facts.gender)
    if fixed.HasField("birth_date") or facts.HasField("birth_date"):
        visible.birth_date.CopyFrom((fixed if fixed.HasField("birth_date") else facts).birth_date)
    return visible


def visible_record(child: KnownChild) -> Record:
    """The visible facts, as a record."""
    return Record(visible_facts(child.records), max(one.update_time for one in child.all_records))


def _veil(child: KnownChild) -> Sight:
    return Sight((visible_record(child),), Extent.NONE, shielded=True)


class State(IntEnum):
    """Where a shield, or the question whether a record is a look-alike, stands with the officers."""

    PROVISIONAL = 1
    CONFIRMED = 2
    LIFTED = 3


@dataclass(frozen=True, slots=True)
class Shield:
    """A row of `shield`."""

    state: State
    review_date: date | None = None


_PROVISIONAL = Shield(State.PROVISIONAL)


def placed(now: Shield | None) -> Shield:
    """After somebody shielded the child, or the index found a look-alike: waits for an officer unless one decided."""
    return _PROVISIONAL if now is None or now.state is State.LIFTED else now


def confirmed(now: Shield | None, review_date: date) -> Shield:
    """After an officer confirmed a provisional one. Raises ShieldStateWrong for any other."""
    return replace(_in(now, State.PROVISIONAL), state=State.CONFIRMED, review_date=review_date)


def reviewed(now: Shield | None, review_date: date) -> Shield:
    """After an officer looked at a confirmed one again and kept it. Raises ShieldStateWrong for any other."""
    return replace(_in(now, State.CONFIRMED), review_date=review_date)


def lifted(now: Shield | None) -> Shield:
    """After an officer lifted it. Raises ShieldStateWrong if there is nothing to lift."""
    _in(now, State.PROVISIONAL, State.CONFIRMED)
    return Shield(State.LIFTED)


def _in(now: Shield | None, *states: State) -> Shield:
    if now is None or now.state not in states:
        raise ShieldStateWrong
    return now
