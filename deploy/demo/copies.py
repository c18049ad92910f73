"""One agency's copy of a child.

The truth of the day it was written, with the noise of noise/ at the rates of frequencies.py.
"""

from datetime import date
from random import Random

from deploy.demo import frequencies as rates
from deploy.demo.model import Address, Home, Name, PartialDate, TrueChild
from deploy.demo.names import FAMILY_FIRST
from deploy.demo.noise import addresses as noisy_address
from deploy.demo.noise import dates as noisy_date
from deploy.demo.noise import names as noisy
from deploy.demo.profiles import Profile

BABY_DAYS = 42  # a birth is to be registered within 42 days


def written_names(
    child: TrueChild, profile: Profile, on: date, reference: date, rng: Random
) -> tuple[Name, ...]:
    """Returns the names an agency holds, the one it goes by first."""
    penalty = _penalty(child)
    if _unnamed(child, profile, reference, rng):
        twin = child.birth_order if child.multiple_birth else None
        return (Name(noisy.placeholder(child.gender, twin, rng), child.mother_family),)
    family = child.family_on(on)
    if child.former_family and family != child.former_family and rng.random() < rates.OLD_SURNAME_KEPT:
        family = child.former_family
    other = "" if profile.by_first_name or rng.random() < rates.MISSING["middle"] else child.other_given
    official = _noisy_name(child, child.given, other, family, penalty, rng)
    if profile.by_first_name and rng.random() < rates.FIRST_NAME_ONLY:
        called = child.usual_given if child.usual_given and rng.random() < 0.7 else official.given
        return (Name(called, "", use="usual"),)
    found = [official]
    usual = child.usual_given or (
        noisy.nickname(child.given, rng) if profile.street_name and rng.random() < 0.5 else None
    )
    if usual and (profile.street_name or rng.random() < rates.USUAL_NAME_USED):
        found.insert(0, Name(usual, official.family, use="usual"))
        if not profile.lists_names and rng.random() < 0.5:
            found.pop()
    if profile.lists_names and child.former_family and rng.random() < 0.6:
        found.append(Name(official.given, child.former_family, use="former"))
    if profile.lists_names and rng.random() < 0.15:
        found.append(
            Name(noisy.sound_alike(noisy.respelt(child.given, rng), rng), child.mother_family, use="alias")
        )
    return tuple(dict.fromkeys(found))


def _penalty(child: TrueChild) -> float:
    return 1.0 if child.community == "british" else rates.ERRORS_OUTSIDE_WHITE_BRITISH


def _unnamed(child: TrueChild, profile: Profile, reference: date, rng: Random) -> bool:
    if not profile.births or child.arrived_on:
        return False
    young = (reference - child.birth_date).days < BABY_DAYS
    return rng.random() < (rates.PLACEHOLDER_UNDER_42_DAYS if young else rates.PLACEHOLDER_KEPT)


def _noisy_name(child: TrueChild, given: str, other: str, family: str, penalty: float, rng: Random) -> Name:
    given, family = _respelt(given, rng), _respelt(_joined(family, rng), rng)
    if rng.random() < rates.PREFIX_LOST:
        given, family = noisy.prefix_lost(given), noisy.prefix_lost(family)
    given, family = _unmarked(given, rng), _unmarked(family, rng)
    if rng.random() < rates.NAME_MISTYPED * penalty:
        given = _slip(given, rng)
    if rng.random() < rates.NAME_MISTYPED * penalty:
        family = _slip(family, rng)
    if other and rng.random() < rates.MIDDLE_AS_FIRST * penalty:
        given, other = noisy.middle_as_first(given, other)
    swap = rates.NAMES_SWAPPED_FAMILY_FIRST if child.community in FAMILY_FIRST else rates.NAMES_SWAPPED
    if rng.random() < swap * penalty:
        given, family = noisy.swapped(given, family)
    if rng.random() < rates.WRONG_CASE:
        upper = rng.random() < 0.7
        given, other, family = (text.upper() if upper else text.lower() for text in (given, other, family))
    return Name(noisy.truncated(given), noisy.truncated(family), noisy.truncated(other))


def _respelt(name: str, rng: Random) -> str:
    if rng.random() < rates.RESPELT:
        name = noisy.respelt(name, rng)
    return noisy.sound_alike(name, rng) if rng.random() < rates.SOUND_ALIKE else name


