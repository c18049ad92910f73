"""The contract and the rules speak of the same things: no value of one is unknown to the other."""

from enum import StrEnum
from typing import Any

import pytest

from kith.consent.v1 import consent_pb2, family_pb2, sharing_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from services.consent.rules import family, policy, records
from services.consent.rules.decision import Duty, Outcome, Reason
from services.consent.rules.responsibility import FreezeReason
from services.consent.sharing_request import for_recipient

_SAME = [
    (family_pb2.Matter, "MATTER_", family.Matter),
    (family_pb2.FamilyPerson.Relation, "RELATION_", family.RelationKind),
    (family_pb2.FamilyPerson.Route, "ROUTE_", family.Route),
    (family_pb2.CourtOrder.Kind, "KIND_", family.OrderKind),
    (consent_pb2.Consent.State, "STATE_", records.State),
    (consent_pb2.Consent.Kind, "KIND_", records.Kind),
    (consent_pb2.Consent.Freeze, "FREEZE_", FreezeReason),
    (pb.Answer.Outcome, "OUTCOME_", Outcome),
    (pb.Answer.Reason, "REASON_", Reason),
    (pb.Answer.Obligation, "OBLIGATION_", Duty),
]


@pytest.mark.parametrize(("wire", "prefix", "rules"), _SAME, ids=[rules.__name__ for _, _, rules in _SAME])
def test_every_value_has_its_like(wire: Any, prefix: str, rules: type[StrEnum]) -> None:
    names = {name.removeprefix(prefix) for name, number in wire.items() if number}
    assert names == {one.name for one in rules}


def test_every_ground_is_one_of_the_policy() -> None:
    grounds = sharing_pb2.SharingDecision.Ground.items()
    names = {name.removeprefix("GROUND_").lower() for name, number in grounds if number}
    assert names == set(policy.load().grounds)


def test_a_recipient_is_not_shown_how_a_decision_came_about() -> None:
    """CON-7: whatever a decision says, of these fields nothing is left."""
    decision = sharing_pb2.SharingDecision(
        id="1",
        necessity="a",
        proportionality="b",
        threshold="c",
        consent_id="2",
        ground=sharing_pb2.SharingDecision.GROUND_SERIOUS_CRIME,
        family_informed=sharing_pb2.SharingDecision.FAMILY_INFORMED_INCREASES_RISK,
    )
    shown = for_recipient(decision)
    assert {field.name for field, _ in shown.ListFields()} == {"id"}
