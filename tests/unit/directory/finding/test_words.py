"""What is looked for of what people type."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.directory.finding import words
from services.directory.finding.words import How


@pytest.mark.parametrize(
    ("text", "strong", "weak"),
    [
        ("autism", ["autism"], []),
        ("I need help with my son's anxiety", ["anxiety"], ["need", "help", "son"]),
        ("special educational needs support", ["special educational needs"], ["support"]),
        ("child and adolescent mental health", ["child and adolescent mental health"], []),
        ("support for children", ["support", "children"], []),
        ("the and of", ["the", "and", "of"], []),
        ("Café-Müsli", ["cafe", "musli"], []),
        ("?!", [], []),
    ],
)
def test_what_must_be_there_and_what_only_helps(text: str, strong: list[str], weak: list[str]) -> None:
    asked = words.asked(text)
    assert [one.text for one in asked if not one.weak] == strong
    assert [one.text for one in asked if one.weak] == weak


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("CAMHS", "child and adolescent mental health"),
        ("SEND", "special educational needs"),
        ("ADHD", "attention deficit"),
        ("CAF", "early help assessment"),
        ("dads", "fathers"),
        ("physiotherapist", "physiotherapy"),
    ],
)
def test_what_people_in_the_field_call_the_same_is_looked_for_too(one: str, other: str) -> None:
    for first, second in ((one, other), (other, one)):
        found = words.asked(first)
        assert len(found) == 1
        assert found[0].wordings[0].how is How.SAME
        assert tuple(words.STEMMED.analyze(second)) in {wording.stems for wording in found[0].wordings}


def test_no_more_than_twenty_words_are_looked_for() -> None:
    assert len(words.asked("zoo " * 100)) == 20


@given(st.text(max_size=200))
def test_whatever_is_typed_is_words_and_stems_of_equal_number(text: str) -> None:
    assert len(words.PLAIN.analyze(text)) == len(words.STEMMED.analyze(text))
    for one in words.asked(text):
        assert all(wording.stems and all(wording.stems) for wording in one.wordings)
