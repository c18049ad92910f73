"""Turns a stated involvement into one to be stored, after asking the directory whose it is and how careful to be."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

from google.type import date_pb2

from kith.childindex.v1 import child_index_service_pb2, child_pb2
from services.chassis.errors import InvalidArgument
from services.child_index.basis import INVOLVEMENT, Basis, required_basis
from services.child_index.dates import from_date, to_date
from services.child_index.involvement_store import StoredInvolvement
from services.child_index.neighbours import Consent, Directory


async def checked(
    directory: Directory,
    consent: Consent,
    details: child_index_service_pb2.InvolvementDetails,
    *,
    child_id: UUID | None,
    organisation_id: str,
) -> StoredInvolvement:
    """Return the involvement to store; its `child_id` is still to be set when the child is only being registered.

    Whether it is sensitive is the directory's to say, and one regarding a carer or family is sensitive by default.
    Raises NotOwnService, BasisRequired, InvalidArgument, or Unavailable when a neighbour cannot be asked (G8).
    """
    start = to_date(details.start_date, "involvement.start_date")
    end = to_date(details.end_date, "involvement.end_date") if details.HasField("end_date") else None
    # A day's grace: where the sender is, it may be tomorrow already.
    if start > datetime.now(UTC).date() + timedelta(days=1):
        raise InvalidArgument([("involvement.start_date", "must not be in the future")])
    if end is not None:
        require_order(start, end, "involvement.end_date")
    sensitive = await directory.own_service_is_sensitive(details.service_id, organisation_id)
    if details.practitioner_id:
        await directory.require_own_practitioner(details.practitioner_id, organisation_id)
    regarding = details.regarding or child_pb2.Involvement.REGARDING_CHILD
    sensitive = sensitive or regarding != child_pb2.Involvement.REGARDING_CHILD
    basis = Basis()
    if sensitive:
        stated = details.basis if details.HasField("basis") else None
        basis = await required_basis(
            consent, stated, child_id=child_id, scope=INVOLVEMENT, organisation_id=organisation_id
        )
    return StoredInvolvement(
        id=uuid4(),
        child_id=child_id or UUID(int=0),
        organisation_id=UUID(organisation_id),
        service_id=UUID(details.service_id),
        practitioner_id=UUID(details.practitioner_id) if details.practitioner_id else None,
        role=details.role,
        regarding=regarding,
        sensitive=sensitive,
        consent_id=basis.consent_id,
        ground=basis.ground,
        start_date=start,
        end_date=end,
        review_due=False,
    )


def require_order(start: date, end: date, field: str) -> None:
    """Raise InvalidArgument naming the field unless the end is on or after the start."""
    if end < start:
        raise InvalidArgument([(field, "must not be before the start date")])


def has_ended(involvement: StoredInvolvement) -> bool:
    """Whether it is over; one that is planned to end goes on until its last day."""
    return involvement.end_date is not None and involvement.end_date <= datetime.now(UTC).date()


def to_proto(involvement: StoredInvolvement) -> child_pb2.Involvement:
    """The involvement as it is shown to those who may see it in full."""
    return child_pb2.Involvement(
        id=str(involvement.id),
        organisation_id=str(involvement.organisation_id),
        service_id=str(involvement.service_id),
        practitioner_id=str(involvement.practitioner_id or ""),
        role=involvement.role,
        regarding=child_pb2.Involvement.Regarding.Name(involvement.regarding),
        start_date=from_date(involvement.start_date),
        end_date=_optional(involvement.end_date),
        state=child_pb2.Involvement.STATE_ENDED
        if has_ended(involvement)
        else child_pb2.Involvement.STATE_ACTIVE,
        sensitive=involvement.sensitive,
        review_due=involvement.review_due,
    )


def _optional(value: date | None) -> date_pb2.Date | None:
    return None if value is None else from_date(value)
