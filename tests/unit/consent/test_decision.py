"""The rules of tests/cases/consent_decide*.yaml (issue 6; DESIGN 5 no. 9, 10, 18)."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.consent.rules.decision import (
    Action,
    Answer,
    Asked,
    Change,
    Duty,
    Obligation,
    Outcome,
    Question,
    Reason,
    changes,
    decide,
)
from services.consent.rules.family import Matter
from services.consent.rules.policy import Ground, Policy, Statement, load
from services.consent.rules.records import (
    ConsentFacts,
    Kind,
    Organisation,
    Records,
    Restriction,
    SharingDecision,
    State,
)
from tests.unit.consent.families import ref

_CASES = Path(__file__).parents[2] / "cases"
_SIMPLE: dict[str, Any] = yaml.safe_load((_CASES / "consent_decide.yaml").read_text(encoding="utf-8"))
_FULL: dict[str, Any] = yaml.safe_load((_CASES / "consent_decide_records.yaml").read_text(encoding="utf-8"))
_SETTING = _FULL["setting"]
_RULES = [(rule, case) for rule, group in _FULL["rules"].items() for case in group["cases"]]
_PERMITS = {Reason.CONSENT, Reason.GROUND, Reason.MAY_BE_TOLD}
_REVIEWS = {Reason.CONTRADICTION, Reason.GIVER_COULD_NOT, Reason.GROUND_OVERDUE, Reason.NOT_SHARED}
_SAID = datetime(2026, 9, 1, tzinfo=UTC)


@pytest.mark.parametrize("case", _SIMPLE["cases"], ids=lambda case: case["name"])
def test_a_consent_asked_about_by_its_id(case: dict[str, Any]) -> None:
    """The table of consent_decide.yaml, under the policy that Kith comes with."""
    setting = _SIMPLE["setting"]
    said = setting["consent"] | (case.get("consent") or {})
    consent = ConsentFacts(
        id=ref("consent"),
        child_id=ref(said["child"]),
        kind=Kind.SHARE,
        recorder_id=ref(said["recorder"]),
        scopes=frozenset({said["scope"]}),
        organisation_ids=frozenset(map(ref, said["recipients"])),
        state=State(said["state"].lower()),
        said=_SAID,
        start=said["start"],
        expire=said["expire"],
    )
    asked = setting["asked"] | case.get("asked", {})
    action = "unknown" if asked["action"] == "UNSPECIFIED" else asked["action"].lower()
    question = Question(
        Action(action),
        asked["scope"],
        Organisation(ref(asked["organisation"]), "school", date.max),
        consent_id=consent.id,
    )
    none = "consent" in case and case["consent"] is None
    lineage = [ref(name) for name in case.get("lineage", setting["lineage"])]
    records = Records(lineage, consents=[] if none else [consent])
    answer = decide(question, records, load(), case.get("today", setting["today"]))
    assert answer.reason == Reason(case["reason"].lower())


@pytest.mark.parametrize(
    ("rule", "case"), _RULES, ids=[f"{rule[:5]} {case['name']}" for rule, case in _RULES]
)
def test_case(rule: str, case: dict[str, Any]) -> None:
    question, records, today = _question(case), _records(case), case.get("today", _SETTING["today"])
    reason = Reason(case["reason"])
    answer = decide(question, records, POLICY, today)
    assert answer.reason == reason
    permits, reviews = reason in _PERMITS, reason in _REVIEWS
    assert answer.outcome == (Outcome.PERMIT if permits else Outcome.REVIEW if reviews else Outcome.DENY)
    assert answer.record_id == (ref(case["record"]) if "record" in case else None)
    assert answer.valid_until == case.get("until")
    assert {one.duty: one.people for one in answer.obligations} == {
        Duty(duty): frozenset(map(ref, people)) for duty, people in case.get("duties", {}).items()
    }
    assert answer.policy_version == "test-1"


def test_every_reason_has_a_case_and_no_case_the_name_of_another() -> None:
    assert {Reason(case["reason"]) for _, case in _RULES} == set(Reason)
    names = [(rule, case["name"]) for rule, case in _RULES]
    assert len(names) == len(set(names))
    for _, case in _RULES:
        keys = {"name", "reason", "record", "until", "duties", "question", "consent", "consents"}
        assert set(case) <= keys | {
            "sharing",
            "restrictions",
            "lineage",
            "today",
            "parents",
            "may_be_told",
            "known",
        }


def test_every_rule_names_its_source() -> None:
    assert all(group["source"] for group in _FULL["rules"].values())


class TestChanges:
    """A dry run says which recent decisions a new policy would change (issue 6 item 5)."""

    def test_another_version_alone_changes_nothing(self) -> None:
        asked = Asked(ref("asked"), _question({}), _records({}), _SETTING["today"])
        assert changes(POLICY, replace(POLICY, version="test-2"), [asked]) == ()

    def test_each_question_that_would_be_answered_otherwise(self) -> None:
        new = replace(POLICY, version="test-2", retired={"mine": date(2026, 11, 20)})
        same = Asked(ref("same"), _question({}), _records({}), _SETTING["today"])
        mine = {"consents": [{"wording": "mine"}]}
        other = Asked(ref("other"), _question(mine), _records(mine), _SETTING["today"])
        before = Answer(
            Outcome.PERMIT, Reason.CONSENT, "test-1", ref("consent"), valid_until=date(2027, 2, 28)
        )
        after = Answer(
            Outcome.DENY,
            Reason.WORDING_RETIRED,
            "test-2",
            ref("consent"),
            obligations=(Obligation(Duty.ASK_AGAIN),),
        )
        assert changes(POLICY, new, [same, other]) == (Change(ref("other"), before, after),)

    def test_another_bound_is_a_change(self) -> None:
        new = replace(POLICY, version="test-2", longest_consent=100)
        asked = Asked(ref("asked"), _question({}), _records({}), _SETTING["today"])
        (change,) = changes(POLICY, new, [asked])
        assert (change.before.valid_until, change.after.valid_until) == (
            date(2027, 2, 28),
            date(2026, 12, 10),
        )


def _policy() -> Policy:
    said = _SETTING["policy"]
    grounds = {
        code: Ground(
            source=one["source"],
            starts=one["starts"],
            ends=one["ends"],
            bodies=None if one["bodies"] is None else frozenset(one["bodies"]),
            longest=one["longest"],
            needs=frozenset(map(Statement, one["needs"])),
        )
        for code, one in said["grounds"].items()
    }
    matters = frozenset(map(Matter, said["all_needed"]))
    return Policy(said["version"], grounds, said["longest_consent"], matters, said["retired"])


POLICY = _policy()


def _organisation(name: str) -> Organisation:
    said = {"agreement_ends": date.max} | _SETTING["organisations"][name]
    return Organisation(ref(name), said["kind"], said["agreement_ends"])


def _question(case: dict[str, Any]) -> Question:
    said = _SETTING["question"] | case.get("question", {})
    named = {f"{key}_id": ref(said[key]) for key in ("service", "consent", "sharing") if key in said}
    return Question(
        Action(said["action"]),
        said["scope"],
        _organisation(said["actor"]),
        recipient=_organisation(said["recipient"]) if "recipient" in said else None,
        person=ref(said["person"]) if "person" in said else None,
        purpose=said.get("purpose"),
        means=said.get("means"),
        kind=Kind(said.get("kind", "share")),
        **named,
    )


def _records(case: dict[str, Any]) -> Records:
    consents = [] if "consent" in case else case.get("consents", [{}])
    return Records(
        [ref(name) for name in case.get("lineage", _SETTING["lineage"])],
        consents=[_consent(_SETTING["consent"] | one) for one in consents],
        sharing=[_sharing(_SETTING["sharing"] | one) for one in case.get("sharing", [])],
        restrictions=[_restriction(_SETTING["restriction"] | one) for one in case.get("restrictions", [])],
        may_be_told=frozenset(map(ref, case.get("may_be_told", []))),
        parents=frozenset(map(ref, case.get("parents", []))),
        known=frozenset(map(ref, case.get("known", _SETTING["known"]))),
    )


def _consent(said: dict[str, Any]) -> ConsentFacts:
    rest = {
        key: said[key] for key in ("start", "expire", "by_child", "entitled", "ask_again_on") if key in said
    }
    return ConsentFacts(
        id=ref(said["id"]),
        child_id=ref(said["child"]),
        kind=Kind(said["kind"]),
        recorder_id=ref(said["recorder"]),
        state=State(said["state"]),
        said=said["said"],
        giver=None if said["giver"] is None else ref(said["giver"]),
        wording=said.get("wording", ""),
        needed=frozenset(map(ref, said.get("needed", []))),
        **_what(said),
        **rest,
    )


def _sharing(said: dict[str, Any]) -> SharingDecision:
    told = {key: said[key] for key in ("family_told", "family_not_told_reason") if key in said}
    days = {key: said[key] for key in ("decided", "review", "ended", "order_ends") if key in said}
    return SharingDecision(
        id=ref(said["id"]),
        child_id=ref(said["child"]),
        decider=_organisation(said["decider"]),
        shared=said["shared"],
        ground=said["ground"],
        said=frozenset(map(Statement, said["said"])),
        **_what(said),
        **told,
        **days,
    )


def _what(said: dict[str, Any]) -> dict[str, Any]:
    return {
        "scopes": frozenset(said["scopes"]),
        "organisation_ids": frozenset(map(ref, said["organisations"])),
        "purposes": frozenset(said.get("purposes", [])),
        "means": frozenset(said.get("means", [])),
        "service_ids": frozenset(map(ref, said.get("services", []))),
    }


def _restriction(said: dict[str, Any]) -> Restriction:
    return Restriction(
        ref(said["id"]),
        ref(said["child"]),
        said["wish"],
        frozenset(map(ref, said["people"])),
        said["start"],
        said.get("end"),
        frozenset(said.get("scopes", [])),
    )
