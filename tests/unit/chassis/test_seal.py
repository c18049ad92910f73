"""Sealed facts: bound to child and record, opened for a decision only (DESIGN 5 no. 4, S22)."""

import copy
import pickle
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from kith.access.v1 import access_pb2
from services.chassis import access
from services.chassis.access import Decision
from services.chassis.caller import Caller, Kind
from services.chassis.keyring import Keyring
from services.chassis.seal import SealBroken, Sealed, Sealer, WrappedKey

FACTS = b"Jane Doe 1 High St"
CALLER = Caller(
    Kind.PERSON, "person-1", "organisation-1", "gateway", frozenset({"children.read"}), frozenset()
)
RULE = access_pb2.Rule(scope="children.read")
OLD, NEW = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def decision() -> Decision:
    return access.authorise("/kith.x.v1.XService/GetX", RULE, CALLER, None)


@pytest.fixture
def sealer() -> Sealer:
    return Sealer(Keyring({"facts": "1"}, {"facts": {"1": OLD}}))


def sealed(sealer: Sealer, child: UUID, wrapped: WrappedKey, text: bytes = FACTS) -> Sealed:
    record = uuid4()
    return Sealed(child, record, wrapped, sealer.seal(wrapped, record, child, text))


def test_what_was_sealed_opens_and_shows_nothing_while_sealed(sealer: Sealer, decision: Decision) -> None:
    child = uuid4()
    stored = sealed(sealer, child, sealer.new_data_key(child))
    assert sealer.open(stored, decision) == FACTS
    assert FACTS not in stored.sealed + stored.wrapped
    assert b"Jane" not in stored.sealed


def test_the_same_facts_are_never_the_same_bytes(sealer: Sealer) -> None:
    child = uuid4()
    wrapped, record = sealer.new_data_key(child), uuid4()
    assert sealer.seal(wrapped, record, child, FACTS) != sealer.seal(wrapped, record, child, FACTS)


def test_many_open_in_their_order(sealer: Sealer, decision: Decision) -> None:
    children = [uuid4() for _ in range(50)]
    keys = {child: sealer.new_data_key(child) for child in children}
    stored = [sealed(sealer, child, keys[child], b"%d" % n) for n, child in enumerate(children * 2)]
    assert sealer.open_many(stored, decision) == [b"%d" % n for n in range(100)]
    assert sealer.open_many([], decision) == []


def test_s22_a_seal_moved_to_another_record_or_child_does_not_open(
    sealer: Sealer, decision: Decision
) -> None:
    child, other = uuid4(), uuid4()
    stored = sealed(sealer, child, sealer.new_data_key(child))
    others_key = sealer.new_data_key(other)
    for moved in (
        replace(stored, record_id=uuid4()),
        replace(stored, child_id=other),
        replace(stored, child_id=other, wrapped=others_key),
        replace(stored, wrapped=others_key),
        replace(stored, sealed=stored.sealed[:-1] + bytes((stored.sealed[-1] ^ 1,))),
        replace(stored, sealed=b""),
        replace(stored, wrapped=WrappedKey(b"")),
        replace(stored, wrapped=WrappedKey(b"\x02" + stored.wrapped[1:])),
    ):
        with pytest.raises(SealBroken):
            sealer.open(moved, decision)


def test_a_rotated_key_opens_what_the_old_one_sealed_until_it_is_removed(decision: Decision) -> None:
    child = uuid4()
    before = Sealer(Keyring({"facts": "1"}, {"facts": {"1": OLD}}))
    stored = sealed(before, child, before.new_data_key(child))
    after = Sealer(Keyring({"facts": "2"}, {"facts": {"1": OLD, "2": NEW}}))
    assert after.open(stored, decision) == FACTS
    assert after.open(sealed(after, child, after.new_data_key(child)), decision) == FACTS
    without = Sealer(Keyring({"facts": "2"}, {"facts": {"2": NEW}}))
    with pytest.raises(SealBroken):
        without.open(stored, decision)


def test_a_decision_cannot_be_made_copied_or_put_together_outside_the_policy(
    sealer: Sealer, decision: Decision
) -> None:
    child = uuid4()
    stored = sealed(sealer, child, sealer.new_data_key(child))
    with pytest.raises(TypeError):
        Decision(CALLER, None, "/kith.x.v1.XService/GetX")
    with pytest.raises(TypeError):
        replace(decision, purpose="audit")
    by_hand = object.__new__(Decision)
    for name in ("caller", "purpose", "method"):
        object.__setattr__(by_hand, name, getattr(decision, name))
    for forged in (by_hand, copy.copy(decision), pickle.loads(pickle.dumps(decision)), None, "decision"):  # noqa: S301
        assert not access.genuine(forged)
        with pytest.raises(TypeError):
            sealer.open(stored, forged)  # type: ignore[arg-type]
    assert sealer.open(stored, decision) == FACTS


def test_the_services_own_work_has_a_decision_that_names_it(sealer: Sealer) -> None:
    child = uuid4()
    stored = sealed(sealer, child, sealer.new_data_key(child))
    decision = access.own_work("child_index", "match again")
    assert sealer.open(stored, decision) == FACTS
    assert (decision.caller.service, decision.caller.scopes, decision.method) == (
        "child_index",
        frozenset(),
        "match again",
    )
