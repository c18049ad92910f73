"""Counts that give no small number away (issue 6 no. 9)."""

from hypothesis import given
from hypothesis import strategies as st

from services.consent.report import SMALL, Figure, rounded, suppressed

_COUNTS = st.dictionaries(
    st.sampled_from([f"organisation-{number}" for number in range(6)]), st.integers(1, 20)
)


def _figures(counts: dict[str, int]) -> list[Figure]:
    return [Figure(1, organisation, "SHARE", count) for organisation, count in counts.items()]


@given(_COUNTS)
def test_no_number_below_five_is_told(counts: dict[str, int]) -> None:
    for figure in suppressed(_figures(counts)):
        assert figure.count >= SMALL or (figure.suppressed and figure.count == 0)


@given(_COUNTS)
def test_what_is_left_out_cannot_be_had_by_taking_away(counts: dict[str, int]) -> None:
    """Where the sum is told, what it hides is at least five together, and no one number of it."""
    found = suppressed(_figures(counts))
    total = next((figure for figure in found if not figure.organisation_id), None)
    hidden = [figure for figure in found if figure.organisation_id and figure.suppressed]
    if total is None or total.suppressed or not hidden:
        return
    told = sum(figure.count for figure in found if figure.organisation_id)
    assert len(hidden) > 1
    assert total.count - told >= SMALL


@given(_COUNTS)
def test_every_organisation_and_the_sum_have_their_row(counts: dict[str, int]) -> None:
    found = {figure.organisation_id for figure in suppressed(_figures(counts))}
    assert found == ({*counts, ""} if counts else set())


def test_large_numbers_are_told_as_they_are() -> None:
    found = suppressed(_figures({"a": 10, "b": 30}))
    assert [(figure.organisation_id, figure.count) for figure in found] == [("", 40), ("a", 10), ("b", 30)]


@given(st.integers(SMALL, 1000))
def test_a_number_that_is_told_is_the_nearest_multiple_of_five(count: int) -> None:
    """One child more or less shows in few numbers, and in none of them that it is one."""
    (figure,) = rounded([Figure(1, "", "SHARE", count)])
    assert (figure.count % 5, abs(figure.count - count) <= 2) == (0, True)


def test_what_is_left_out_stays_left_out() -> None:
    left_out = Figure(1, "a", "SHARE", 0, suppressed=True)
    assert rounded([left_out]) == [left_out]
