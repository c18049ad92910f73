"""Rows of agencies as requests of their systems. Pure; the truth behind a row is never sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from google.type import date_pb2

from deploy.demo.model import Address, AgencyRow, Caf, Name, PartialDate
from deploy.demo.request_ids import RequestIds
from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.childindex.v1 import child_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2

INVOLVEMENT: Final = consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT
CAF: Final = consent_pb2.Consent.SCOPE_CAF_INDICATOR
SIGNIFICANT_HARM: Final = pb.Basis(ground=pb.Basis.GROUND_SIGNIFICANT_HARM)

_NAME_USES: Final = {
    "official": child_pb2.Name.USE_OFFICIAL,
    "usual": child_pb2.Name.USE_USUAL,
    "former": child_pb2.Name.USE_FORMER,
    "alias": child_pb2.Name.USE_ALIAS,
}
_ADDRESS_USES: Final = {
    "home": child_pb2.Address.USE_HOME,
    "second_home": child_pb2.Address.USE_SECOND_HOME,
    "temporary": child_pb2.Address.USE_TEMPORARY,
    "old": child_pb2.Address.USE_FORMER,
}
_GENDERS: Final = {
    None: child_pb2.Facts.GENDER_UNSPECIFIED,
    "female": child_pb2.Facts.GENDER_FEMALE,
    "male": child_pb2.Facts.GENDER_MALE,
}
_REGARDING: Final = {
    "child": child_pb2.Involvement.REGARDING_CHILD,
    "carer": child_pb2.Involvement.REGARDING_CARER,
    "family": child_pb2.Involvement.REGARDING_FAMILY,
}
_CAF_STATES: Final = {
    "open": child_pb2.CafIndicator.STATE_OPEN,
    "closed": child_pb2.CafIndicator.STATE_CLOSED,
}
# A policy allows no more than a year; families are asked again.
_CONSENT_LASTS: Final = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class DirectoryIds:
    """The ids that the directory gave, by the keys of the town."""

    organisations: dict[str, str]
    services: dict[str, str]
    practitioners: dict[str, str]


class ChildRequests:
    """Makes the requests of one town."""

    def __init__(self, directory: DirectoryIds, ids: RequestIds, made_on: date) -> None:
        """`made_on` is the day of the first load: consents were renewed on it and last for a year."""
        self._directory = directory
        self._ids = ids
        self._made_on = made_on

    def registration(
        self, row: AgencyRow, involvement: pb.InvolvementDetails | None
    ) -> pb.RegisterChildRequest:
        """Returns what the agency knows of the child; without an involvement where that needs a consent first."""
        return pb.RegisterChildRequest(
            local_key=pb.LocalKey(system=row.system, local_id=row.local_id),
            facts=facts(row),
            involvement=involvement,
            request_id=self._id("registration", row),
        )

    def details(self, row: AgencyRow, basis: pb.Basis | None) -> pb.InvolvementDetails:
        """Returns the agency's own involvement."""
        involvement = row.involvement
        by = involvement.practitioner
        return pb.InvolvementDetails(
            service_id=self._directory.services[involvement.service],
            practitioner_id=self._directory.practitioners[by] if by else "",
            role=involvement.role,
            regarding=_REGARDING[involvement.subject],
            start_date=_date(involvement.start),
            end_date=_date(involvement.end) if involvement.end else None,
            basis=basis,
        )

    def involvement(
        self, row: AgencyRow, child_id: str, details: pb.InvolvementDetails
    ) -> pb.RecordInvolvementRequest:
        """Returns an involvement recorded after the registration, once there is a consent."""
        return pb.RecordInvolvementRequest(
            child=pb.ChildRef(child_id=child_id),
            involvement=details,
            request_id=self._id("involvement", row),
        )

    def consent(
        self,
        row: AgencyRow,
        child_id: str,
        scope: consent_pb2.Consent.Scope,
        recipients: Sequence[str],
    ) -> consent_service_pb2.RecordConsentRequest:
        """Returns the agreement of a parent that organisations (keys) are told."""
        return consent_service_pb2.RecordConsentRequest(
            child_id=child_id,
            scope=scope,
            recipient_organisation_ids=[self._directory.organisations[key] for key in recipients],
            giver=consent_pb2.Consent.GIVER_PARENTAL_RESPONSIBILITY,
            method=consent_pb2.Consent.METHOD_IN_PERSON,
            wording_version="2026-1",
            limits_explained=True,
            start_date=_date(self._made_on),
            expire_date=_date(self._made_on + _CONSENT_LASTS),
            request_id=self._id("consent", row, str(scope)),
        )

    def caf(self, row: AgencyRow, caf: Caf, child_id: str, basis: pb.Basis) -> pb.SetCafIndicatorRequest:
        """Returns that a CAF exists, held by the practitioner of the row (CI-5)."""
        holder = row.involvement.practitioner or ""
        return pb.SetCafIndicatorRequest(
            child=pb.ChildRef(child_id=child_id),
            state=_CAF_STATES[caf.status],
            assessment_date=_date(caf.assessed_on),
            version_number=caf.version,
            holder_practitioner_id=self._directory.practitioners[holder],
            review_date=_date(caf.review_by or caf.assessed_on),
            basis=basis,
            request_id=self._id("caf", row),
        )

    def lead(
        self, row: AgencyRow, caf: Caf, practitioner: str, child_id: str
    ) -> pb.AppointLeadProfessionalRequest:
        """Returns who leads since the assessment; `child_id` as the organisation of the practitioner knows it."""
        return pb.AppointLeadProfessionalRequest(
            child=pb.ChildRef(child_id=child_id),
            practitioner_id=self._directory.practitioners[practitioner],
            start_date=_date(caf.assessed_on),
            request_id=self._id("lead", row),
        )

    def _id(self, kind: str, row: AgencyRow, *more: str) -> str:
        return self._ids.of(kind, row.agency, row.system, row.local_id, *more)


def facts(row: AgencyRow) -> child_pb2.Facts:
    """Returns what a row says of the child."""
    return child_pb2.Facts(
        names=[_name(name) for name in row.names],
        birth_date=_birth_date(row.birth_date, row.birth_date_accuracy),
        gender=_GENDERS[row.gender],
        addresses=[_address(address) for address in row.addresses],
        school_name=row.school or "",
        gp_name=row.gp_practice or "",
        nhs_number=row.nhs_number or "",
        upn=row.upn or "",
    )


def _name(name: Name) -> child_pb2.Name:
    return child_pb2.Name(
        given_name=name.given,
        family_name=name.family,
        other_given_names=name.other_given,
        use=_NAME_USES[name.use],
    )


def _birth_date(known: PartialDate, accuracy: str) -> child_pb2.BirthDate | None:
    year, month, day = known
    if not (year or month or day):
        return None
    return child_pb2.BirthDate(
        date=date_pb2.Date(year=year or 0, month=month or 0, day=day or 0), accuracy=accuracy
    )


def _address(address: Address) -> child_pb2.Address:
    return child_pb2.Address(
        lines=address.lines, postcode=address.postcode or "", use=_ADDRESS_USES[address.use]
    )


def _date(day: date) -> date_pb2.Date:
    return date_pb2.Date(year=day.year, month=day.month, day=day.day)
