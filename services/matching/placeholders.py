"""Names that name nobody: "Baby", "Twin II", "Female infant of Jane", "Not known" (MATCHING 1.4)."""

from services.matching.variants import name_lists


def without_titles(words: tuple[str, ...]) -> tuple[str, ...]:
    """Drops leading titles and "known as" / "aka"; keeps the words when nothing else would be left."""
    lists = name_lists()
    rest = words
    while rest and rest[0] in lists.titles:
        rest = rest[1:]
    if rest[:2] == ("known", "as"):
        rest = rest[2:]
    elif rest[:1] == ("aka",):
        rest = rest[1:]
    return rest


def is_placeholder(given: tuple[str, ...], family: tuple[str, ...]) -> bool:
    """Tells whether the given name stands in for one that was not known or not yet given."""
    lists = name_lists()
    if not given or " ".join(given) in lists.placeholder_phrases:
        return True
    if given[0] in ("john", "jane", "joe") and family == ("doe",):
        return True
    if lists.placeholder_words.isdisjoint(given):
        return False
    if given[0] in lists.placeholder_words and "of" in given:
        return True
    allowed = lists.placeholder_words | lists.placeholder_fillers | frozenset(family)
    return allowed.issuperset(given)


def is_placeholder_family(family: tuple[str, ...]) -> bool:
    """Tells whether the family name says only that none is known."""
    phrase = " ".join(family)
    return phrase in name_lists().placeholder_phrases or phrase in ("unknown", "lnu", "baby")
