"""What a caller is shown of a child: basic information, who is involved, whether a CAF exists, who leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kith.childindex.v1 import child_pb2
from services.child_index.caf_store import StoredCaf, StoredLead
from services.child_index.dates import from_date
from services.child_index.facts import Record
from services.child_index.involvement_store import StoredInvolvement
from services.child_index.involvements import has_ended, to_proto
from services.child_index.neighbours import Verdict
from services.child_index.opened import OpenedChild
from services.child_index.shield import Extent
from services.child_index.survivorship import shown


@dataclass(frozen=True, slots=True)
class Stored:
    """What the caller may see of a child's records, and what of the rest is within its extent."""

    child: OpenedChild
    involvements: Sequence[StoredInvolvement]
    caf: StoredCaf | None
    lead: StoredLead | None


def view(
    stored: Stored,
    *,
    outward_id: str,
    organisation_id: str,
    verdicts: Mapping[UUID, Verdict] | None,
) -> child_pb2.Child:
    """The child as the organisation may see it. `verdicts` are consent's, by consent; None if it could not be asked.

    A sensitive involvement of another organisation is shown in full on PERMIT, as one neutral line when not, and not
    at all once its consent was withdrawn or while consent cannot be asked (DESIGN 5 no. 9).
    """
    full: list[child_pb2.Involvement] = []
    neutral = 0
    for involvement in stored.involvements:
        own = str(involvement.organisation_id) == organisation_id
        verdict = Verdict.PERMIT if own or not involvement.sensitive else _verdict(involvement, verdicts)
        if verdict is Verdict.PERMIT:
            full.append(to_proto(involvement))
        elif verdict is Verdict.DENY and not has_ended(involvement):
            neutral += 1
    return child_pb2.Child(
        id=outward_id,
        facts=shown(stored.child.records),
        involvements=full,
        sensitive_involvement_count=neutral,
        sensitive_checked=verdicts is not None,
        caf=None if stored.caf is None else _caf(stored.caf),
        lead_professional=None if stored.lead is None else _lead(stored.lead),
        # When others last wrote says that they are there.
        update_time=None if stored.child.shielded else _newest(stored.child.records),
        shielded=stored.child.shielded,
    )


def within(
    extent: Extent,
    organisation_id: str,
    involvements: Sequence[StoredInvolvement],
    caf: StoredCaf | None,
    lead: StoredLead | None,
) -> tuple[list[StoredInvolvement], StoredCaf | None, StoredLead | None]:
    """Of what is stored of a child that which the organisation may be shown at all (DESIGN 5 no. 7)."""
    if extent is Extent.ALL:
        return list(involvements), caf, lead
    if extent is Extent.EARLIER:
        # Nobody else can begin to hold a CAF or to lead while a child is hidden.
        return (
            [one for one in involvements if not one.late or str(one.organisation_id) == organisation_id],
            caf,
            lead,
        )
    if extent is Extent.NONE:
        return [], None, None
    return (
        [one for one in involvements if str(one.organisation_id) == organisation_id],
        caf if caf is not None and str(caf.holder_organisation_id) == organisation_id else None,
        lead if lead is not None and str(lead.organisation_id) == organisation_id else None,
    )


def consents_to_ask(involvements: Sequence[StoredInvolvement], organisation_id: str) -> list[UUID]:
    """The consents that sensitive involvements of other organisations rest on."""
    return [
        one.consent_id
        for one in involvements
        if one.sensitive and one.consent_id is not None and str(one.organisation_id) != organisation_id
    ]


def _verdict(involvement: StoredInvolvement, verdicts: Mapping[UUID, Verdict] | None) -> Verdict | None:
    if verdicts is None:
        return None
    if involvement.consent_id is None:
        # Recorded on a ground: that it exists is shared, with whom in full only a consent says.
        return Verdict.DENY
    return verdicts[involvement.consent_id]


def _newest(records: Sequence[Record]) -> datetime:
    return max(record.update_time for record in records)


def _caf(caf: StoredCaf) -> child_pb2.CafIndicator:
    return child_pb2.CafIndicator(
        state=child_pb2.CafIndicator.STATE_OPEN if caf.is_open else child_pb2.CafIndicator.STATE_CLOSED,
        assessment_date=from_date(caf.assessment_date),
        version_number=caf.version_number,
        holder_organisation_id=str(caf.holder_organisation_id),
        holder_practitioner_id=str(caf.holder_practitioner_id),
        review_date=from_date(caf.review_date),
    )


def _lead(lead: StoredLead) -> child_pb2.LeadProfessional:
    return child_pb2.LeadProfessional(
        organisation_id=str(lead.organisation_id),
        practitioner_id=str(lead.practitioner_id),
        start_date=from_date(lead.start_date),
    )
