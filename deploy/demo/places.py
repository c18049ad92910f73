"""Invented places: postcodes that exist in no street, drama telephone numbers, example.org (DOMAIN 4.5)."""

import unicodedata
from datetime import date
from random import Random

from deploy.demo.model import Home

TOWN = "Millbrook"
TOWN_AREA = "ZY"
ELSEWHERE = {"ZU": "Farhaven", "YF": "Oldcastle Vale", "ZT": "Westering", "JU": "Great Lorne"}
"""Areas that no postcode begins with, though Royal Mail's letter rules allow them, and a town in each."""
INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"
FAMILIES_PER_POSTCODE = 5  # about 15 addresses, a third of them with children
STORY_POSTCODE = "ZY9 9ZZ"
STORY_OLD_POSTCODE = "ZY9 8XA"
STORY_DISTRICT = 9  # kept free of everybody else

_UNITS = len(INWARD_LETTERS) ** 2
_PER_DISTRICT = 10 * _UNITS
_MIX = 1_237  # coprime to the number of postcodes in a district
# fmt: off
_FIRST = (
    "Alder", "Acorn", "Ashlar", "Barley", "Beacon", "Birch", "Bramble", "Brook", "Canal", "Cedar",
    "Chapel", "Cherry", "Clover", "Cobbler", "Copper", "Cotton", "Dyer", "Elder", "Fern", "Fuller",
    "Garnet", "Glebe", "Gorse", "Hawthorn", "Hazel", "Heather", "Hopyard", "Juniper", "Larch", "Lark",
    "Linden", "Loom", "Maple", "Mill", "Orchard", "Otter", "Quarry", "Rowan", "Saddler", "Shuttle",
    "Skylark", "Spindle", "Sycamore", "Tanner", "Thistle", "Weaver", "Willow", "Wren",
)
# fmt: on
_SECOND = (
    "Street",
    "Road",
    "Avenue",
    "Close",
    "Lane",
    "Drive",
    "Way",
    "Grove",
    "Place",
    "Terrace",
    "Crescent",
    "Row",
)


def postcode_count(size: int) -> int:
    """Returns how many postcodes a town of `size` children fills."""
    return max(20, round(size / 1.8 / FAMILIES_PER_POSTCODE))


def postcode(number: int, area: str = TOWN_AREA) -> str:
    """Returns the postcode of a number; numbers that are near share a district but seldom a sector."""
    district, rest = divmod(number, _PER_DISTRICT)
    sector, unit = divmod(rest * _MIX % _PER_DISTRICT, _UNITS)
    first, second = divmod(unit, len(INWARD_LETTERS))
    district += 1 + (district + 1 >= STORY_DISTRICT)
    return f"{area}{district} {sector}{INWARD_LETTERS[first]}{INWARD_LETTERS[second]}"


def street(number: int) -> str:
    """Returns the street that a postcode number lies in."""
    first, second = divmod(number * 31 % (len(_FIRST) * len(_SECOND)), len(_SECOND))
    return f"{_FIRST[first]} {_SECOND[second]}"


def home(number: int, since: date, rng: Random) -> Home:
    """Returns a house or a flat in a postcode of the town."""
    return _home(number, TOWN_AREA, TOWN, since, rng)


def home_elsewhere(since: date, rng: Random) -> Home:
    """Returns a house or a flat in another invented town."""
    area = rng.choice(tuple(ELSEWHERE))
    return _home(rng.randrange(3 * _PER_DISTRICT), area, ELSEWHERE[area], since, rng)


def _home(number: int, area: str, town: str, since: date, rng: Random) -> Home:
    house = f"{rng.randint(1, 120)} {street(number)}"
    lines = (f"Flat {rng.randint(1, 24)}", house, town) if rng.random() < 0.18 else (house, town)
    return Home(lines, postcode(number, area), since)


def landline(number: int) -> str:
    """Returns an office telephone number from Ofcom's ranges for drama; 2,000 of them, then they repeat."""
    number %= 2_000
    return f"01632 960{number:03d}" if number < 1_000 else f"03069 990{number - 1_000:03d}"


def mobile(number: int) -> str:
    """Returns a work mobile number from Ofcom's range for drama."""
    return f"07700 900{number % 1_000:03d}"


def freephone(number: int) -> str:
    """Returns a freephone number from Ofcom's range for drama."""
    return f"0808 157 0{number % 1_000:03d}"


def plain(text: str) -> str:
    """Returns lower-case ASCII letters and digits joined by full stops, fit for the local part of an address."""
    letters = (
        unicodedata.normalize("NFKD", text.replace("ł", "l").replace("Ł", "L"))
        .encode("ascii", "ignore")
        .decode()
        .lower()
    )
    return ".".join("".join(c for c in word if c.isalnum()) for word in letters.replace("-", " ").split())


def email(person: str, domain: str) -> str:
    """Returns a work e-mail address on a subdomain of example.org."""
    return f"{plain(person)}@{domain}.example.org"
