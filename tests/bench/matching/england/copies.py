"""What an agency writes down of a child (DOMAIN 4.3, 4.4): ordinary errors, and those held out for the test seeds.

Held out, so in no file that weights or keys are made from: other spellings of a transliterated name, the halves of a
double-barrelled name, given and family name in each other's place, day and month swapped, another address. Of these the
file that calibrates has other addresses, since half of all records of children disagree on theirs (MATCHING fact 5).
Their rates are above life, so that each is asked often enough to be measured: recall is the harder for it.
"""

from collections.abc import Mapping
from random import Random

from deploy.demo import frequencies as rates
from deploy.demo.names import FAMILY_FIRST
from deploy.demo.noise import addresses, dates
from deploy.demo.noise import names as noise
from services.matching.scorecard.records import Row
from tests.bench.matching.england.children import TODAY, Child, Household
from tests.bench.matching.england.postcodes import Postcodes

# Shares of copies, [E] unless said otherwise; those marked * are greater outside White British [P21].
SLIP = 0.02  # *each name
SOUND_ALIKE = 0.01  # *each name
USUAL_NAME_WRITTEN = 0.4
FORMER_NAME_KEPT = 0.5
MARKS_LOST = 0.7
JOINS_LOST = 0.25
CASE_LOST = 0.1
OTHER_NAMES_LEFT_OUT = 0.45
INITIAL_ONLY = 0.05
DIGIT_SLIPPED = 0.003  # *
YEAR_OFF = 0.002  # *
DATE_LEFT_OUT = 0.005
FIRST_OF_JANUARY = 0.02  # outside White British
POSTCODE_LEFT_OUT = 0.04
POSTCODE_SLIPPED = 0.01  # *
POSTCODE_PARTIAL = 0.015
GENDER_LEFT_OUT = 0.02
GENDER_WRONG = 0.005
# Held out.
MOVED = 0.5  # [P] 53 % of linked hospital records
ORDER_SWAPPED = 0.04
ORDER_SWAPPED_FAMILY_FIRST = 0.10
DATE_SWAPPED = 0.05  # tried; two in three days cannot be swapped
HYPHEN_SPLIT = 0.6  # of double-barrelled names
GIVEN_RESPELT = 0.3  # of names that have other spellings, in communities of other scripts
FAMILY_RESPELT = 0.15
_LATIN = frozenset(("british", "irish", "caribbean"))
_NEW = 42  # days until which a birth is registered


