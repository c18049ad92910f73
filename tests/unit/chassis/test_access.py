"""The access policy: denied by default, scope, then service, then purpose (S1, S12)."""

import pytest

from kith.access.v1 import access_pb2
from services.chassis.access import PURPOSES, authorise
from services.chassis.caller import Caller, Kind
from services.chassis.errors import InvalidArgument, PermissionDenied

PERSON = Caller(Kind.PERSON, "p", "o", "gateway", frozenset({"children.read"}), frozenset())
Rule = access_pb2.Rule


def test_purposes_are_those_of_the_contract_in_wire_form() -> None:
    assert "provide-service" in PURPOSES
    assert "unspecified" not in PURPOSES


@pytest.mark.parametrize(
    ("rule", "relayed_by"),
    [
        (Rule(), None),
        (Rule(scope="children.write"), None),
        (Rule(scope="children"), None),
        (Rule(scope="children.read", services=["search"]), None),
        (Rule(scope="children.read", services=["search"]), "consent"),
        (Rule(scope="children.write", services=["search"]), "search"),
    ],
    ids=["no scope", "another scope", "a prefix", "no service", "another service", "service without scope"],
)
def test_s1_anything_not_allowed_is_denied(rule: access_pb2.Rule, relayed_by: str | None) -> None:
    with pytest.raises(PermissionDenied):
        authorise("/m", rule, PERSON.relayed(relayed_by), "provide-service")


@pytest.mark.parametrize("purpose", [None, "", "unspecified", "PROVIDE_SERVICE", "Provide-Service", "x"])
def test_s12_a_purpose_must_be_one_of_the_contracts(purpose: str | None) -> None:
    with pytest.raises(InvalidArgument) as raised:
        authorise("/m", Rule(scope="children.read", purpose_required=True), PERSON, purpose)
    assert raised.value.violations[0][0] == "kith-purpose"


def test_s12_an_unknown_purpose_is_refused_even_where_none_is_needed() -> None:
    with pytest.raises(InvalidArgument):
        authorise("/m", Rule(scope="children.read"), PERSON, "curiosity")


def test_who_may_not_call_is_not_asked_for_a_purpose() -> None:
    with pytest.raises(PermissionDenied):
        authorise("/m", Rule(scope="children.write", purpose_required=True), PERSON, None)


@pytest.mark.parametrize("purpose", [None, *sorted(PURPOSES)])
def test_an_allowed_call_keeps_caller_and_purpose(purpose: str | None) -> None:
    caller = PERSON.relayed("search")
    decision = authorise("/m", Rule(scope="children.read", services=["search", "gateway"]), caller, purpose)
    assert (decision.caller, decision.purpose, decision.method) == (caller, purpose, "/m")
