"""What is stored, as the rules of decisions want it, and their answers as they go on the wire. Pure."""

from collections.abc import Collection, Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_pb2, sharing_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from services.consent import messages
from services.consent.ids import absent_or_id
from services.consent.rules.decision import Action, Answer, Duty, Outcome, Question, Reason
from services.consent.rules.policy import Statement
from services.consent.rules.records import (
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
_SCOPE_SETS: Final = {number: frozenset((name,)) for number, name in SCOPES.items()}
_GIVER_CHILD: Final = consent_pb2.Consent.GIVER_CHILD
_FAMILY_TOLD: Final = sharing_pb2.SharingDecision.FAMILY_INFORMED_TOLD
_FAMILY_TO_BE_TOLD: Final = frozenset({
    sharing_pb2.SharingDecision.FAMILY_INFORMED_UNSPECIFIED, sharing_pb2.SharingDecision.FAMILY_INFORMED_NOT_YET,
})  # fmt: skip


def organisation(id_: UUID, row: Any | None, today: date) -> Organisation:
    """Return an organisation. One without a recorded agreement is judged by identity, which gives it no token."""
    if row is None or row["agreement_start"] is None:
        return Organisation(id_, "", date.max)
    begun = row["agreement_start"] <= today
    return Organisation(id_, row["organisation_kind"], (row["agreement_end"] or date.max) if begun else None)


def consent(row: Any) -> ConsentFacts:
    """Return a stored consent."""
    wording_id = row["wording_id"]
    return ConsentFacts(
        id=row["id"],
        child_id=row["child_id"],
        kind=KINDS[row["kind"]],
        recorder_id=row["organisation_id"],
        scopes=_SCOPE_SETS[row["scope"]],
        organisation_ids=frozenset(row["organisation_ids"]),
        state=STATES[row["state"]],
        said=row["said"],
        start=row["start_date"],
        expire=row["end_date"],
        purposes=_set("purposes", tuple(row["purposes"])),
        means=_set("means", tuple(row["means"])),
        service_ids=frozenset(row["service_ids"]),
        giver=row["person_id"],
        by_child=row["detail"] == _GIVER_CHILD,
        entitled=row["flag"],
        ask_again_on=row["bound_date"],
        wording="" if wording_id is None else str(wording_id),
        needed=frozenset(row["needed_ids"]),
    )


def sharing(row: Any, today: date) -> SharingDecision:
    """Return a stored decision to share without consent, or not to share."""
    informed = row["detail"]
    return SharingDecision(
        id=row["id"],
        child_id=row["child_id"],
        decider=organisation(row["organisation_id"], row, today),
        shared=row["state"] == sharing_pb2.SharingDecision.OUTCOME_WITHOUT_CONSENT,
        scopes=_SCOPE_SETS[row["scope"]],
        organisation_ids=frozenset(row["organisation_ids"]),
        decided=row["start_date"],
        review=row["other_date"],
        ground=GROUNDS[row["kind"]],
        said=frozenset(map(Statement, row["says"])),
        purposes=_set("purposes", tuple(row["purposes"])),
        means=_set("means", tuple(row["means"])),
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
    actor, recipient = UUID(asked.organisation_id), absent_or_id(asked.recipient_organisation_id)
    return Question(
        action=_ACTIONS.get(asked.action, Action.UNKNOWN),
        scope=SCOPES[asked.scope],
        actor=organisation(actor, agreements.get(actor), today),
        recipient=None if recipient is None else organisation(recipient, agreements.get(recipient), today),
        service_id=absent_or_id(asked.recipient_service_id),
        person=absent_or_id(asked.person_id),
        purpose=PURPOSES[asked.purpose] if asked.purpose else None,
        means=MEANS[asked.means] if asked.means else None,
        kind=KINDS.get(asked.kind, Kind.SHARE),
        consent_id=absent_or_id(asked.consent_id),
        sharing_id=absent_or_id(asked.sharing_decision_id),
    )


def records(child_ids: Collection[UUID], found: Any, today: date) -> Records:
    """Return everything a decision is made on but who is who, which is for questions about a person alone."""
    return Records(
        child_ids=child_ids,
        consents=[consent(row) for row in found.consents],
        sharing=[sharing(row, today) for row in found.sharing],
        restrictions=[restriction(row) for row in found.restrictions],
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


@lru_cache(maxsize=4096)
def _set(kind: str, numbers: tuple[int, ...]) -> frozenset[str]:
    """Return the names of some values; there are few such sets, and every consent of every decision has two."""
    names = PURPOSES if kind == "purposes" else MEANS
    return frozenset(names[number] for number in numbers)
