"""Documents that are good, one of each kind, with everything in them that the rules look at."""

from typing import Any
from uuid import UUID

from kith.directory.v1 import entry_pb2

ENTRY_ID = UUID("ac148810-d857-441c-9679-408f346de14b")
ORGANIZATION_ID = "d9d5e0f5-d3ce-4f73-9a2f-4dd0ecc6c610"
LOCATION_ID = "3a19ff88-4620-4d17-9830-ac1d859eb5d5"
TAXONOMY_ID = "5c4d79d7-cc55-470e-9f1f-8cad074e4892"
TERM_ID = "3f7b145d-84af-42d7-8fae-eaca714b02b2"


def good(kind: int) -> dict[str, Any]:
    """A document of the kind, without a fault."""
    made: dict[int, dict[str, Any]] = {
        entry_pb2.ENTRY_KIND_ORGANIZATION: {
            "name": "Millbrook Young People",
            "description": "A charity for young people in Millbrook.",
            "email": "hello@young.example.org",
            "website": "https://young.example.org",
            "phones": [{"number": "01632 960123"}],
            "organization_identifiers": [
                {"identifier_scheme": "GB-CHC", "identifier_type": "Charity number", "identifier": "1234567"}
            ],
        },
        entry_pb2.ENTRY_KIND_SERVICE: _service(),
        entry_pb2.ENTRY_KIND_LOCATION: {
            "location_type": "physical",
            "name": "The Old Library",
            "latitude": 53.7951,
            "longitude": -1.7594,
            "addresses": [
                {
                    "address_1": "1 Mill Street",
                    "city": "Millbrook",
                    "state_province": "",
                    "postal_code": "ZY1 1AA",
                    "country": "GB",
                    "address_type": "physical",
                }
            ],
            "accessibility": [{"description": "Step-free entrance"}],
        },
        entry_pb2.ENTRY_KIND_TAXONOMY: {"name": "Needs", "description": "What a family may need."},
        entry_pb2.ENTRY_KIND_TAXONOMY_TERM: {
            "name": "Parenting",
            "description": "Help with being a parent.",
            "taxonomy_id": TAXONOMY_ID,
        },
    }
    return {"id": str(ENTRY_ID), **made[kind]}


def _service() -> dict[str, Any]:
    return {
        "organization_id": ORGANIZATION_ID,
        "name": "Young carers",
        "description": "A group for children who look after somebody at home.",
        "url": "https://young.example.org/carers",
        "status": "active",
        "fees_description": "Free",
        "minimum_age": 5,
        "maximum_age": 18,
        "phones": [{"number": "0300 123 4567", "languages": [{"name": "Punjabi", "code": "pa"}]}],
        "schedules": [
            {
                "id": "48102e86-bb50-41c4-8f1e-e269368c41d1",
                "valid_from": "2026-01-05",
                "freq": "WEEKLY",
                "byday": "TU",
                "opens_at": "16:00",
                "closes_at": "18:00",
            }
        ],
        "service_areas": [{"name": "Millbrook"}],
        "service_at_locations": [{"id": "e94c9f38-1e8f-4564-91d4-d53501ab1765", "location_id": LOCATION_ID}],
        "languages": [{"name": "English", "code": "en"}],
        "funding": [{"source": "Millbrook Council"}],
        "cost_options": [{"valid_from": "2026-01-01", "option": "under 5s", "currency": "GBP", "amount": 0}],
        "required_documents": [{"document": "None"}],
        "contacts": [
            {
                "name": "The carers’ team",
                "email": "carers@young.example.org",
                "phones": [{"number": "0300 123 4568"}],
            }
        ],
        "attributes": [{"taxonomy_term_id": TERM_ID, "link_type": "need"}],
        "kith": {
            "kind": "KIND_COMMUNITY",
            "accepts_assessment": True,
            "referral_form": "Young carers form",
            "referral_route": "Ring us first.",
            "threshold_levels": [2, 3],
            "exclusions": "No help with money.",
            "advice_contact": {"display_name": "Duty worker", "phone": "01632 960124"},
        },
    }