def _joined(family: str, rng: Random) -> str:
    """Writes a double-barrelled family name as an agency might."""
    if "-" not in family or family.startswith("Al-"):
        return family
    draw = rng.random()
    for share, change in (
        (rates.HYPHEN_DROPPED, lambda name: noisy.unjoined(name, rng)),
        (rates.FIRST_HALF_ONLY, noisy.first_half),
        (rates.SECOND_HALF_ONLY, noisy.second_half),
    ):
        if draw < share:
            return change(family)
        draw -= share
    return family


def _unmarked(name: str, rng: Random) -> str:
    if (name.isascii() and name.isalpha()) or rng.random() >= rates.MARKS_LOST:
        return name
    plain = noisy.unmarked(name)
    return noisy.unjoined(plain, rng) if "-" not in plain and rng.random() < 0.5 else plain


def _slip(name: str, rng: Random) -> str:
    draw = rng.random()
    if draw < 0.25 and (dropped := noisy.double_dropped(name)) != name:
        return dropped
    if draw < 0.55:
        return noisy.transposed(name, rng)
    return noisy.misread(name, rng) if draw > 0.93 else noisy.mistyped(name, rng)


def written_birth_date(child: TrueChild, profile: Profile, on: date, rng: Random) -> tuple[PartialDate, str]:
    """Returns the date of birth as an agency holds it, with its accuracy (a letter each for day, month, year)."""
    penalty = _penalty(child) * (rates.BAD_DATES_WHERE_SPOKEN if profile.spoken else 1)
    if rng.random() < rates.MISSING["birth_date"]:
        return (None, None, None), noisy_date.UNKNOWN
    if profile.by_first_name and rng.random() < rates.AGE_ONLY:
        year = on.year - child.age(on)  # what an age comes to; a year too late before the birthday
        return (year, None, None), "UUE"
    day = child.birth_date
    accuracy = noisy_date.FIRST_OF_JANUARY if child.birth_date_estimated else noisy_date.KNOWN
    draw = rng.random() / penalty
    swappable = (
        rates.DAY_MONTH_SWAPPED / 0.36 if day.day <= 12 and day.day != day.month else 0.0
    )  # 36 % of dates can swap
    if draw < swappable:
        day = noisy_date.day_month_swapped(day)
    elif draw < swappable + rates.DIGIT_SLIPPED:
        day = noisy_date.month_misheard(day) if profile.spoken else noisy_date.digit_slipped(day, rng)
    elif draw < swappable + rates.DIGIT_SLIPPED + rates.YEAR_OFF:
        day = noisy_date.year_off(day, rng)
    return noisy_date.written(day), accuracy


def written_addresses(child: TrueChild, profile: Profile, on: date, rng: Random) -> tuple[Address, ...]:
    """Returns the addresses an agency holds, the current one first; none for a row without any."""
    if child.no_fixed_address and rng.random() < 0.6:
        return ()
    home = child.home(on)
    use = "temporary" if child.no_fixed_address else "home"
    found = [_address(child, home, use, profile, rng)]
    if (
        child.second_home
        and child.second_home.since <= on
        and rng.random() < (0.5 if profile.lists_names else 0.2)
    ):
        found.append(_address(child, child.second_home, "second_home", profile, rng))
        if rng.random() < 0.3:
            found.reverse()
    if profile.lists_names:
        found += [_address(child, old, "old", profile, rng) for old in child.homes if old.since < home.since][
            -3:
        ]
    return tuple(address for address in found if address.lines or address.postcode)


def _address(child: TrueChild, home: Home, use: str, profile: Profile, rng: Random) -> Address:
    lines = noisy_address.flat_moved(home.lines) if rng.random() < rates.FLAT_MOVED else home.lines
    if profile.by_first_name:
        lines = ()
    postcode = home.postcode
    if postcode is None or rng.random() < rates.MISSING["postcode"]:
        return Address(lines, None, use, home.since)
    draw = rng.random() / _penalty(child)
    if draw < rates.POSTCODE_MISREAD:
        postcode = noisy_address.letter_for_digit(postcode)
    elif draw < rates.POSTCODE_MISREAD + rates.POSTCODE_PARTIAL:
        postcode = noisy_address.partial(postcode, rng)
    elif profile.by_first_name and rng.random() < rates.HAND_TYPED_POSTCODE:
        postcode = noisy_address.hand_typed(postcode, rng)
    return Address(lines, postcode, use, home.since)
