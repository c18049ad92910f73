"""A small directory as PublicationService gives it out. Everything in it is made up."""

import datetime as dt
import json
from typing import Any, Final

from google.protobuf.timestamp_pb2 import Timestamp

from kith.directory.v1 import publication_service_pb2 as publication_pb2

ORGANIZATION: Final = {
    "id": "5a6b0f3e-0000-4000-8000-000000000001",
    "name": "Millbrook Family Trust",
    "description": "Helps families in Millbrook.",
    "website": "https://millbrook.example.org",
}
TAXONOMY: Final = {
    "id": "5a6b0f3e-0000-4000-8000-000000000002",
    "name": "Needs",
    "description": "What families ask for.",
}
TERM: Final = {
    "id": "5a6b0f3e-0000-4000-8000-000000000003",
    "name": "Sleep",
    "description": "Sleep of babies and children.",
    "taxonomy_id": TAXONOMY["id"],
}
LOCATION: Final = {
    "id": "5a6b0f3e-0000-4000-8000-000000000004",
    "location_type": "physical",
    "name": "Millbrook Library",
    "addresses": [
        {
            "id": "5a6b0f3e-0000-4000-8000-000000000005",
            "address_1": "2 Lark Row",
            "city": "Millbrook",
            "state_province": "",
            "postal_code": "ZZ9 4AB",
            "country": "GB",
            "address_type": "physical",
        }
    ],
    "latitude": 53.8,
    "longitude": -1.54,
}
MODIFIED: Final = dt.datetime(2026, 9, 1, 9, 30, tzinfo=dt.UTC)


def service(number: int) -> dict[str, Any]:
    """The service of a number, everything nested."""
    service_id = f"5a6b0f3e-0000-4000-8001-{number:012d}"
    return {
        "id": service_id,
        "name": f"Sleep clinic {number}",
        "description": "Advice on <b>sleep</b> for parents of babies – free.",
        "status": "active",
        "minimum_age": 0,
        "maximum_age": 5,
        "assured_date": "2026-08-30",
        "last_modified": "2026-09-01T09:30:00Z",
        "organization": ORGANIZATION,
        "email": "sleep@example.org",
        "url": "javascript:alert(1)",
        "application_process": "Ring in the morning.",
        "phones": [{"id": f"5a6b0f3e-0000-4000-8004-{number:012d}", "number": "01632 960 200"}],
        "schedules": [
            {
                "id": f"5a6b0f3e-0000-4000-8005-{number:012d}",
                "freq": "WEEKLY",
                "byday": "MO,TH",
                "opens_at": "09:30:00",
                "closes_at": "12:00:00",
            }
        ],
        "cost_options": [{"id": f"5a6b0f3e-0000-4000-8006-{number:012d}", "amount": 0}],
        "attributes": [
            {"id": f"5a6b0f3e-0000-4000-8002-{number:012d}", "link_type": "taxonomy", "taxonomy_term": TERM},
            _said(number, 1, "referral", "accepts-assessment", "Accepts an Early Help Assessment (CAF)"),
            _said(number, 2, "scope", "exclusions", "Does not do", "Overnight stays."),
            _said(number, 3, "capacity", "capacity-open", "Open to new people", "confirmed 2026-08-28"),
            _said(number, 4, "threshold_level", "threshold-level-2", "Level 2"),
        ],
        "service_at_locations": [
            {
                "id": f"5a6b0f3e-0000-4000-8003-{number:012d}",
                "service_id": service_id,
                "location": LOCATION,
            }
        ],
    }


def _said(number: int, place: int, link: str, code: str, name: str, value: str = "") -> dict[str, Any]:
    """What Kith says of a service, as the directory renders it."""
    term = {"id": f"5a6b0f3e-0000-4000-8007-{place:012d}", "code": code, "name": name, "description": name}
    attribute_id = f"5a6b0f3e-0000-4000-80{place:02d}-{number:012d}"
    return {
        "id": attribute_id,
        "link_type": link,
        "taxonomy_term": term,
        **({"value": value} if value else {}),
    }


def service_at_location(number: int) -> dict[str, Any]:
    """The service of a number at its location."""
    whole = service(number)
    [here] = whole.pop("service_at_locations")
    return {**here, "service": whole}


def everything(services: int = 45) -> dict[int, list[publication_pb2.Publication]]:
    """All publications by kind."""
    objects = {
        publication_pb2.PUBLICATION_KIND_ORGANIZATION: [ORGANIZATION],
        publication_pb2.PUBLICATION_KIND_SERVICE: [service(number) for number in range(services)],
        publication_pb2.PUBLICATION_KIND_TAXONOMY: [TAXONOMY],
        publication_pb2.PUBLICATION_KIND_TAXONOMY_TERM: [TERM],
        publication_pb2.PUBLICATION_KIND_SERVICE_AT_LOCATION: [
            service_at_location(number) for number in range(services)
        ],
    }
    return {kind: [_publication(kind, one) for one in found] for kind, found in objects.items()}


def _publication(kind: publication_pb2.PublicationKind, body: dict[str, Any]) -> publication_pb2.Publication:
    modified = Timestamp()
    modified.FromDatetime(MODIFIED)
    return publication_pb2.Publication(
        kind=kind,
        id=body["id"],
        json=json.dumps(body, ensure_ascii=False),
        etag=f"v1-{body['id']}",
        modified_time=modified,
    )
