"""Families as tests/cases/consent_who.yaml writes them: names for people and orders, kinds and days."""

from datetime import date
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from services.consent.rules.family import (
    Acquired,
    ChildFacts,
    CompetenceAssessment,
    Conflict,
    DecisionAsked,
    DoNotTell,
    Family,
    Limit,
    Matter,
    Order,
    OrderKind,
    Period,
    Relation,
    RelationKind,
    Route,
    Wish,
)

BORN = date(2012, 6, 15)
TODAY = date(2026, 11, 22)
_ROUTES = frozenset(Route)


def ref(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def family(said: dict[str, Any]) -> Family:
    mother: list[list[Any]] = [] if said.get("no_mother") else [["mum", "mother"]]
    found = [_relation(*one) for one in said.get("relations", [])]
    named = {relation.person for relation in found}
    return Family(
        child=ChildFacts(ref("kid"), said.get("born", BORN), one_parent=said.get("one_parent", True)),
        relations=tuple(
            [relation for relation in (_relation(*one) for one in mother) if relation.person not in named]
            + found
        ),
        orders=tuple(_order(*one) for one in said.get("orders", [])),
        competence=tuple(_assessment(*one) for one in said.get("competence", [])),
        conflicts=tuple(_conflict(*one) for one in said.get("conflicts", [])),
        wishes=tuple(_wish(*one) for one in said.get("wishes", [])),
        do_not_tell=tuple(DoNotTell(ref(one[0]), *one[1:]) for one in said.get("do_not_tell", [])),
    )


def asked(said: dict[str, Any]) -> DecisionAsked:
    return DecisionAsked(
        Matter(said.get("matter", "share_information")),
        subject=ref(said["subject"]) if "subject" in said else None,
        all_needed=said.get("all_needed", False),
    )


def _relation(person: str, kind: str, said: dict[str, Any] | None = None) -> Relation:
    said = dict(said or {})
    acquired = tuple(Acquired(Route(key), said.pop(key)) for key in list(said) if key in _ROUTES)
    if "incapable" in said:
        said["incapable"] = tuple(Period(*one) for one in said["incapable"])
    if "appointed_by" in said:
        said["appointed_by"] = ref(said["appointed_by"])
    return Relation(ref(person), RelationKind(kind), acquired=acquired, **said)


def _order(kind: str, made: date, said: dict[str, Any] | None = None) -> Order:
    said = dict(said or {})
    order_id = ref(said.pop("id", kind))
    for key in {"to", "against", "spares"} & said.keys():
        said[key] = frozenset(map(ref, said[key]))
    if "authority" in said:
        said["authority"] = ref(said["authority"])
    if "limits" in said:
        said["limits"] = tuple(
            Limit(ref(one[0]), **_matters(one[1] if len(one) > 1 else {})) for one in said["limits"]
        )
    return Order(order_id, OrderKind(kind), made, **_matters(said))


def _assessment(
    matter: str, able: bool, assessed: date, said: dict[str, Any] | None = None
) -> CompetenceAssessment:
    said = dict(said or {})
    if "subject" in said:
        said["subject"] = ref(said["subject"])
    return CompetenceAssessment(ref("assessment"), Matter(matter), able, assessed, **said)


def _conflict(people: list[str], start: date, said: dict[str, Any] | None = None) -> Conflict:
    return Conflict(frozenset(map(ref, people)), start, **_matters(said or {}))


def _wish(respected: bool, start: date, said: dict[str, Any] | None = None) -> Wish:
    said = _matters(said or {})
    if "hidden_from" in said:
        said["hidden_from"] = frozenset(map(ref, said["hidden_from"]))
    return Wish(ref("wish"), respected, start, **said)


def _matters(said: dict[str, Any]) -> dict[str, Any]:
    matters = {"matters": frozenset(map(Matter, said["matters"]))} if "matters" in said else {}
    return said | matters
