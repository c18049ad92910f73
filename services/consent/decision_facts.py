"""What is stored, as the rules of decisions want it, and their answers as they go on the wire. Pure."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_pb2, sharing_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from services.consent import messages
from services.consent.decision import Action, Answer, Duty, Outcome, Question, Reason
from services.consent.policy import Statement
from services.consent.records import (
    ConsentFacts,
    Kind,
    Organisation,
    Records,
    Restriction,
    SharingDecision,
    State,
)


def _names(enum: EnumTypeWrapper, prefix: str, separator: str = "_") -> Mapping[int, str]:
    """Return what the rules call each value of an enum of the contract."""
    return {
        number: name.removeprefix(prefix).lower().replace("_", separator) for name, number in enum.items()
    }


SCOPES: Final = _names(consent_pb2.Consent.Scope, "SCOPE_")
# As the metadata of a call says it.
PURPOSES: Final = _names(purpose_pb2.Purpose, "PURPOSE_", "-")
MEANS: Final = _names(consent_pb2.Consent.Means, "MEANS_")
GROUNDS: Final = _names(sharing_pb2.SharingDecision.Ground, "GROUND_")
STATES: Final = {
    number: State(name) for number, name in _names(consent_pb2.Consent.State, "STATE_").items() if number
}
KINDS: Final = {
    number: Kind(name) for number, name in _names(consent_pb2.Consent.Kind, "KIND_").items() if number
}
_ACTIONS: Final = {
    pb.Question.ACTION_RECORD: Action.RECORD,
    pb.Question.ACTION_SEE: Action.SEE,
    pb.Question.ACTION_SHARE: Action.SHARE,
    pb.Question.ACTION_TELL: Action.TELL,
}
_OUTCOMES: Final[Mapping[Outcome, Any]] = {
    one: pb.Answer.Outcome.Value(f"OUTCOME_{one.name}") for one in Outcome
}
_REASONS: Final[Mapping[Reason, Any]] = {one: pb.Answer.Reason.Value(f"REASON_{one.name}") for one in Reason}
_DUTIES: Final[Mapping[Duty, Any]] = {
    one: pb.Answer.Obligation.Value(f"OBLIGATION_{one.name}") for one in Duty
}
_NO_SET: Final = frozenset[str]()
_FAMILY_TOLD: Final = sharing_pb2.SharingDecision.FAMILY_INFORMED_TOLD
_FAMILY_TO_BE_TOLD: Final = frozenset({
    sharing_pb2.SharingDecision.FAMILY_INFORMED_UNSPECIFIED, sharing_pb2.SharingDecision.FAMILY_INFORMED_NOT_YET,
})  # fmt: skip


def organisation(id_: UUID, agreements: Mapping[UUID, Any], today: date) -> Organisation:
    """Return an organisation. One without a recorded agreement is judged by identity, which gives it no token."""
    row = agreements.get(id_)
    if row is None:
        return Organisation(id_, "", date.max)
    begun = row["start_date"] <= today
    return Organisation(id_, row["word"], (row["end_date"] or date.max) if begun else None)


def consent(row: Any) -> ConsentFacts:
    """Return a stored consent."""
    state = STATES[row["state"]]
    wording_id = row["other_id"]
    return ConsentFacts(
        id=row["id"],
        child_id=row["child_id"],
        kind=KINDS[row["kind"]],
        recorder_id=row["organisation_id"],
        scopes=frozenset((SCOPES[row["scope"]],)),
        organisation_ids=frozenset(row["organisation_ids"]),
        state=state,
        said=said(state, row["say_date"], row["create_time"], row["update_time"]),
        start=row["start_date"],
        expire=row["end_date"],
        purposes=_named(PURPOSES, row["purposes"]),
        means=_named(MEANS, row["means"]),
        service_ids=frozenset(row["service_ids"]),
        giver=row["person_id"],
        by_child=row["detail"] == consent_pb2.Consent.GIVER_CHILD,
        entitled=row["flag"],
        ask_again_on=row["bound_date"],
        wording="" if wording_id is None else str(wording_id),
    )


def said(state: State, say_date: date, create_time: datetime, update_time: datetime) -> datetime:
    """Return the moment of the last word: of its end, or of its giving, at the end of the day if recorded later."""
    if state in {State.WITHDRAWN, State.REFUSED}:
        return update_time
    if say_date >= create_time.date():
        return create_time
    return datetime.combine(say_date, time.max, tzinfo=UTC)


def sharing(row: Any, agreements: Mapping[UUID, Any], today: date) -> SharingDecision:
    """Return a stored decision to share without consent, or not to share."""
    informed = row["detail"]
    return SharingDecision(
        id=row["id"],
        child_id=row["child_id"],
        decider=organisation(row["organisation_id"], agreements, today),
        shared=row["state"] == sharing_pb2.SharingDecision.OUTCOME_WITHOUT_CONSENT,
        scopes=frozenset((SCOPES[row["scope"]],)),
        organisation_ids=frozenset(row["organisation_ids"]),
        decided=row["start_date"],
        review=row["say_date"],
        ground=GROUNDS[row["kind"]],
        said=frozenset(map(Statement, row["words"])),
        purposes=_named(PURPOSES, row["purposes"]),
        means=_named(MEANS, row["means"]),
        service_ids=frozenset(row["service_ids"]),
        ended=row["end_date"],
        order_ends=row["bound_date"],
        family_told=informed == _FAMILY_TOLD,
        family_not_told_reason=informed != _FAMILY_TOLD and informed not in _FAMILY_TO_BE_TOLD,
    )


def restriction(row: Any) -> Restriction:
    """Return a stored wish or entry of the do-not-tell list."""
    return Restriction(
        id=row["id"],
        child_id=row["child_id"],
        wish=row["flag"],
        people=frozenset(row["organisation_ids"]),
        start=row["start_date"],
        end=row["end_date"],
    )


def question(asked: pb.Question, agreements: Mapping[UUID, Any], today: date) -> Question:
    """Return a question of the contract."""
    recipient = _id(asked.recipient_organisation_id)
    return Question(
        action=_ACTIONS.get(asked.action, Action.UNKNOWN),
        scope=SCOPES[asked.scope],
        actor=organisation(UUID(asked.organisation_id), agreements, today),
        recipient=None if recipient is None else organisation(recipient, agreements, today),
        service_id=_id(asked.recipient_service_id),
        person=_id(asked.person_id),
        purpose=PURPOSES[asked.purpose] if asked.purpose else None,
        means=MEANS[asked.means] if asked.means else None,
        kind=KINDS.get(asked.kind, Kind.SHARE),
        consent_id=_id(asked.consent_id),
        sharing_id=_id(asked.sharing_decision_id),
    )


def records(
    child_ids: Collection[UUID], found: Any, today: date, *, told: frozenset[UUID], parents: frozenset[UUID]
) -> Records:
    """Return everything a decision is made on. `told`, `parents`: for questions about a person."""
    return Records(
        child_ids=child_ids,
        consents=[consent(row) for row in found.consents],
        sharing=[sharing(row, found.agreements, today) for row in found.sharing],
        restrictions=[restriction(row) for row in found.restrictions],
        may_be_told=told,
        parents=parents,
    )


def answer(made: Answer) -> pb.Answer:
    """Return the answer as it goes on the wire. Whom a duty is about is not said: services know no such people."""
    return pb.Answer(
        outcome=_OUTCOMES[made.outcome],
        reason=_REASONS[made.reason],
        record_id=messages.text(made.record_id),
        last_valid_date=messages.day(None if made.valid_until in {None, date.max} else made.valid_until),
        obligations=[_DUTIES[one.duty] for one in made.obligations],
    )


def _named(names: Mapping[int, str], numbers: Collection[int]) -> frozenset[str]:
    return frozenset(names[number] for number in numbers) if numbers else _NO_SET


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
