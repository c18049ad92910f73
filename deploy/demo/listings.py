"""What families of Millbrook find in the directory: places, small organisations and services, from listings.yaml.

The town lies where Bolton is, so that real postcodes of its neighbourhood give distances; its own, ZY, exist nowhere.
"""

from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

CENTRE: Final = (53.5780, -2.4290)
"""Degrees north and east of the town hall."""


class Place(NamedTuple):
    """A place; `north` and `east` are kilometres from the town hall. `access` is for people with disabilities."""

    key: str
    name: str
    street: str
    north: float
    east: float
    access: tuple[str, ...] = ()
    online: bool = False


class Charity(NamedTuple):
    """A small organisation without a system of its own: the Early Help Partnership keeps its entries."""

    key: str
    name: str
    description: str
    number: str


class Listing(NamedTuple):
    """A service as listed. `when` is days and times, monthly with the number of the day: `2SA 10:00-12:00`.

    `organisation` is a key of the catalogue or of a charity; `place` one of the places, empty for visits at home.
    `needs` are terms by name, `cost` is in pounds with what it is for, `levels` are of the thresholds of need, and
    `assessment` says whether an Early Help Assessment (CAF) is a referral.
    """

    key: str
    organisation: str
    kind: str
    name: str
    description: str
    needs: tuple[str, ...]
    ages: tuple[float, float]
    when: str
    place: str
    cost: tuple[float, str] = (0, "")
    languages: tuple[str, ...] = ()
    levels: tuple[int, ...] = (1, 2)
    assessment: bool = False
    route: str = ""
    not_done: str = ""


class Listings(NamedTuple):
    """All of it; `languages` are names by code."""

    places: tuple[Place, ...]
    charities: tuple[Charity, ...]
    services: tuple[Listing, ...]
    languages: dict[str, str]


@cache
def listings() -> Listings:
    """Returns what is listed, the same in every town."""
    found: dict[str, Any] = yaml.safe_load(
        Path(__file__).with_name("listings.yaml").read_text(encoding="utf-8")
    )
    return Listings(
        tuple(Place(**place) for place in found["places"]),
        tuple(Charity(**charity) for charity in found["charities"]),
        tuple(Listing(**service) for service in found["services"]),
        found["languages"],
    )