class Copyist:
    """Writes copies. `spellings` is empty for a seed that may hold ordinary errors only."""

    def __init__(
        self, postcodes: Postcodes, spellings: Mapping[str, tuple[str, ...]], chance: Random
    ) -> None:
        self._postcodes = postcodes
        self._spellings = spellings
        self._chance = chance

    def copy(self, child: Child, home: Household, *, held_out: bool = False, moving: bool = False) -> Row:
        """One agency's row, with what was done to it in `change`."""
        changes: list[str] = []
        errors = 1.0 if child.origin == "british" else rates.ERRORS_OUTSIDE_WHITE_BRITISH
        given, family = self._names(child, changes, errors)
        if held_out:
            given, family = self._names_held_out(child, given, family, changes)
        given, family = (
            self._written(given, changes, errors, "given"),
            self._written(family, changes, errors, "family"),
        )
        if held_out and self._luck(
            ORDER_SWAPPED_FAMILY_FIRST if child.origin in FAMILY_FIRST else ORDER_SWAPPED
        ):
            given, family = noise.swapped(given, family)
            changes.append("name_order")
        return {
            "entity_id": str(child.number),
            "given_name": given,
            "other_names": self._other(child),
            "family_name": family,
            "birth_date": self._date(child, changes, errors, held_out),
            "gender": self._gender(child, changes),
            "postcode": self._postcode(home, changes, errors, moving),
            "subgroup": child.origin,
            "change": ",".join(changes),
            "household": str(home.number),
            "age": str((TODAY - child.born).days // 365),
        }

    def _luck(self, share: float) -> bool:
        return self._chance.random() < share

    def _names(self, child: Child, changes: list[str], errors: float) -> tuple[str, str]:
        given, family = child.given, child.family
        if child.former_family and self._luck(FORMER_NAME_KEPT):
            family = child.former_family
            changes.append("former_name")
        if self._luck(
            rates.PLACEHOLDER_UNDER_42_DAYS if (TODAY - child.born).days < _NEW else rates.PLACEHOLDER_KEPT
        ):
            changes.append("placeholder")
            return noise.placeholder(child.gender, child.twin or None, self._chance), family
        if child.usual and self._luck(USUAL_NAME_WRITTEN):
            given = child.usual
            changes.append("nickname")
        if self._luck(SOUND_ALIKE * errors):
            given = self._changed(given, noise.sound_alike(given, self._chance), "given_sound_alike", changes)
        if self._luck(SOUND_ALIKE * errors):
            family = self._changed(
                family, noise.sound_alike(family, self._chance), "family_sound_alike", changes
            )
        return given, family

    def _written(self, name: str, changes: list[str], errors: float, which: str) -> str:
        """As a keyboard leaves it."""
        chance = self._chance
        if self._luck(SLIP * errors):
            slipped = chance.choice((noise.mistyped, noise.transposed, noise.misread, _dropped))(name, chance)
            name = self._changed(name, slipped, f"{which}_slip", changes)
        plain = noise.unmarked(name)
        if plain != name and self._luck(MARKS_LOST):
            name = plain
            changes.append("marks_lost")
        if "-" not in name and self._luck(JOINS_LOST):
            name = self._changed(name, noise.unjoined(name, chance), "joins_lost", changes)
        return noise.recased(name, chance) if self._luck(CASE_LOST) else name

    def _names_held_out(self, child: Child, given: str, family: str, changes: list[str]) -> tuple[str, str]:
        chance = self._chance
        if "-" in family and child.origin in _LATIN and self._luck(HYPHEN_SPLIT):
            way = chance.choice(
                (noise.first_half, noise.second_half, lambda name: noise.unjoined(name, chance))
            )
            family = self._changed(family, way(family), "hyphen_split", changes)
        if child.origin not in _LATIN:
            if self._luck(GIVEN_RESPELT):
                given = self._changed(given, self._respelt(given), "transliteration", changes)
            if self._luck(FAMILY_RESPELT):
                family = self._changed(family, self._respelt(family), "transliteration", changes)
        return given, family

    def _respelt(self, name: str) -> str:
        others = self._spellings.get(noise.unmarked(name).lower())
        return self._chance.choice(others) if others else name

    def _other(self, child: Child) -> str | None:
        if not child.other or self._luck(OTHER_NAMES_LEFT_OUT):
            return None
        return child.other[0] if self._luck(INITIAL_ONLY) else child.other

    def _date(self, child: Child, changes: list[str], errors: float, held_out: bool) -> str | None:
        born = child.born
        if self._luck(DATE_LEFT_OUT):
            changes.append("no_date")
            return None
        if child.origin != "british" and self._luck(FIRST_OF_JANUARY):
            changes.append("first_of_january")
            return born.replace(month=1, day=1).isoformat()
        if self._luck(DIGIT_SLIPPED * errors):
            born = dates.digit_slipped(born, self._chance)
            changes.append("date_digit")
        elif self._luck(YEAR_OFF * errors):
            born = dates.year_off(born, self._chance)
            changes.append("year_off")
        elif held_out and self._luck(DATE_SWAPPED) and (swapped := dates.day_month_swapped(born)) != born:
            born = swapped
            changes.append("date_swapped")
        return born.isoformat()

    def _gender(self, child: Child, changes: list[str]) -> str | None:
        if self._luck(GENDER_LEFT_OUT):
            return None
        if self._luck(GENDER_WRONG):
            changes.append("gender_wrong")
            return "male" if child.gender == "female" else "female"
        return child.gender

    def _postcode(self, home: Household, changes: list[str], errors: float, moving: bool) -> str | None:
        chance, postcode = self._chance, home.postcode
        if moving and self._luck(MOVED):
            postcode = self._postcodes.moved(postcode, chance)
            changes.append("moved")
        if self._luck(POSTCODE_LEFT_OUT):
            changes.append("no_postcode")
            return None
        if self._luck(POSTCODE_SLIPPED * errors):
            changes.append("postcode_slip")
            return chance.choice((noise.mistyped(postcode, chance), addresses.letter_for_digit(postcode)))
        if self._luck(POSTCODE_PARTIAL):
            changes.append("postcode_partial")
            return addresses.partial(postcode, chance)
        return postcode

    @staticmethod
    def _changed(before: str, after: str, change: str, changes: list[str]) -> str:
        if after != before:
            changes.append(change)
        return after


def _dropped(name: str, chance: Random) -> str:
    """Without one letter after the first."""
    if len(name) < 3:
        return name
    place = chance.randrange(1, len(name))
    return name[:place] + name[place + 1 :]
