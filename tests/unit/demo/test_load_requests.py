"""Every row of the tiny town, and its directory, becomes a request that the services accept (S25; DOMAIN 4)."""

from collections.abc import Iterator
from datetime import date

import protovalidate
import pytest
from google.protobuf.message import Message
from joserfc.jwk import ECKey

from deploy.demo import child_requests, enrolment_requests
from deploy.demo.catalogue import SENSITIVE_KINDS
from deploy.demo.child_requests import CAF, INVOLVEMENT, SIGNIFICANT_HARM, ChildRequests, DirectoryIds
from deploy.demo.feed import needs_basis, rests_on_ground
from deploy.demo.model import AgencyRow
from deploy.demo.request_ids import RequestIds
from deploy.demo.staffing import StaffingRequests
from deploy.demo.story import TRUTH_ID
from deploy.demo.town import DEMO, TINY, generate
from kith.childindex.v1 import child_index_service_pb2, child_pb2
from kith.directory.v1 import directory_pb2

TOWN = generate(TINY)
IDS = RequestIds(TOWN.size, TOWN.seed)
MADE_ON = date(2026, 11, 2)
KEY = ECKey.generate_key("P-256", {"kid": "system-1"}, private=True)
DIRECTORY = DirectoryIds(
    organisations={one.key: IDS.of("test", one.key) for one in TOWN.directory.organisations},
    services={one.key: IDS.of("test", one.key) for one in TOWN.directory.services},
    practitioners={one.key: IDS.of("test", one.key) for one in TOWN.directory.practitioners},
)
REQUESTS = ChildRequests(DIRECTORY, IDS, MADE_ON)
CHILD = IDS.of("test", "child")


def of_row(row: AgencyRow) -> Iterator[Message]:
    """Returns all that may be sent for a row."""
    details = REQUESTS.details(row, SIGNIFICANT_HARM if needs_basis(row) else None)
    yield REQUESTS.registration(row, details)
    yield REQUESTS.involvement(row, CHILD, details)
    yield REQUESTS.consent(row, CHILD, INVOLVEMENT, tuple(DIRECTORY.organisations))
    if row.caf:
        yield REQUESTS.consent(row, CHILD, CAF, (row.agency,))
        yield REQUESTS.caf(row, row.caf, CHILD, SIGNIFICANT_HARM)
        if row.lead_professional:
            yield REQUESTS.lead(row, row.caf, row.lead_professional, CHILD)


def of_staffing() -> Iterator[Message]:
    """Returns all that agencies say of their own people."""
    requests, team = StaffingRequests(TOWN.directory, DIRECTORY, IDS, MADE_ON), IDS.of("test", "team")
    yield from (requests.nights(), requests.nights_rota(team), *requests.panels())
    for service in TOWN.directory.services:
        yield from (requests.team(service), requests.rota(service, team))
    for organisation in TOWN.directory.organisations:
        yield requests.contacts(organisation, team)
        if (assessors := requests.assessors(organisation)) is not None:
            yield assessors
    yield from (request for _, request in requests.absences())


def of_directory() -> Iterator[Message]:
    """Returns all that is sent for the directory."""
    for organisation in TOWN.directory.organisations:
        yield enrolment_requests.organisation(organisation, IDS)
        yield enrolment_requests.admission(DIRECTORY.organisations[organisation.key], MADE_ON)
    for service in TOWN.directory.services:
        yield enrolment_requests.service(service, DIRECTORY.organisations[service.organisation], IDS)
    for practitioner in TOWN.directory.practitioners:
        yield enrolment_requests.practitioner(practitioner, DIRECTORY.services[practitioner.service], IDS)
    for system in TOWN.directory.systems:
        yield enrolment_requests.client(system, DIRECTORY.organisations[system.organisation], KEY, IDS)
    yield from of_staffing()
    for person in TOWN.directory.people:
        organisation_id = DIRECTORY.organisations[person.organisation]
        practitioner_id = DIRECTORY.practitioners[person.practitioner or ""]
        yield enrolment_requests.person(
            person, organisation_id, practitioner_id, "twelve letters", MADE_ON, IDS
        )


