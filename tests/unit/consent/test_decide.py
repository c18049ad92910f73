"""The rules of tests/cases/consent_decide.yaml (DESIGN 5 no. 9)."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
import yaml

from kith.consent.v1.consent_pb2 import Consent as ConsentMessage
from kith.consent.v1.consent_service_pb2 import Answer, Question
from services.consent.consent import Consent
from services.consent.decide import Asked, decide

_FILE = Path(__file__).parents[2] / "cases" / "consent_decide.yaml"
_CASES: dict[str, Any] = yaml.safe_load(_FILE.read_text(encoding="utf-8"))


def _id(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def _consent(said: dict[str, Any]) -> Consent:
    return Consent(
        id=_id("consent"),
        child_id=_id(said["child"]),
        recording_organisation_id=_id(said["recorder"]),
        scope=getattr(ConsentMessage, f"SCOPE_{said['scope']}"),
        recipient_organisation_ids=frozenset(map(_id, said["recipients"])),
        giver=ConsentMessage.GIVER_CHILD,
        method=ConsentMessage.METHOD_IN_PERSON,
        wording_version="1",
        start_date=said["start"],
        expire_date=said["expire"],
        state=getattr(ConsentMessage, f"STATE_{said['state']}"),
        version=1,
        update_time=datetime(2026, 9, 1, tzinfo=UTC),
    )


@pytest.mark.parametrize("case", _CASES["cases"], ids=lambda case: case["name"])
def test_case(case: dict[str, Any]) -> None:
    setting = _CASES["setting"]
    assert set(case) <= {"name", "reason", *setting}
    none = "consent" in case and case["consent"] is None
    consent = None if none else _consent(setting["consent"] | case.get("consent", {}))
    said = setting["asked"] | case.get("asked", {})
    asked = Asked(
        getattr(Question, f"ACTION_{said['action']}"),
        _id("consent"),
        getattr(ConsentMessage, f"SCOPE_{said['scope']}"),
        _id(said["organisation"]),
    )
    lineage = [_id(name) for name in case.get("lineage", setting["lineage"])]
    reason = decide(asked, consent, lineage, case.get("today", setting["today"]))
    assert Answer.Reason.Name(reason) == f"REASON_{case['reason']}"


def test_every_reason_has_a_case() -> None:
    told = {f"REASON_{case['reason']}" for case in _CASES["cases"]}
    assert told == set(Answer.Reason.keys()) - {"REASON_UNSPECIFIED"}


def test_the_answer_about_another_consent_covers_nothing() -> None:
    """Whatever was read, only the consent that was asked about counts."""
    consent = _consent(_CASES["setting"]["consent"])
    asked = Asked(Question.ACTION_SEE, _id("another"), consent.scope, _id("school"))
    today = _CASES["setting"]["today"]
    assert decide(asked, consent, [_id("mira")], today) == Answer.REASON_NO_CONSENT
