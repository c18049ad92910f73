"""Consents, decisions about sharing, shares and notices as they go on the wire. Pure."""

from collections.abc import Iterable
from datetime import date, datetime
from uuid import UUID

from google.protobuf.timestamp_pb2 import Timestamp
from google.type.date_pb2 import Date

from kith.consent.v1 import consent_pb2 as pb
from kith.consent.v1 import sharing_pb2
from services.consent.consent import Consent
from services.consent.sharing import StoredDecision, StoredNotice, StoredShare


def consent(recorded: Consent, child_id: UUID | None) -> pb.Consent:
    """Return the message; `child_id` is the reader's own id of the child, never the internal one (DESIGN 5 no. 1)."""
    # One that was asked for and is over has no giver.
    given = recorded.giver != pb.Consent.GIVER_UNSPECIFIED
    return pb.Consent(
        id=str(recorded.id),
        child_id=text(child_id),
        recording_organisation_id=str(recorded.recording_organisation_id),
        scope=recorded.scope,
        recipient_organisation_ids=sorted(map(str, recorded.recipient_organisation_ids)),
        giver=recorded.giver,
        method=recorded.method,
        wording_version=recorded.wording_version,
        start_date=day(recorded.start_date) if given else None,
        expire_date=day(recorded.expire_date) if given else None,
        state=recorded.state,
        update_time=time(recorded.update_time),
        kind=recorded.kind,
        purposes=sorted(recorded.purposes),  # type: ignore[arg-type] # numbers of the enum, as they are stored
        means=sorted(recorded.means),  # type: ignore[arg-type]
        recipient_service_ids=sorted(map(str, recorded.recipient_service_ids)),
        giver_person_id=text(recorded.giver_person_id),
        competence_assessment_id=text(recorded.competence_assessment_id),
        recorder_practitioner_id=text(recorded.recorder_practitioner_id),
        give_date=day(recorded.say_date) if given else None,
        review_date=day(recorded.review_date),
        wording_id=text(recorded.wording_id),
        wording_sha256=recorded.wording_sha256,
        superseding_consent_id=text(recorded.superseding_consent_id),
        invalidity=recorded.invalidity,
        freeze=recorded.freeze_reason,
        version=recorded.version,
        limits_explained=recorded.limits_explained,
        answer_date=None if given else day(recorded.expire_date),
        freeze_date=day(recorded.freeze_date),
        entitled=given and recorded.entitled,
    )


def day(found: date | None) -> Date | None:
    """Return a day as it goes on the wire, None where there is none."""
    return None if found is None else Date(year=found.year, month=found.month, day=found.day)


def time(found: datetime | None) -> Timestamp | None:
    """Return a time as it goes on the wire, None where there is none."""
    if found is None:
        return None
    message = Timestamp()
    message.FromDatetime(found)
    return message


def text(found: object | None) -> str:
    """Return an id as text, empty where there is none."""
    return "" if found is None else str(found)


def sharing_decision(
    decision: StoredDecision,
    child_id: UUID | None,
    shares: Iterable[StoredShare],
    words: sharing_pb2.SharingDecision | None,
) -> sharing_pb2.SharingDecision:
    """Return the message; `words` are the opened ones, None for a reader who is not shown them."""
    message = sharing_pb2.SharingDecision()
    if words is not None:
        message.CopyFrom(words)
    message.MergeFrom(
        sharing_pb2.SharingDecision(
            id=str(decision.id),
            child_id=text(child_id),
            organisation_id=str(decision.organisation_id),
            outcome=decision.outcome,
            scope=decision.scope,  # type: ignore[arg-type] # numbers of enums, as they are stored
            purposes=sorted(decision.purposes),  # type: ignore[arg-type]
            means=sorted(decision.means),  # type: ignore[arg-type]
            consent_id=text(decision.consent_id),
            ground=decision.ground,
            order_end_date=day(decision.order_end_date),
            consent_not_used=decision.consent_not_used,
            family_informed=decision.family_informed,
            not_shared=decision.not_shared,
            decider_practitioner_id=str(decision.decider_practitioner_id),
            reviewer_practitioner_id=text(decision.reviewer_practitioner_id),
            decide_date=day(decision.decide_date),
            review_date=day(decision.review_date),
            shares=[share(one) for one in shares],
            onward_of_share_id=text(decision.onward_of_share_id),
            version=decision.version,
            update_time=time(decision.update_time),
        )
    )
    return message


def share(one: StoredShare) -> sharing_pb2.Share:
    """Return the message."""
    return sharing_pb2.Share(
        id=str(one.id),
        recipient_organisation_id=str(one.recipient_organisation_id),
        recipient_service_id=text(one.recipient_service_id),
        state=one.state,
        end_reason=one.end_reason,
        share_time=time(one.share_time),
        receive_time=time(one.receive_time),
        understood=one.understood,
        end_time=time(one.end_time),
    )


def notice(one: StoredNotice, child_id: UUID) -> sharing_pb2.Notice:
    """Return the message; `child_id` is the recipient's own id of the child."""
    return sharing_pb2.Notice(
        id=str(one.id),
        child_id=str(child_id),
        kind=one.kind,
        organisation_id=str(one.organisation_id),
        consent_id=text(one.consent_id),
        share_id=text(one.share_id),
        create_time=time(one.create_time),
        acknowledge_time=time(one.acknowledge_time),
    )
