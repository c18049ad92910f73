"""A made-up child, its agencies and a search that finds it. Telephone numbers are kept free for fiction."""

import datetime as dt

from google.protobuf.timestamp_pb2 import Timestamp

from kith.childindex.v1 import child_pb2, match_pb2
from kith.directory.v1 import directory_pb2
from kith.search.v1 import search_service_pb2
from tests.service.gateway.login_issuer import ORGANISATION_ID, PRACTITIONER_ID

CHILD_ID = "0190f5a0-0000-7000-8000-00000000c001"
TWIN_ID = "0190f5a0-0000-7000-8000-00000000c002"
OTHER_ID = "0190f5a0-0000-7000-8000-00000000c003"
SCHOOL_ID, POLICE_ID, GP_ID = (f"0190f5a0-0000-7000-8000-00000000000{n}" for n in (2, 3, 4))
NURSING_ID, TEACHING_ID, MENTAL_HEALTH_ID, YOUTH_ID = (
    f"0190f5a0-0000-7000-8000-00000000020{n}" for n in (1, 2, 3, 4)
)
TEACHER_ID, LEFT_ID = (f"0190f5a0-0000-7000-8000-00000000030{n}" for n in (2, 3))

ORGANISATIONS = [
    directory_pb2.Organisation(
        id=ORGANISATION_ID, display_name="Northbridge Community Health", phone="01632 960 010"
    ),
    directory_pb2.Organisation(id=SCHOOL_ID, display_name="Canal Street Primary", phone="01632 960 020"),
    directory_pb2.Organisation(id=POLICE_ID, display_name="Northbridge Police", phone="01632 960 030"),
    directory_pb2.Organisation(id=GP_ID, display_name="Mill Lane Surgery", phone="01632 960 040"),
]
SERVICES = [
    directory_pb2.Service(
        id=NURSING_ID,
        organisation_id=ORGANISATION_ID,
        display_name="School nursing",
        sensitivity=directory_pb2.Service.SENSITIVITY_STANDARD,
        phone="01632 960 011",
    ),
    directory_pb2.Service(
        id=MENTAL_HEALTH_ID,
        organisation_id=ORGANISATION_ID,
        display_name="Young minds clinic",
        sensitivity=directory_pb2.Service.SENSITIVITY_SENSITIVE,
    ),
    directory_pb2.Service(
        id=TEACHING_ID,
        organisation_id=SCHOOL_ID,
        display_name="Pastoral team",
        sensitivity=directory_pb2.Service.SENSITIVITY_STANDARD,
        phone="01632 960 021",
        email="pastoral@canalstreet.example",
    ),
    directory_pb2.Service(
        id=YOUTH_ID,
        organisation_id=POLICE_ID,
        display_name="Neighbourhood policing",
        sensitivity=directory_pb2.Service.SENSITIVITY_STANDARD,
        phone="01632 960 031",
    ),
]
PRACTITIONERS = [
    directory_pb2.Practitioner(
        id=PRACTITIONER_ID,
        organisation_id=ORGANISATION_ID,
        service_id=NURSING_ID,
        display_name="Rosa Martin",
        job_title="School nurse",
        phone="01632 960 012",
        email="rosa.martin@northbridge.example",
        state=directory_pb2.Practitioner.STATE_ACTIVE,
    ),
    directory_pb2.Practitioner(
        id=TEACHER_ID,
        organisation_id=SCHOOL_ID,
        service_id=TEACHING_ID,
        display_name="Daniel Okafor",
        job_title="Family support worker",
        phone="01632 960 022",
        email="d.okafor@canalstreet.example",
        state=directory_pb2.Practitioner.STATE_ACTIVE,
    ),
    directory_pb2.Practitioner(
        id=LEFT_ID,
        organisation_id=POLICE_ID,
        service_id=YOUTH_ID,
        display_name="Priya Nair",
        job_title="Police community support officer",
        phone="01632 960 032",
        state=directory_pb2.Practitioner.STATE_LEFT,
    ),
]


