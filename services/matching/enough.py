"""The least that a search must know: any sensible subset, but never so little that it lists children.

Wider than the minimum of the NHS PDS's fuzzy search, which knows neither ages nor schools nor parents. Gender never
counts: it is weak, and may be left out.
"""

from services.matching.features import Features
from services.matching.keys import query_keys

_WIDEST_YEARS = 4
# Keys of what few agencies write down: a child of whom it is not known has none of them.
_CIRCLE = ("given+school:", "family+school:", "given+carer:", "carer+year:")


def enough_to_search(features: Features) -> str | None:
    """Gives None, or a sentence that says what to add."""
    given = any(form.given and not form.given.initial for form in features.forms)
    family = any(form.family for form in features.forms)
    if features.nhs_number:
        known = given or family or features.whole_date
        return None if known else "Add a name or the date of birth to the NHS number."
    if not given and not family:
        return "Add a name. A placeholder such as Baby or Unknown is not one."
    about = 0 < len(features.years) <= _WIDEST_YEARS
    around = bool(features.postcodes or features.school or features.carers)
    if given and family:
        if about or around:
            return None
        return "Add the date of birth, an age, the postcode, the school or a parent's name to the names."
    if about and (around or (family and features.whole_date)):
        return None
    missing = "family name" if given else "given name"
    if about:
        return f"Add the {missing}, the postcode or its first half, the school or a parent's name."
    if around:
        return f"Add the {missing}, the date of birth or an age."
    return f"Add the {missing}, and the date of birth, an age, the postcode, the school or a parent's name."


def too_common(features: Features) -> bool:
    """Whether no child is looked for by these names alone with what else is known: that none is found says nothing.

    Two very common names and a year, an age or a part of a postcode would gather half a town; there is no key of them.
    """
    return all(key.startswith(_CIRCLE) for key in query_keys(features))
