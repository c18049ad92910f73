"""The least that a search must know (after the minimum of the NHS PDS's fuzzy search).

Less would list children instead of finding one. Gender never counts: it is weak, and may be left out.
"""

from services.matching.features import Features


def enough_to_search(features: Features) -> str | None:
    """Gives None, or a sentence that says what to add."""
    given = any(form.given for form in features.forms)
    family = any(form.family for form in features.forms)
    date = features.whole_date
    place = any(postcode.full for postcode in features.postcodes)
    if features.nhs_number:
        return None if given or family or date else "Add a name or the date of birth to the NHS number."
    if given and family:
        if date or place or (features.year and features.postcodes):
            return None
        return "Add the date of birth, or the postcode, to the names."
    if given or family:
        if date and place:
            return None
        missing = "family name" if given else "given name"
        return f"Add the {missing}, or both the full date of birth and the full postcode."
    return "Add a name. A placeholder such as Baby or Unknown is not one."
