"""A child's description, normalised once: what keys are made of and what is compared."""

from dataclasses import dataclass

from services.matching.description import Description, Name, PartialDate
from services.matching.family_names import FamilyName, family_name
from services.matching.given_names import GivenName, canonical, given_name
from services.matching.letters import fold
from services.matching.nhs_numbers import parse_nhs_number
from services.matching.postcodes import Postcode, parse_postcode

_MOST_NAMES = 6
_MOST_POSTCODES = 6
_LAST_MONTH = 12
_LAST_DAY = 31
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

    @property
    def whole_date(self) -> bool:
        """Whether year, month and day of birth are all known."""
        return bool(self.year and self.month and self.day)


def prepare(description: Description) -> Features:
    """Normalises a description: placeholders, invalid numbers and pseudo postcodes become missing."""
    forms = dict.fromkeys(_completed([form for name in description.names for form in _forms(name)]))
    other_given = dict.fromkeys(word for name in description.names for word in _other_given(name))
    postcodes = dict.fromkeys(filter(None, map(parse_postcode, description.postcodes)))
    year, month, day = _date(description.birth_date)
    return Features(
        forms=tuple(forms)[:_MOST_NAMES],
        other_given=tuple(other_given)[:_MOST_NAMES],
        year=year,
        month=month,
        day=day,
        postcodes=tuple(postcodes)[:_MOST_POSTCODES],
        gender=_GENDERS.get((description.gender or "").strip().casefold(), ""),
        nhs_number=parse_nhs_number(description.nhs_number),
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
    if date is None:
        return 0, 0, 0
    year, month, day = date.year or 0, date.month or 0, date.day or 0
    if not 0 <= month <= _LAST_MONTH:
        # 2014-25-03 can only be the day and the month in each other's place.
        month, day = (day, month) if 0 < day <= _LAST_MONTH and month <= _LAST_DAY else (0, 0)
    return max(year, 0), month, day if 0 <= day <= _LAST_DAY else 0
