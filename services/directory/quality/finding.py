"""What may be wrong with an entry, in plain words. Pure."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Severity(IntEnum):
    """How bad it is; the numbers of kith.directory.v1.Finding.Severity."""

    ERROR = 1
    """Somebody who relies on it is misled."""
    WARNING = 2
    """Probably wrong."""
    ADVICE = 3
    """Could be better."""


class FindingKind(IntEnum):
    """What is wrong; the numbers of kith.directory.v1.Finding.Kind."""

    SCHEDULE_UNREADABLE = 1
    SCHEDULE_NEVER_OCCURS = 2
    SCHEDULE_OVER = 3
    SCHEDULE_REVERSED = 4
    HOURS_REVERSED = 5
    HOURS_EMPTY = 6
    AGES_REVERSED = 7
    AGES_IMPOSSIBLE = 8
    PHONE_MALFORMED = 9
    EMAIL_MALFORMED = 10
    URL_MALFORMED = 11
    COST_IMPOSSIBLE = 12
    COST_OVER = 13
    DESCRIPTION_SHORT = 14
    DESCRIPTION_COPIED = 15
    OUTSIDE_ENGLAND = 16
    POSTCODE_MALFORMED = 17
    LINK_BROKEN = 18
    CAPACITY_OLD = 19
    NOT_ACTIVE = 20
    VANISHED = 21


_ERROR, _WARNING, _ADVICE = Severity.ERROR, Severity.WARNING, Severity.ADVICE
_SAID: Final[dict[FindingKind, tuple[Severity, str]]] = {
    FindingKind.SCHEDULE_UNREADABLE: (_ERROR, "The days or times of this schedule cannot be read."),
    FindingKind.SCHEDULE_NEVER_OCCURS: (_ERROR, "By this schedule it never takes place."),
    FindingKind.SCHEDULE_OVER: (_WARNING, "This schedule is over."),
    FindingKind.SCHEDULE_REVERSED: (_ERROR, "This schedule ends before it starts."),
    FindingKind.HOURS_REVERSED: (_WARNING, "It closes before it opens; open past midnight is two schedules."),
    FindingKind.HOURS_EMPTY: (_ERROR, "It opens and closes at the same time."),
    FindingKind.AGES_REVERSED: (_ERROR, "The highest age is below the lowest."),
    FindingKind.AGES_IMPOSSIBLE: (_ERROR, "Nobody is of this age."),
    FindingKind.PHONE_MALFORMED: (_ERROR, "This cannot be dialled as a telephone number."),
    FindingKind.EMAIL_MALFORMED: (_ERROR, "This is not an e-mail address."),
    FindingKind.URL_MALFORMED: (_ERROR, "This is not a web address."),
    FindingKind.COST_IMPOSSIBLE: (_ERROR, "This cost is below nothing, or ends before it starts."),
    FindingKind.COST_OVER: (_WARNING, "None of the costs given is of today."),
    FindingKind.DESCRIPTION_SHORT: (_ADVICE, "The description is too short to choose by."),
    FindingKind.DESCRIPTION_COPIED: (_WARNING, "The description is word for word that of other entries."),
    FindingKind.OUTSIDE_ENGLAND: (_WARNING, "This is not in England."),
    FindingKind.POSTCODE_MALFORMED: (_ERROR, "This is not a postcode."),
    FindingKind.LINK_BROKEN: (_ERROR, "This page was not found when it was last looked for."),
    FindingKind.CAPACITY_OLD: (_WARNING, "Nobody confirmed for weeks whether places are free."),
    FindingKind.NOT_ACTIVE: (_WARNING, "It is public and says that it is no longer active."),
    FindingKind.VANISHED: (_WARNING, "The publisher it came from no longer sends it."),
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong; `pointer` is the place in the document, an RFC 6901 JSON pointer, "" for all of it."""

    pointer: str
    kind: FindingKind

    @property
    def severity(self) -> Severity:
        """How bad it is."""
        return _SAID[self.kind][0]

    @property
    def sentence(self) -> str:
        """What the owner is told."""
        return _SAID[self.kind][1]


def undecided() -> list[str]:
    """Return the kinds without severity and sentence: none, or the tests fail."""
    return [kind.name for kind in FindingKind if kind not in _SAID]
