"""The index by itself: pages, order and spellings over many publications."""

import random
from datetime import date
from uuid import UUID

import pytest

from services.directory.finding import listing
from services.directory.finding.index import Index
from services.directory.finding.postcodes import Place, Precision
from services.directory.finding.question import Order, Question

SERVICE = 2
MANY = 1500


@pytest.fixture(scope="module")
def many() -> Index:
    """Services whose names differ late, put in no order and in several commits."""
    index, draw = Index(), random.Random(3)
    numbers = list(range(MANY))
    draw.shuffle(numbers)
    for number in numbers:
        put(index, number, f"Community group {number:05}", description="Singing. " * (number % 3))
        if number % 400 == 0:
            index.commit()
    index.commit()
    return index


def put(index: Index, number: int, name: str, **more: object) -> None:
    index.put(SERVICE, UUID(int=number), 0, listing.read({"name": name, **more}, "", date.min))


def test_far_pages_by_name_go_on_where_near_ones_end(many: Index) -> None:
    found: list[int] = []
    for offset in range(0, MANY + 200, 100):
        page = many.find(Question(SERVICE, order=Order.NAME, offset=offset, limit=100))
        assert page.total == MANY
        found += [hit.id.int for hit in page.hits]
    assert found == list(range(MANY))


@pytest.mark.parametrize("order", [Order.RELEVANCE, Order.DISTANCE])
def test_pages_of_equals_hold_each_once(many: Index, order: Order) -> None:
    place = Place(53, -1, Precision.COORDINATES)
    found = [
        hit.id.int
        for offset in range(0, MANY, 90)
        for hit in many.find(
            Question(SERVICE, "singing", place=place, order=order, offset=offset, limit=90)
        ).hits
    ]
    assert sorted(found) == [number for number in range(MANY) if number % 3]


def test_a_publication_put_again_is_there_once_and_one_removed_is_not() -> None:
    index = Index()
    for name in ("Otters", "Beavers", "Badgers"):
        put(index, 1, name)
    put(index, 2, "Badgers")
    index.commit()
    index.remove(SERVICE, UUID(int=2))
    index.remove(SERVICE, UUID(int=99))
    index.commit()
    assert [len(index.find(Question(SERVICE, text)).hits) for text in ("otters", "beavers", "badgers")] == [
        0,
        0,
        1,
    ]
    assert index.size == 1


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("fizziotherapy", False),
        ("phisiotherapy", True),
        ("physiotherpay", True),
        ("physiotherapist", True),
        ("parentng", True),
        ("zo", False),
        ("gymm", True),
        ("gum", False),
    ],
)
def test_one_slip_in_a_word_and_two_in_a_long_one(typed: str, found: bool) -> None:
    index = Index()
    put(index, 1, "Physiotherapy, parenting and zoo gym")
    index.commit()
    assert bool(index.find(Question(SERVICE, typed)).hits) is found


def test_a_word_that_is_there_is_not_taken_for_a_slip() -> None:
    index = Index()
    for number in range(5):
        put(index, number, "Caring")
    for number in range(5, 10):
        put(index, number, "Card making")
    index.commit()
    assert {hit.id.int for hit in index.find(Question(SERVICE, "card")).hits} == set(range(5, 10))
