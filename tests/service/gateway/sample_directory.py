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
        "attributes": [
            {"id": f"5a6b0f3e-0000-4000-8002-{number:012d}", "link_type": "taxonomy", "taxonomy_term": TERM}
        ],
        "service_at_locations": [
            {
                "id": f"5a6b0f3e-0000-4000-8003-{number:012d}",
                "service_id": service_id,
                "location": LOCATION,
            }
        ],
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