def child() -> child_pb2.Child:
    """The record: two services now, one before, a CAF whose review is overdue, a sensitive service."""
    involvement, caf = child_pb2.Involvement, child_pb2.CafIndicator
    return child_pb2.Child(
        id=CHILD_ID,
        facts=child_pb2.Facts(
            names=[
                child_pb2.Name(given_name="Amina", family_name="Khan", other_given_names="Zahra"),
                child_pb2.Name(given_name="Aminah", family_name="Begum", use=child_pb2.Name.USE_FORMER),
            ],
            birth_date=child_pb2.BirthDate(date={"year": 2015, "month": 3, "day": 3}, accuracy="AAA"),
            gender=child_pb2.Facts.GENDER_FEMALE,
            addresses=[child_pb2.Address(lines=["12 Weaver Row", "Northbridge"], postcode="ZZ9 4AB")],
            school_name="Canal Street Primary",
            gp_name="Mill Lane Surgery",
            carers=[
                child_pb2.Carer(given_name="Fatima", family_name="Bibi"),
                child_pb2.Carer(given_name="Tariq"),
            ],
        ),
        involvements=[
            involvement(
                id="0190f5a0-0000-7000-8000-00000000e001",
                organisation_id=SCHOOL_ID,
                service_id=TEACHING_ID,
                practitioner_id=TEACHER_ID,
                role="Family support worker",
                start_date={"year": 2024, "month": 9, "day": 4},
                state=involvement.STATE_ACTIVE,
            ),
            involvement(
                id="0190f5a0-0000-7000-8000-00000000e002",
                organisation_id=POLICE_ID,
                service_id=YOUTH_ID,
                practitioner_id=LEFT_ID,
                role="Named officer",
                start_date={"year": 2025, "month": 1, "day": 20},
                state=involvement.STATE_ACTIVE,
                review_due=True,
            ),
            involvement(
                id="0190f5a0-0000-7000-8000-00000000e003",
                organisation_id=ORGANISATION_ID,
                service_id=NURSING_ID,
                role="School nurse",
                start_date={"year": 2020, "month": 9, "day": 1},
                end_date={"year": 2023, "month": 7, "day": 21},
                state=involvement.STATE_ENDED,
            ),
        ],
        sensitive_involvement_count=1,
        sensitive_checked=True,
        caf=caf(
            state=caf.STATE_OPEN,
            assessment_date={"year": 2025, "month": 5, "day": 4},
            version_number=3,
            holder_organisation_id=SCHOOL_ID,
            holder_practitioner_id=TEACHER_ID,
            review_date={"year": 2025, "month": 11, "day": 4},
        ),
        lead_professional=child_pb2.LeadProfessional(
            organisation_id=SCHOOL_ID,
            practitioner_id=TEACHER_ID,
            start_date={"year": 2025, "month": 5, "day": 4},
        ),
    )


def found(now: dt.datetime | None = None) -> search_service_pb2.FindChildrenResponse:
    """Three matches: the child under an earlier name, its twin, and another of the same name and day."""
    now = now or dt.datetime.now(dt.UTC)
    evidence = match_pb2.Evidence
    matches = [
        match_pb2.Match(
            child_id=CHILD_ID,
            grade=match_pb2.GRADE_CERTAIN,
            probability=0.998,
            evidence=[
                evidence(
                    field="family_name",
                    level="variant",
                    bits=7.1,
                    explanation="family name sounds alike",
                ),
                evidence(field="birth_date", level="exact", bits=9.0, explanation="date of birth the same"),
                evidence(field="postcode", level="missing", bits=0, explanation="postcode not compared"),
            ],
            name=child_pb2.Name(given_name="Amina", family_name="Khan", other_given_names="Zahra"),
            matched_name=child_pb2.Name(given_name="Aminah", family_name="Begum"),
            birth_date={"year": 2015, "month": 3, "day": 3},
            gender=child_pb2.Facts.GENDER_FEMALE,
            area="ZZ9",
            school_name="Canal Street Primary",
        ),
        match_pb2.Match(
            child_id=TWIN_ID,
            grade=match_pb2.GRADE_PROBABLE,
            evidence=[
                evidence(field="family_name", level="exact", bits=8.2, explanation="family name the same"),
                evidence(field="given_name", level="disagree", bits=-3.5, explanation="given name differs"),
            ],
            name=child_pb2.Name(given_name="Aisha", family_name="Khan"),
            birth_date={"year": 2015, "month": 3, "day": 3},
            area="ZZ9",
            likely_sibling=True,
        ),
        match_pb2.Match(
            child_id=OTHER_ID,
            grade=match_pb2.GRADE_POSSIBLE,
            name=child_pb2.Name(given_name="Amina", family_name="Khan"),
            birth_date={"year": 2015, "month": 3, "day": 3},
        ),
    ]
    return search_service_pb2.FindChildrenResponse(matches=matches, coverage=coverage(now))


def coverage(now: dt.datetime) -> list[match_pb2.Coverage]:
    """Four agencies, one of them silent for long."""
    listed = []
    for number, organisation in enumerate(ORGANISATIONS):
        then = Timestamp()
        then.FromDatetime(now - dt.timedelta(days=(0, 1, 4, 45)[number]))
        listed.append(match_pb2.Coverage(organisation_id=organisation.id, last_update_time=then))
    return listed


def practitioners() -> list[directory_pb2.Practitioner]:
    """Copies of the practitioners, to be changed by a test."""
    copies = [directory_pb2.Practitioner() for _ in PRACTITIONERS]
    for copy, one in zip(copies, PRACTITIONERS, strict=True):
        copy.CopyFrom(one)
    return copies
