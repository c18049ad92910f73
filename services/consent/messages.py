"""A consent as its recorder is shown it. Pure."""

from datetime import date
from uuid import UUID

from google.type.date_pb2 import Date

from kith.consent.v1 import consent_pb2 as pb
from services.consent.consent import Consent


def consent(recorded: Consent, child_id: UUID) -> pb.Consent:
    """Return the message; `child_id` is the reader's own id of the child, never the internal one (DESIGN 5 no. 1)."""
    message = pb.Consent(
        id=str(recorded.id),
        child_id=str(child_id),
        recording_organisation_id=str(recorded.recording_organisation_id),
        scope=recorded.scope,
        recipient_organisation_ids=sorted(map(str, recorded.recipient_organisation_ids)),
        giver=recorded.giver,
        method=recorded.method,
        wording_version=recorded.wording_version,
        start_date=_date(recorded.start_date),
        expire_date=_date(recorded.expire_date),
        state=recorded.state,
    )
    message.update_time.FromDatetime(recorded.update_time)
    return message


def _date(day: date) -> Date:
    return Date(year=day.year, month=day.month, day=day.day)
