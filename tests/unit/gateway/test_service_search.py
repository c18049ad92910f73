"""What is typed into the public search travels sealed, for an hour (SD-2)."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens
from services.gateway import service_search
from services.gateway.service_search import FIELDS, Searches

TOKENS = PageTokens(Keyring({"page_token": "1"}, {"page_token": {"1": b"k" * 32}}))
TYPED = service_search.typed({"need": "sleep", "postcode": "LS1 4AP"})


class Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@given(st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=200)))
def test_what_was_typed_comes_back(fields: dict[str, str]) -> None:
    typed = service_search.typed(fields)
    searches = Searches(TOKENS)
    assert searches.open(searches.seal(typed)) == typed


def test_it_is_good_for_an_hour() -> None:
    clock = Clock()
    searches = Searches(TOKENS, clock)
    sealed = searches.seal(TYPED)
    clock.now += 3_599
    assert searches.open(sealed) == TYPED
    clock.now += 1
    assert searches.open(sealed) is None


def test_nothing_of_it_can_be_read_or_changed() -> None:
    searches = Searches(TOKENS)
    sealed = searches.seal(TYPED)
    raw = base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4))
    assert b"sleep" not in raw
    assert b"LS1" not in raw
    assert searches.seal(TYPED) != sealed, "two alike cannot be told"
    for place in range(0, len(sealed), 7):
        changed = sealed[:place] + ("A" if sealed[place] != "A" else "B") + sealed[place + 1 :]
        assert searches.open(changed) is None


@pytest.mark.parametrize("sealed", ["", "x", "é", "A" * 10_000])
def test_what_was_not_sealed_here_is_nothing(sealed: str) -> None:
    assert Searches(TOKENS).open(sealed) is None


def test_a_token_of_another_use_is_nothing() -> None:
    assert Searches(TOKENS).open(TOKENS.seal(b"another use", b'{"until": 9999999999}')) is None


def test_a_distance_needs_a_place() -> None:
    _, errors = service_search.read(service_search.typed({"distance": "3"}))
    assert list(errors) == ["postcode"]
