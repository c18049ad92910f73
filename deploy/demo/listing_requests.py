"""What is listed as requests: entries in the terms of HSDS, handed in by who keeps them and approved by an editor."""

import json
from collections.abc import Iterable, Mapping
from math import cos, radians
from typing import Final

from deploy.demo import places
from deploy.demo.enrolment_requests import SERVICE_KINDS
from deploy.demo.listings import CENTRE, Charity, Listing, Listings, Place
from deploy.demo.request_ids import RequestIds
from kith.directory.v1 import entry_pb2, entry_service_pb2
from kith.hsds.v1 import hsds_pb2

NEEDS: Final = "Needs of children and families"
"""The vocabulary with which Kith comes."""
_KILOMETRES_A_DEGREE: Final = 111.2


def charity(one: Charity, ids: RequestIds) -> entry_service_pb2.CreateEntryRequest:
    """Returns an organization with its number in the register of charities."""
    domain = one.key.removeprefix("org-")
    organization = hsds_pb2.Organization(
        name=one.name,
        description=one.description,
        website=f"https://{domain}.example.org",
        email=f"hello@{domain}.example.org",
        phones=[hsds_pb2.Phone(number=places.freephone(_number(one.key)), type="voice")],
        organization_identifiers=[
            hsds_pb2.OrganizationIdentifier(
                identifier_scheme="GB-CHC", identifier_type="Charity number", identifier=one.number
            )
        ],
    )
    return _create(entry_pb2.Document(organization=organization), one.key, ids)


def place(one: Place, ids: RequestIds) -> entry_service_pb2.CreateEntryRequest:
    """Returns a location, on the ground with its address and coordinates."""
    location = hsds_pb2.Location(name=one.name, location_type="virtual" if one.online else "physical")
    if not one.online:
        location.latitude = round(CENTRE[0] + one.north / _KILOMETRES_A_DEGREE, 5)
        location.longitude = round(CENTRE[1] + one.east / (_KILOMETRES_A_DEGREE * cos(radians(CENTRE[0]))), 5)
        location.addresses.add(
            address_1=one.street,
            city=places.TOWN,
            postal_code=_postcode(one),
            country="GB",
            address_type="physical",
        )
        location.accessibility.extend(hsds_pb2.Accessibility(description=what) for what in one.access)
    return _create(entry_pb2.Document(location=location), one.key, ids)


def service(
    one: Listing,
    organization_id: str,
    location_id: str,
    terms: Mapping[str, str],
    listings: Listings,
    ids: RequestIds,
) -> entry_service_pb2.CreateEntryRequest:
    """Returns a service with its schedule, cost, needs and languages; `location_id` is empty for visits at home.

    `terms` are the ids of needs by name.
    """
    domain = one.organisation.removeprefix("org-")
    amount, unit = one.cost
    made = hsds_pb2.Service(
        organization_id=organization_id,
        name=one.name,
        description=one.description,
        url=f"https://{domain}.example.org/{one.key}",
        email=f"{one.key}@{domain}.example.org",
        status="active",
        fees_description=f"£{f'{amount:.2f}'.removesuffix('.00')} {unit}" if amount else "Free",
        minimum_age=one.ages[0],
        maximum_age=one.ages[1],
        application_process=one.route,
        phones=[hsds_pb2.Phone(number=places.freephone(_number(one.key)), type="voice")],
        schedules=[_schedule(one.when)],
        service_areas=[hsds_pb2.ServiceArea(name=places.TOWN)],
        languages=[
            hsds_pb2.Language(code=code, name=listings.languages[code]) for code in ("en", *one.languages)
        ],
        cost_options=[hsds_pb2.CostOption(amount=amount, currency="GBP", amount_description=unit or "free")],
        attributes=[hsds_pb2.Attribute(taxonomy_term_id=terms[need], link_type="need") for need in one.needs],
    )
    if location_id:
        made.service_at_locations.add(location_id=location_id)
    facts = entry_pb2.ServiceFacts(
        kind=SERVICE_KINDS[one.kind],
        accepts_assessment=one.assessment,
        referral_route=one.route,
        threshold_levels=one.levels,
        exclusions=one.not_done,
    )
    return _create(entry_pb2.Document(service=made, service_facts=facts), one.key, ids)


def needs(published: Iterable[str]) -> dict[str, str]:
    """Returns the ids of needs by name, from published terms in HSDS JSON."""
    terms = [json.loads(term) for term in published]
    return {term["name"]: term["id"] for term in terms if term.get("taxonomy") == NEEDS}


def submission(entry: entry_pb2.Entry, key: str, ids: RequestIds) -> entry_service_pb2.SubmitRevisionRequest:
    """Returns the handing in of a first revision."""
    return entry_service_pb2.SubmitRevisionRequest(
        entry_id=entry.id, number=1, request_id=ids.of("submission", key)
    )


def approval(entry: entry_pb2.Entry, key: str, ids: RequestIds) -> entry_service_pb2.ApproveRevisionRequest:
    """Returns the approval of a first revision."""
    return entry_service_pb2.ApproveRevisionRequest(
        entry_id=entry.id, number=1, request_id=ids.of("approval", key)
    )


def _create(document: entry_pb2.Document, key: str, ids: RequestIds) -> entry_service_pb2.CreateEntryRequest:
    return entry_service_pb2.CreateEntryRequest(document=document, request_id=ids.of("listing", key))


def _schedule(when: str) -> hsds_pb2.Schedule:
    days, _, hours = when.partition(" ")
    opens, _, closes = hours.partition("-")
    return hsds_pb2.Schedule(
        freq="MONTHLY" if days[0].isdecimal() else "WEEKLY", byday=days, opens_at=opens, closes_at=closes
    )


def _postcode(one: Place) -> str:
    """A postcode of the side of the town that it lies on, so that districts differ by where they are."""
    side = {(True, False): 1, (True, True): places.STORY_DISTRICT, (False, True): 2, (False, False): 3}
    _, _, inward = places.postcode(_number(one.key)).partition(" ")
    return f"{places.TOWN_AREA}{side[one.north >= 0, one.east >= 0]} {inward}"


def _number(key: str) -> int:
    return sum(map(ord, key)) * 7
