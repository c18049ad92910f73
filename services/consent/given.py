"""A consent as a request describes it: what is asked for, and what was given (CON-1, CON-3, CON-10). Pure."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID, uuid4

from google.type.date_pb2 import Date

from kith.consent.v1 import consent_pb2
from kith.consent.v1 import consent_service_pb2 as pb
from services.chassis.errors import InvalidArgument
from services.consent.consent import USUAL_MEANS, USUAL_PURPOSES, Consent, require_review
from services.consent.dates import MIDNIGHTS, absent_or_day, day, day_or_violation
from services.consent.ids import absent_or_id, ids
from services.consent.refusals import RequestedConsentDiffers, WordingNotCurrent
from services.consent.rules.policy import Policy
from services.consent.wording import Wording


def requested(
    request: pb.RequestConsentRequest, *, child_id: UUID, organisation_id: UUID, now: datetime
) -> Consent:
    """Return the consent that is asked for. Raises InvalidArgument for a day that has passed."""
    answer_date = day("answer_date", request.answer_date)
    if answer_date < now.date():
        raise InvalidArgument([("answer_date", "must not have passed")])
    return Consent(
        id=uuid4(),
        child_id=child_id,
        recording_organisation_id=organisation_id,
        scope=request.scope,
        recipient_organisation_ids=ids(request.recipient_organisation_ids),
        giver=consent_pb2.Consent.GIVER_UNSPECIFIED,
        method=consent_pb2.Consent.METHOD_UNSPECIFIED,
        wording_version="",
        start_date=now.date(),
        expire_date=answer_date,
        state=consent_pb2.Consent.STATE_REQUESTED,
        version=1,
        update_time=now,
        kind=request.kind or consent_pb2.Consent.KIND_SHARE,
        purposes=frozenset(request.purposes) or USUAL_PURPOSES,
        means=frozenset(request.means) or USUAL_MEANS,
        recipient_service_ids=ids(request.recipient_service_ids),
        giver_person_id=None,
        entitled=True,
        competence_assessment_id=None,
        recorder_practitioner_id=absent_or_id(request.recorder_practitioner_id),
        say_date=now.date(),
        review_date=None,
        wording_id=None,
        wording_sha256=b"",
        superseding_consent_id=None,
        invalidity=consent_pb2.Consent.INVALIDITY_UNSPECIFIED,
        freeze_reason=consent_pb2.Consent.FREEZE_UNSPECIFIED,
        freeze_date=None,
        limits_explained=False,
        create_time=now,
    )


def given(
    request: pb.RecordConsentRequest,
    wording: Wording | None,
    policy: Policy,
    *,
    child_id: UUID,
    organisation_id: UUID,
    now: datetime,
) -> Consent:
    """Return the consent that was given; whether the giver could is to be judged yet.

    Ends with the longest time that the policy allows, however much is asked for. `wording` is the registered one that
    was shown, None if it is the recorder's own or there is none such. Raises InvalidArgument, WordingNotCurrent.
    """
    today = now.date()
    start, expire = period(request.start_date, request.expire_date, today)
    expire = min(expire, start + timedelta(days=policy.longest_consent))
    if expire < today:
        longest = f"must be within the last {policy.longest_consent} days: a consent holds no longer"
        raise InvalidArgument([("start_date", longest)])
    said = _give_date(request, start, today)
    if start - said > timedelta(days=policy.longest_consent):
        late = (
            f"must be within {policy.longest_consent} days of the day it was given: ask again nearer the time"
        )
        raise InvalidArgument([("start_date", late)])
    if request.wording_id and (wording is None or not wording.in_use(said)):
        raise WordingNotCurrent
    if request.wording_id and request.wording_sha256:
        raise InvalidArgument([("wording_sha256", "not with wording_id, which has its own")])
    review_date = absent_or_day(request, "review_date")
    if review_date is not None:
        require_review(review_date, today, expire)
    return Consent(
        id=uuid4(),
        child_id=child_id,
        recording_organisation_id=organisation_id,
        scope=request.scope,
        recipient_organisation_ids=ids(request.recipient_organisation_ids),
        giver=request.giver,
        method=request.method,
        wording_version=request.wording_version if wording is None else wording.version,
        start_date=start,
        expire_date=expire,
        state=consent_pb2.Consent.STATE_GIVEN,
        version=1,
        update_time=now,
        kind=request.kind or consent_pb2.Consent.KIND_SHARE,
        purposes=frozenset(request.purposes) or USUAL_PURPOSES,
        means=frozenset(request.means) or USUAL_MEANS,
        recipient_service_ids=ids(request.recipient_service_ids),
        giver_person_id=absent_or_id(request.giver_person_id),
        entitled=True,
        competence_assessment_id=None,
        recorder_practitioner_id=absent_or_id(request.recorder_practitioner_id),
        say_date=said,
        review_date=review_date,
        wording_id=None if wording is None else wording.id,
        wording_sha256=request.wording_sha256 if wording is None else wording.sha256,
        superseding_consent_id=None,
        invalidity=consent_pb2.Consent.INVALIDITY_UNSPECIFIED,
        freeze_reason=consent_pb2.Consent.FREEZE_UNSPECIFIED,
        freeze_date=None,
        limits_explained=request.limits_explained,
        create_time=now,
    )


def answering(asked: Consent, answer: Consent, now: datetime) -> Consent:
    """Return what was asked for with the consent that was given in its place. Raises RequestedConsentDiffers."""
    same = (asked.child_id, asked.kind, asked.scope) == (answer.child_id, answer.kind, answer.scope)
    if not same or asked.state != consent_pb2.Consent.STATE_REQUESTED:
        raise RequestedConsentDiffers
    return asked.superseded(answer.id, now)


def refused_by(asked: Consent, person_id: str, now: datetime) -> Consent:
    """Return what was asked for as refused, by whom if that is said. Raises ConsentState unless it was asked for."""
    return replace(asked.refused(now), giver_person_id=absent_or_id(person_id))


def period(start: Date, expire: Date, today: date) -> tuple[date, date]:
    """Return the first and the last day a consent holds. Raises InvalidArgument naming each day at fault.

    It must not be over already. It may begin later than `today`.
    """
    violations: list[tuple[str, str]] = []
    first = day_or_violation("start_date", start, violations)
    last = day_or_violation("expire_date", expire, violations)
    if last is not None and last < today:
        violations.append(("expire_date", "must not have passed"))
    if first is not None and last is not None and last < first:
        violations.append(("expire_date", "must not be before start_date"))
    if violations or first is None or last is None:
        raise InvalidArgument(violations)
    return first, last


def _give_date(request: pb.RecordConsentRequest, start: date, today: date) -> date:
    """Return the day it was given; where that is not said, its first day, but not one that is yet to come."""
    said = absent_or_day(request, "give_date")
    if said is None:
        return min(start, today)
    if said > today + MIDNIGHTS:
        raise InvalidArgument([("give_date", "must not be in the future")])
    return said