@pytest.mark.parametrize("size", [TINY, DEMO])
def test_every_row_is_a_valid_registration(size: int) -> None:
    town = generate(size)
    for row in town.rows():
        protovalidate.validate(child_requests.facts(row))


def test_every_request_of_a_row_is_valid() -> None:
    for row in TOWN.rows():
        for request in of_row(row):
            protovalidate.validate(request)


def test_every_request_for_the_directory_is_valid() -> None:
    for request in of_directory():
        protovalidate.validate(request)


def test_no_two_requests_share_an_id_and_all_are_the_same_next_time() -> None:
    first = [request for row in TOWN.rows() for request in of_row(row)] + list(of_directory())
    ids = [one.request_id for one in first if "request_id" in one.DESCRIPTOR.fields_by_name]  # type: ignore[attr-defined]
    assert len(ids) == len(set(ids))
    assert first == [request for row in TOWN.rows() for request in of_row(row)] + list(of_directory())


def test_another_town_has_other_request_ids() -> None:
    assert IDS.of("service", "a") != RequestIds(TOWN.size, TOWN.seed + 1).of("service", "a")
    assert IDS.of("service", "a", "b") != IDS.of("service", "ab")


def test_the_truth_is_never_sent() -> None:
    for row in TOWN.rows():
        for request in of_row(row):
            assert row.truth_id.encode() not in request.SerializeToString()


def test_the_public_half_of_a_key_alone_is_sent() -> None:
    [system, *_] = TOWN.directory.systems
    sent = enrolment_requests.client(system, DIRECTORY.organisations[system.organisation], KEY, IDS)
    assert '"d"' not in sent.public_jwk


def test_facts_say_what_the_row_says() -> None:
    [row] = [one for one in TOWN.story.rows if one.agency == "org-social-care"]
    facts = child_requests.facts(row)
    assert [(name.given_name, name.use) for name in facts.names] == [
        ("Amina", child_pb2.Name.USE_OFFICIAL),
        ("Mina", child_pb2.Name.USE_ALIAS),
    ]
    born = facts.birth_date.date
    assert (born.year, born.month, born.day, facts.birth_date.accuracy) == (2014, 5, 14, "AAA")
    assert [address.use for address in facts.addresses] == [
        child_pb2.Address.USE_HOME,
        child_pb2.Address.USE_FORMER,
    ]


def test_a_date_of_birth_of_which_nothing_is_known_is_left_out() -> None:
    rows = [row for row in generate(DEMO).rows() if row.birth_date == (None, None, None)]
    assert rows
    assert not any(child_requests.facts(row).HasField("birth_date") for row in rows)


def test_sensitive_kinds_of_the_town_are_sensitive_kinds_of_the_directory() -> None:
    sensitive = {directory_pb2.Service.Kind.Value(f"KIND_{kind.upper()}") for kind in SENSITIVE_KINDS}
    assert {enrolment_requests.SERVICE_KINDS[kind] for kind in SENSITIVE_KINDS} == sensitive
    assert all(
        kind not in sensitive
        for name, kind in enrolment_requests.SERVICE_KINDS.items()
        if name not in SENSITIVE_KINDS
    )


def test_sensitive_rows_rest_on_consent_or_on_a_ground_and_the_storys_on_consent() -> None:
    rows = [row for row in generate(DEMO).rows() if row.involvement.sensitive]
    grounds = sum(map(rests_on_ground, rows))
    assert len(rows) / 6 < grounds < len(rows) / 2
    assert not any(rests_on_ground(row) for row in rows if row.truth_id == TRUTH_ID)


def test_early_help_for_a_family_rests_on_consent() -> None:
    rows = [row for row in generate(DEMO).rows() if row.involvement.subject == "family"]
    assert rows
    assert all(needs_basis(row) and not rests_on_ground(row) for row in rows)


def test_a_ground_is_a_valid_basis() -> None:
    assert SIGNIFICANT_HARM.ground == child_index_service_pb2.Basis.GROUND_SIGNIFICANT_HARM
