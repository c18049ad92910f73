"""A child's description, normalised once: what keys are made of and what is compared."""

from dataclasses import dataclass
from datetime import date

from services.matching.description import Description, Name, PartialDate
from services.matching.family_names import FamilyName, family_name
from services.matching.given_names import GivenName, canonical, given_name
from services.matching.letters import fold
from services.matching.nhs_numbers import parse_nhs_number
from services.matching.postcodes import Postcode, parse_postcode
from services.matching.schools import school_words

_MOST_NAMES = 6
_MOST_POSTCODES = 6
_MOST_CARERS = 4
_LAST_MONTH = 12
_LAST_DAY = 31
_LAST_WRITTEN = 99
_USES = frozenset(("usual", "official", "former", "nickname", "alias"))
_GENDERS = {"m": "m", "male": "m", "1": "m", "boy": "m", "f": "f", "female": "f", "2": "f", "girl": "f"}


@dataclass(frozen=True, slots=True)
class NameForm:
    """One of a child's names. `use` as in `Name`; one that is not known counts as an alias."""

    given: GivenName | None
    family: FamilyName | None
    use: str


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of a child, normalised; empty, 0 or None means missing. No model enters here."""

    forms: tuple[NameForm, ...]
    other_given: tuple[str, ...]
    """Other given names of all forms, in canonical spelling."""
    year: int
    month: int
    day: int
    postcodes: tuple[Postcode, ...]
    gender: str
    nhs_number: str
    school: tuple[str, ...] = ()
    """The telling words of the school's name."""
    carers: tuple[NameForm, ...] = ()
    born: tuple[date, date] | None = None
    """Earliest and latest date of birth where no year is known."""
    estimated: bool = False
    digits: str = ""
    """The date of birth as eight digits, where year, month and day are all known."""

    @property
    def whole_date(self) -> bool:
        """Whether year, month and day of birth are all known."""
        return bool(self.digits)

    @property
    def years(self) -> range:
        """The years of birth that are possible; empty when nothing is known."""
        if self.year:
            return range(self.year, self.year + 1)
        return range(self.born[0].year, self.born[1].year + 1) if self.born else range(0)


def prepare(description: Description) -> Features:
    """Normalises a description: placeholders, invalid numbers and pseudo postcodes become missing."""
    forms = dict.fromkeys(_completed([form for name in description.names for form in _forms(name)]))
    other_given = dict.fromkeys(word for name in description.names for word in _other_given(name))
    postcodes = dict.fromkeys(filter(None, map(parse_postcode, description.postcodes)))
    year, month, day = _date(description.birth_date)
    carers = dict.fromkeys(form for name in description.carers for form in _forms(name))
    born = description.born
    return Features(
        forms=tuple(forms)[:_MOST_NAMES],
        other_given=tuple(other_given)[:_MOST_NAMES],
        year=year,
        month=month,
        day=day,
        postcodes=tuple(postcodes)[:_MOST_POSTCODES],
        gender=_GENDERS.get((description.gender or "").strip().casefold(), ""),
        nhs_number=parse_nhs_number(description.nhs_number),
        school=school_words(description.school) if description.school else (),
        carers=tuple(carers)[:_MOST_CARERS],
        born=born if born and not year and born[0] <= born[1] else None,
        estimated=description.estimated and bool(year),
        digits=f"{year:04}{month:02}{day:02}" if year and month and day else "",
    )


def _forms(name: Name) -> list[NameForm]:
    """The name, and the one in brackets as a nickname: Joseph (Joe) Bloggs."""
    family_words = fold(name.family or "")
    family = family_name(name.family)
    other, use = _other_given(name), name.use if name.use in _USES else "alias"
    written = name.given or ""
    outside, bracket, inside = written.partition("(")
    forms = [NameForm(given_name(outside, other, family_words), family, use)]
    if bracket and (nickname := given_name(inside, other, family_words)):
        forms.append(NameForm(nickname, family, "nickname"))
    return [form for form in forms if form.given or form.family]


def _other_given(name: Name) -> tuple[str, ...]:
    return tuple(map(canonical, fold(name.other_given or "")))


def _completed(forms: list[NameForm]) -> list[NameForm]:
    """Half a name (an alias, a birth name, a placeholder's family name) goes with the current other half."""
    given = next((form.given for form in forms if form.given), None)
    family = next((form.family for form in forms if form.family), None)
    return [NameForm(form.given or given, form.family or family, form.use) for form in forms]


def _date(date: PartialDate | None) -> tuple[int, int, int]:
    """The parts as written: 1856-86-18 is a slip of one digit, of which the other seven still tell something."""
    if date is None:
        return 0, 0, 0
    year, month, day = date.year or 0, date.month or 0, date.day or 0
    if _LAST_MONTH < month <= _LAST_DAY and 0 < day <= _LAST_MONTH:
        # 2014-25-03 can only be the day and the month in each other's place.
        month, day = day, month
    if not 0 <= month <= _LAST_WRITTEN or not 0 <= day <= _LAST_WRITTEN:
        return max(year, 0), 0, 0
    return max(year, 0), month, day
