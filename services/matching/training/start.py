"""What training starts from: every comparison with its levels, and what they are worth before any pair is seen.

A level that no pair shows keeps its starting weight (NHS numbers, schools, carers); one that few pairs show moves away
from it as far as they can carry (`weights.PRIOR_PAIRS`).
"""

from typing import Final

FREQUENCY_SHARE: Final = {
    "given_name": {
        "exact": 1.0,
        "spelling": 1.0,
        "variant": 1.0,
        "other_form": 1.0,
        "part": 1.0,
        "slip": 0.5,
        "short_slip": 0.5,
        "sounds": 0.5,
        "middle_as_first": 0.5,
    },
    "family_name": {"exact": 1.0, "variant": 1.0, "part": 1.0, "slip": 0.5, "sounds": 0.5},
}
"""How much of a name's commonness is taken off at each level (Splink's `tf_adjustment_weight`)."""

RARE: Final = {"given_name": 2.0**-11, "family_name": 2.0**-13}
"""The frequency of a name that is not listed: the floor that keeps a rare typo from being proof."""

# (m, u) of each level: m as far as published or plain, u for children of England aged 0 to 17.
_DAY: Final = 1 / 6575  # days in 18 years
START: Final[dict[str, dict[str, tuple[float, float]]]] = {
    "given_name": {
        "exact": (0.85, RARE["given_name"]),
        "spelling": (0.03, 0.000026),
        "variant": (0.03, 0.0004),
        "other_form": (0.02, 0.0004),
        "part": (0.02, 0.0004),
        "slip": (0.02, 0.0002),
        "short_slip": (0.02, 0.0004),
        "sounds": (0.008, 0.0006),
        "middle_as_first": (0.005, 0.0008),
        "initial": (0.005, 0.002),
        "similar": (0.01, 0.002),
        "resembles": (0.004, 0.004),
        "disagree": (0.03, 0.985),
    },
    "family_name": {
        "exact": (0.88, RARE["family_name"]),
        "variant": (0.02, 0.00003),
        "part": (0.02, 0.0001),
        "slip": (0.025, 0.0003),
        "sounds": (0.005, 0.0005),
        "similar": (0.004, 0.0003),
        "resembles": (0.003, 0.003),
        "disagree": (0.05, 0.994),
    },
    "name_order": {"swapped": (0.01, 0.03), "straight": (0.99, 0.99)},
    "name_use": {"former": (0.05, 0.1), "alias": (0.035, 0.1), "nickname": (0.07, 0.1)},
    "other_given_names": {
        "exact": (0.7, 0.02),
        "similar": (0.1, 0.01),
        "initial": (0.1, 0.03),
        "disagree": (0.1, 0.94),
    },
    "birth_date": {
        "exact": (0.95, _DAY),
        "first_of_january": (0.008, 0.00006),
        "swapped": (0.004, 0.0001),
        "one_digit": (0.012, 0.0025),
        "two_digits": (0.003, 0.012),
        "one_part": (0.004, 0.004),
        "estimated": (0.005, 0.001),
        "year_and_month": (0.9, 0.0046),
        "day_and_month": (0.9, 0.0027),
        "year": (0.95, 0.055),
        "years": (0.95, 0.17),
        "same_year": (0.001, 0.05),
        "near_year": (0.03, 0.11),
        "disagree": (0.002, 0.87),
    },
    # A half of the linked records of children agree on no postcode (MATCHING fact 5).
    "postcode": {
        "exact": (0.47, 0.0005),
        "slip": (0.02, 0.0002),
        "sector": (0.03, 0.0007),
        "outcode": (0.08, 0.008),
        "area": (0.15, 0.12),
        "disagree": (0.25, 0.87),
    },
    "gender": {"exact": (0.94, 0.5), "disagree": (0.06, 0.5)},
    "nhs_number": {"exact": (0.9975, 2.0**-22), "conflict": (2.0**-12, 1.0)},
    "school": {"exact": (0.6, 0.01), "part": (0.15, 0.02), "disagree": (0.25, 0.97)},
    "carers": {"exact": (0.5, 0.001), "part": (0.1, 0.003), "given": (0.1, 0.01), "disagree": (0.3, 0.98)},
}

KEPT: Final = frozenset(("postcode", "gender", "nhs_number", "name_order", "name_use", "school", "carers"))
"""Comparisons that are not learned: the records at hand say nothing of them, or nothing that holds for children."""

KEPT_LEVELS: Final = frozenset(
    (
        "spelling",
        "first_of_january",
        "year_and_month",
        "day_and_month",
        "year",
        "years",
        "near_year",
        "estimated",
    )
)
"""Levels that are not learned: how often a date is partial or estimated, or names are respelt, differs by source."""
