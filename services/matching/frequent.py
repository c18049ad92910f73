"""Names so frequent that a key of them and a year alone would gather half a town."""

from services.matching.features import NameForm
from services.matching.variants import name_lists


def frequent_family(form: NameForm) -> bool:
    """Whether the family name is among the very common ones."""
    return form.family is not None and form.family.core in name_lists().frequent_family


def frequent_given(form: NameForm) -> bool:
    """Whether the given name is among the very common ones."""
    return form.given is not None and form.given.lead in name_lists().frequent_given


def frequent_name(form: NameForm) -> bool:
    """Whether both names are among the very common ones."""
    return frequent_family(form) and frequent_given(form)
