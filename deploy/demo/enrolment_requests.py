"""The directory of the town as requests of the operator: organisations, services, practitioners, systems, people."""

import json
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from google.protobuf.timestamp_pb2 import Timestamp
from joserfc.jwk import ECKey

from deploy.demo.model import AgencySystem, DemoPerson, Organisation, Practitioner, Service
from deploy.demo.request_ids import RequestIds
from kith.directory.v1 import directory_pb2, directory_service_pb2
from kith.identity.v1 import identity_pb2, identity_service_pb2

AGENCY_SCOPES: Final = (
    "children.register",
    "children.read",
    "children.search",
    "involvements.write",
    "caf.write",
    "consents.read",
    "consents.write",
    "family.write",
    "sharing.write",
    "directory.read",
    "directory.edit",
)
"""What every agency's system of the demo may do."""

ORGANISATION_KINDS: Final = {
    "social_care": directory_pb2.Organisation.KIND_SOCIAL_CARE,
    "school": directory_pb2.Organisation.KIND_SCHOOL,
    "health": directory_pb2.Organisation.KIND_HEALTH,
    "camhs": directory_pb2.Organisation.KIND_HEALTH,
    "gp": directory_pb2.Organisation.KIND_GENERAL_PRACTICE,
    "police": directory_pb2.Organisation.KIND_POLICE,
    "early_help": directory_pb2.Organisation.KIND_EARLY_HELP,
    "youth_justice": directory_pb2.Organisation.KIND_YOUTH_JUSTICE,
    "voluntary": directory_pb2.Organisation.KIND_VOLUNTARY,
}

SERVICE_KINDS: Final = {
    "school": directory_pb2.Service.KIND_EDUCATION,
    "early_years": directory_pb2.Service.KIND_EDUCATION,
    "health_visiting": directory_pb2.Service.KIND_HEALTH_VISITING,
    "school_nursing": directory_pb2.Service.KIND_SCHOOL_NURSING,
    "general_practice": directory_pb2.Service.KIND_GENERAL_PRACTICE,
    "paediatrics": directory_pb2.Service.KIND_PAEDIATRICS,
    "therapy": directory_pb2.Service.KIND_PAEDIATRICS,
    "social_care": directory_pb2.Service.KIND_SOCIAL_WORK,
    "early_help": directory_pb2.Service.KIND_FAMILY_SUPPORT,
    "index_desk": directory_pb2.Service.KIND_FAMILY_SUPPORT,
    "family_hub": directory_pb2.Service.KIND_FAMILY_SUPPORT,
    "family_support": directory_pb2.Service.KIND_FAMILY_SUPPORT,
    "police": directory_pb2.Service.KIND_POLICING,
    "youth_justice": directory_pb2.Service.KIND_YOUTH_JUSTICE,
    "mentoring": directory_pb2.Service.KIND_COMMUNITY,
    "young_carers": directory_pb2.Service.KIND_COMMUNITY,
    "housing": directory_pb2.Service.KIND_COMMUNITY,
    "mental_health": directory_pb2.Service.KIND_MENTAL_HEALTH,
    "sexual_health": directory_pb2.Service.KIND_SEXUAL_HEALTH,
    "substance_misuse": directory_pb2.Service.KIND_SUBSTANCE_MISUSE,
    "domestic_abuse": directory_pb2.Service.KIND_DOMESTIC_ABUSE,
}

_ROLES: Final = {
    "practitioner": identity_pb2.Person.ROLE_PRACTITIONER,
    "index_desk": identity_pb2.Person.ROLE_INDEX_DESK,
}
_AGREED_FOR: Final = timedelta(days=3 * 365)
_VETTED_FOR: Final = timedelta(days=3 * 365)
_TRAINED_BEFORE: Final = timedelta(days=90)


def organisation(one: Organisation, ids: RequestIds) -> directory_service_pb2.CreateOrganisationRequest:
    """Returns the organisation with its switchboard and its adviser on information sharing (SD-5)."""
    adviser = one.information_sharing_adviser
    return directory_service_pb2.CreateOrganisationRequest(
        display_name=one.name,
        kind=ORGANISATION_KINDS[one.kind],
        phone=one.phone,
        information_sharing_adviser=directory_service_pb2.ContactDetails(
            display_name=adviser.name, phone=adviser.phone, email=adviser.email
        ),
        request_id=ids.of("organisation", one.key),
    )


def admission(organisation_id: str, made_on: date) -> identity_service_pb2.AdmitOrganisationRequest:
    """Returns a sharing agreement of three years."""
    return identity_service_pb2.AdmitOrganisationRequest(
        organisation_id=organisation_id,
        agreement_start_time=_midnight(made_on - timedelta(days=1)),
        agreement_end_time=_midnight(made_on + _AGREED_FOR),
    )


def service(
    one: Service, organisation_id: str, ids: RequestIds
) -> directory_service_pb2.CreateServiceRequest:
    """Returns a service; the directory decides by its kind how sensitive it is."""
    return directory_service_pb2.CreateServiceRequest(
        organisation_id=organisation_id,
        display_name=one.name,
        description=one.description,
        kind=SERVICE_KINDS[one.kind],
        phone=one.phone,
        email=one.email,
        request_id=ids.of("service", one.key),
    )


def practitioner(
    one: Practitioner, service_id: str, ids: RequestIds
) -> directory_service_pb2.CreatePractitionerRequest:
    """Returns a practitioner with work contacts."""
    return directory_service_pb2.CreatePractitionerRequest(
        service_id=service_id,
        display_name=one.name,
        job_title=one.role,
        phone=one.phone,
        email=one.email,
        request_id=ids.of("practitioner", one.key),
    )


def client(
    one: AgencySystem, organisation_id: str, key: ECKey, ids: RequestIds
) -> identity_service_pb2.CreateClientRequest:
    """Returns a system of an organisation, with the public half of its key."""
    return identity_service_pb2.CreateClientRequest(
        organisation_id=organisation_id,
        display_name=one.display_name,
        public_jwk=json.dumps(key.as_dict(private=False)),
        scopes=AGENCY_SCOPES,
        request_id=ids.of("client", one.key),
    )


def person(
    one: DemoPerson,
    organisation_id: str,
    practitioner_id: str,
    password: str,
    made_on: date,
    ids: RequestIds,
) -> identity_service_pb2.CreatePersonRequest:
    """Returns somebody vetted and trained (CI-11)."""
    return identity_service_pb2.CreatePersonRequest(
        organisation_id=organisation_id,
        username=one.username,
        password=password,
        display_name=one.display_name,
        role=_ROLES[one.role],
        practitioner_id=practitioner_id,
        vetting_expire_time=_midnight(made_on + _VETTED_FOR),
        training_time=_midnight(made_on - _TRAINED_BEFORE),
        request_id=ids.of("person", one.key),
    )


def _midnight(day: date) -> Timestamp:
    found = Timestamp()
    found.FromDatetime(datetime.combine(day, time(), UTC))
    return found
