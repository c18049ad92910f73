"""The hash chain (S15, F38)."""

from dataclasses import replace
from hashlib import sha256
from uuid import UUID, uuid4

import pytest

from kith.audit.v1.access_record_pb2 import AccessRecord
from services.audit.chain import EMPTY, Head, Link, Verification, extend


def _chain(count: int) -> list[Link]:
    ids = [uuid4() for _ in range(count)]
    return extend(EMPTY, [(id_, AccessRecord(id=str(id_)).SerializeToString()) for id_ in ids])


def _verified(links: list[Link], known: Head = EMPTY) -> tuple[bool, int]:
    """Whether all fitted and the known head was reached, and the number at which it ended."""
    verification = Verification(known)
    fitted = all(verification.fits(link) for link in links)
    return fitted and verification.reached_known, verification.next_sequence


def test_the_hash_is_the_one_that_is_documented() -> None:
    """Somebody else can write a verifier from README.md alone."""
    one, two = extend(EMPTY, [(UUID(int=1), b"first"), (UUID(int=2), b"second")])
    assert one.hash == sha256(b"\0\0\0\0\0\0\0\1first").digest()
    assert two.hash == sha256(one.hash + b"\0\0\0\0\0\0\0\2second").digest()


def test_an_untouched_chain_is_whole() -> None:
    assert _verified([]) == (True, 1)
    assert _verified(_chain(5)) == (True, 6)


def test_a_chain_goes_on_where_it_ended() -> None:
    links = _chain(2)
    id_ = uuid4()
    head = Head(links[-1].sequence, links[-1].hash)
    more = extend(head, [(id_, AccessRecord(id=str(id_)).SerializeToString())])
    assert _verified(links + more, head) == (True, 4)


@pytest.mark.parametrize("place", [0, 2, 4])
def test_any_change_is_found_at_its_place(place: int) -> None:
    links = _chain(5)
    edited = AccessRecord(id=str(links[place].record_id), subject="somebody else").SerializeToString()
    for changed in (
        replace(links[place], record=edited),
        replace(links[place], hash=bytes(32)),
        replace(links[place], record_id=uuid4()),
        replace(links[place], sequence=9),
    ):
        assert _verified([*links[:place], changed, *links[place + 1 :]]) == (False, place + 1)


def test_a_missing_record_is_found_by_its_number() -> None:
    links = _chain(5)
    assert _verified([*links[:2], *links[3:]]) == (False, 3)
    assert _verified(links[1:]) == (False, 1)


def test_another_order_is_found() -> None:
    links = _chain(5)
    links[1], links[3] = replace(links[3], sequence=2), replace(links[1], sequence=4)
    assert _verified(links) == (False, 2)


def test_a_cut_tail_is_found_by_the_known_head_only() -> None:
    links = _chain(5)
    known = Head(links[-1].sequence, links[-1].hash)
    assert _verified(links[:3]) == (True, 4)
    assert _verified(links[:3], known) == (False, 4)


def test_a_rewritten_chain_is_found_by_the_known_head_only() -> None:
    links, rewritten = _chain(5), _chain(5)
    known = Head(links[2].sequence, links[2].hash)
    assert _verified(rewritten) == (True, 6)
    assert _verified(rewritten, known) == (False, 3)
    assert _verified(links, known) == (True, 6)
