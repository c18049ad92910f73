"""A decision to share or not to as a request describes it, and what a review makes of it (golden rule 7). Pure."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import sharing_pb2
from kith.consent.v1 import sharing_service_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.consent.dates import MIDNIGHTS, absent_or_day, day
from services.consent.decision_facts import GROUNDS
from services.consent.ids import absent_or_id
from services.consent.rules.policy import Policy, Statement
from services.consent.sharing import StoredDecision, StoredShare

_NOT_SHARED: Final = sharing_pb2.SharingDecision.OUTCOME_NOT_SHARED
_USUAL_LONGEST: Final = timedelta(days=366)
# What a recipient is not shown of somebody else's decision: how it came about.
_NOT_FOR_RECIPIENTS: Final = (
    "necessity", "proportionality", "threshold", "consent_not_used", "family_informed", "not_shared",
    "reviewer_practitioner_id", "consent_id", "ground", "order_end_date", "onward_of_share_id",
)  # fmt: skip


def decided(
    request: pb.RecordSharingDecisionRequest,
    policy: Policy,
    *,
    child_id: UUID,
    organisation_id: UUID,
    now: datetime,
) -> StoredDecision:
    """Return the decision, but for its words. Raises InvalidArgument naming each day or person at fault."""
    today = now.date()
    decide_date = absent_or_day(request, "decide_date") or today
    if decide_date > today + MIDNIGHTS:
        raise InvalidArgument([("decide_date", "must not be in the future")])
    review_date = day("review_date", request.review_date)
    _require_review(review_date, decide_date, request.ground, policy, today)
    reviewer = absent_or_id(request.reviewer_practitioner_id)
    _require_other(reviewer, UUID(request.decider_practitioner_id))
    return StoredDecision(
        id=uuid4(),
        child_id=child_id,
        organisation_id=organisation_id,
        outcome=request.outcome,
        scope=request.scope,
        purposes=frozenset(request.purposes) or frozenset({purpose_pb2.PURPOSE_SAFEGUARD}),
        means=frozenset(request.means),
        recipient_organisation_ids=frozenset(UUID(to.organisation_id) for to in request.recipients),
        recipient_service_ids=frozenset(UUID(to.service_id) for to in request.recipients if to.service_id),
        consent_id=absent_or_id(request.consent_id),
        ground=request.ground,
        order_end_date=absent_or_day(request, "order_end_date"),
        consent_not_used=request.consent_not_used,
        family_informed=request.family_informed,
        not_shared=request.not_shared,
        sealed_words=b"",
        says=_says(request, reviewer),
        decider_practitioner_id=UUID(request.decider_practitioner_id),
        reviewer_practitioner_id=reviewer,
        decide_date=decide_date,
        review_date=review_date,
        end_date=None,
        onward_of_share_id=absent_or_id(request.onward_of_share_id),
        version=1,
        create_time=now,
        update_time=now,
    )


def shares(request: pb.RecordSharingDecisionRequest, decision: StoredDecision) -> list[StoredShare]:
    """Return what goes to whom; nothing by a decision not to share."""
    if decision.outcome == _NOT_SHARED:
        return []
    return [
        StoredShare(
            id=uuid4(),
            sharing_decision_id=decision.id,
            recipient_organisation_id=UUID(to.organisation_id),
            recipient_service_id=absent_or_id(to.service_id),
            state=sharing_pb2.Share.STATE_OPEN,
            end_reason=sharing_pb2.Share.END_REASON_UNSPECIFIED,
            share_time=decision.create_time,
            receive_time=None,
            understood=False,
            end_time=None,
        )
        for to in request.recipients
    ]


def words(request: pb.RecordSharingDecisionRequest) -> sharing_pb2.SharingDecision:
    """Return what is sealed: the words alone."""
    return sharing_pb2.SharingDecision(
        necessity=request.necessity, proportionality=request.proportionality, threshold=request.threshold
    )


def reviewed(
    decision: StoredDecision,
    reviewer: UUID,
    review_date: date,
    family_informed: sharing_pb2.SharingDecision.FamilyInformed,
    policy: Policy,
    now: datetime,
) -> StoredDecision:
    """Return the decision as somebody else looked at it. Raises InvalidArgument for the day or the person."""
    _require_other(reviewer, decision.decider_practitioner_id)
    _require_review(review_date, decision.decide_date, decision.ground, policy, now.date())
    changed = decision.changed(now)
    return replace(
        changed,
        reviewer_practitioner_id=reviewer,
        review_date=review_date,
        says=decision.says | {Statement.REVIEWER.value},
        family_informed=family_informed or decision.family_informed,
    )


def for_recipient(message: sharing_pb2.SharingDecision) -> sharing_pb2.SharingDecision:
    """Return the decision as somebody sees it to whom something came by it: not how it came about (CON-7)."""
    shown = sharing_pb2.SharingDecision()
    shown.CopyFrom(message)
    for name in _NOT_FOR_RECIPIENTS:
        shown.ClearField(name)
    return shown


def _says(request: pb.RecordSharingDecisionRequest, reviewer: UUID | None) -> frozenset[str]:
    said = {
        Statement.NECESSITY: bool(request.necessity),
        Statement.PROPORTIONALITY: bool(request.proportionality),
        Statement.WITHOUT_CONSENT: bool(request.consent_not_used),
        Statement.THRESHOLD: bool(request.threshold),
        Statement.COURT_ORDER: request.ground == sharing_pb2.SharingDecision.GROUND_COURT_ORDER,
        Statement.REVIEWER: reviewer is not None,
    }
    return frozenset(statement.value for statement, is_said in said.items() if is_said)


def _require_review(
    review_date: date,
    decide_date: date,
    ground: sharing_pb2.SharingDecision.Ground,
    policy: Policy,
    today: date,
) -> None:
    known = policy.grounds.get(GROUNDS[ground])
    longest = _USUAL_LONGEST if known is None else timedelta(days=known.longest)
    if not today <= review_date <= decide_date + longest:
        wrong = f"must not have passed, nor lie more than {longest.days} days after the decision: then decide anew"
        raise InvalidArgument([("review_date", wrong)])


def _require_other(reviewer: UUID | None, decider: UUID) -> None:
    if reviewer == decider:
        raise InvalidArgument([("reviewer_practitioner_id", "must be somebody else than who decided")])
