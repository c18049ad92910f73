"""What each kind of organisation tends to hold about a child (DOMAIN 4.3). Shares are estimates [E]."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of rows that hold a fact; `refreshed` is the share brought up to date within the last year.

    `spoken` means facts told rather than read; `lists_names` several names and old addresses; `by_first_name` first
    name and age; `street_name` the name a child goes by.
    """

    nhs_number: float
    school: float
    gp: float
    refreshed: float
    upn: bool = False
    spoken: bool = False
    lists_names: bool = False
    by_first_name: bool = False
    street_name: bool = False
    births: bool = False


PROFILES: Final = {
    "school": Profile(nhs_number=0, school=1, gp=0.5, refreshed=0.85, upn=True),
    "gp": Profile(nhs_number=0.99, school=0, gp=1, refreshed=0.5, births=True),
    "health": Profile(nhs_number=0.97, school=0.85, gp=0.95, refreshed=0.35, births=True),
    "camhs": Profile(nhs_number=0.99, school=0.9, gp=0.95, refreshed=0.6),
    "social_care": Profile(nhs_number=0.6, school=0.9, gp=0.85, refreshed=0.6, lists_names=True),
    "early_help": Profile(nhs_number=0.2, school=0.85, gp=0.6, refreshed=0.5),
    "police": Profile(nhs_number=0, school=0.3, gp=0, refreshed=0, spoken=True, lists_names=True),
    "youth_justice": Profile(
        nhs_number=0.2, school=0.8, gp=0.5, refreshed=0.4, lists_names=True, street_name=True
    ),
    "voluntary": Profile(nhs_number=0, school=0.4, gp=0, refreshed=0.2, by_first_name=True),
}
"""By kind of organisation."""
