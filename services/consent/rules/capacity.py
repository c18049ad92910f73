"""What a child can decide itself: from birth to 18, by age and by what it was found able to (issue 6). Pure."""

from dataclasses import dataclass
from datetime import date

from services.consent.rules.family import DecisionAsked, Family
from services.consent.rules.sources import Rule

_SIXTEEN = 16
_EIGHTEEN = 18


@dataclass(frozen=True, slots=True)
class Capacity:
    """What the child can do about one decision: whether its own consent counts, and whether others' still do."""

    rule: Rule
    able: bool
    others: bool


def birthday(born: date, age: int) -> date:
    """Return the day on which an age is attained, at its first moment (FLRA 1969 s.9); 1 March for a leap day."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def age_reached(born: date | None, age: int, on: date) -> bool:
    """Return whether the child is that old on the day; false if it is not known when it was born."""
    return born is not None and birthday(born, age) <= on


def capacity(family: Family, asked: DecisionAsked, on: date) -> Capacity:
    """Return what the child can do about this decision on this day, and by which rule.

    From 16 on it is presumed able unless found unable (MCA 2005 ss.1(2), 2(5)); before, it is not unless found able
    (Gillick). A finding counts for the matter, and for the subject if it names one, until its review.
    """
    born = family.child.born
    if born is None:
        return Capacity(Rule.BIRTH_UNKNOWN, able=False, others=True)
    if on < born:
        return Capacity(Rule.NOT_BORN, able=False, others=False)
    adult, young = age_reached(born, _EIGHTEEN, on), age_reached(born, _SIXTEEN, on)
    # An assessment under the other law, before the 16th birthday, says nothing about the presumption after it.
    since = birthday(born, _SIXTEEN) if young else born
    able, over = _found(family, asked, since, on)
    if adult:
        return (
            Capacity(Rule.ADULT_UNABLE, False, False) if able is False else Capacity(Rule.ADULT, True, False)
        )
    if young:
        if able is False:
            return Capacity(Rule.YOUNG_PERSON_UNABLE, able=False, others=True)
        return Capacity(Rule.YOUNG_PERSON, able=True, others=False)
    if over:
        return Capacity(Rule.ASSESSMENT_OVER, able=False, others=True)
    if able is None:
        return Capacity(Rule.NOT_ASSESSED, able=False, others=True)
    return Capacity(Rule.COMPETENT if able else Rule.NOT_COMPETENT, able=able, others=True)


def _found(family: Family, asked: DecisionAsked, since: date, on: date) -> tuple[bool | None, bool]:
    """Return what the last assessment found, None if there is none that counts, and whether its review is overdue."""
    last = max(
        (
            one
            for one in family.competence
            if one.matter == asked.matter
            and one.subject in {None, asked.subject}
            and since <= one.assessed <= on
        ),
        # Of two of one day, the one that found the child unable.
        key=lambda one: (one.assessed, not one.able),
        default=None,
    )
    if last is None:
        return None, False
    over = last.review is not None and last.review < on
    return (None if over else last.able), over
