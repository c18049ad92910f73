"""A row of a CSV as the service that a feed would have sent, by a table of columns. Pure.

What comes out has the nested form of HSDS, so that a CSV goes through the same rules as a feed.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from services.directory.importing.csv_text import harmless

FIELDS: Final = (
    "id", "name", "alternate_name", "description", "url", "email", "status", "fees", "application_process",
    "eligibility_description", "alert", "last_modified", "assured_date", "minimum_age", "maximum_age",
    "interpretation_services", "accreditations", "schedule", "languages", "terms", "phone",
    "contact.name", "contact.title", "contact.email", "contact.phone",
    "organization.id", "organization.name", "organization.description", "organization.email",
    "organization.website",
    "location.id", "location.name", "location.description", "location.latitude", "location.longitude",
    "address.address_1", "address.address_2", "address.city", "address.region", "address.state_province",
    "address.postal_code", "cost.amount", "cost.option",
)  # fmt: skip
"""What a column may hold. `terms` and `languages` are lists, parted by `;`; the rest is text or a number."""
_NUMBERS: Final = frozenset(
    {"minimum_age", "maximum_age", "location.latitude", "location.longitude", "cost.amount"}
)
_SERVICE: Final = frozenset(name for name in FIELDS if "." not in name) - {
    "schedule",
    "languages",
    "terms",
    "phone",
}


class WrongColumns(Exception):
    """The row has another number of cells than the header."""


def positions(header: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    """Return where each mapped field stands; `mapping` is from heading, whatever its case, to one of FIELDS."""
    wanted = {heading.strip().casefold(): field for heading, field in mapping.items()}
    found: dict[str, int] = {}
    for position, heading in enumerate(header):
        field = wanted.get(heading.strip().casefold())
        if field is not None:
            found.setdefault(field, position)
    return found


def service(row: Sequence[str], columns: int, where: Mapping[str, int], publisher: str) -> dict[str, Any]:
    """Return the row as a service in HSDS's nested form, of the publisher itself if no other is named.

    Raises WrongColumns. A number that is none stays text, for the rules to name. Without an id the service goes by its
    names and postcode: to rename it is then to make another.
    """
    if len(row) != columns:
        raise WrongColumns
    cells = {field: text for field, position in where.items() if (text := harmless(row[position]))}
    values = {field: _number(text) if field in _NUMBERS else text for field, text in cells.items()}
    own = {name: value for name, value in values.items() if name in _SERVICE}
    id_ = cells.get("id") or _by_names(cells)
    own["id"] = id_
    own.setdefault("status", "active")
    made = own | {"organization": _organization(values, publisher)} | _parts(cells, values)
    if place := _location(values, id_):
        made["service_at_locations"] = [{"id": f"{id_}@{place['id']}", "location": place}]
    return made


def _by_names(cells: Mapping[str, str]) -> str:
    names = (cells.get(field, "") for field in ("organization.name", "name", "address.postal_code"))
    return " | ".join(" ".join(name.casefold().split()) for name in names)[:200] if "name" in cells else ""


def _organization(values: Mapping[str, Any], publisher: str) -> dict[str, Any]:
    found = _group(values, "organization.")
    if not found:
        return {"id": "the publisher", "name": publisher}
    found.setdefault("id", " ".join(str(found.get("name", "")).casefold().split())[:200])
    return found


def _parts(cells: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if "schedule" in cells:
        made["schedules"] = [{"id": "schedule", "description": cells["schedule"]}]
    if "phone" in cells:
        made["phones"] = [{"id": "phone", "number": cells["phone"]}]
    if contact := _group(values, "contact."):
        phone = contact.pop("phone", None)
        contact["id"] = "contact"
        made["contacts"] = [contact | ({"phones": [{"id": "contact", "number": phone}]} if phone else {})]
    if cost := _group(values, "cost."):
        made["cost_options"] = [{"id": "cost"} | cost]
    if languages := _listed(cells.get("languages", "")):
        made["languages"] = [{"id": name, "name": name} for name in languages]
    if terms := _listed(cells.get("terms", "")):
        made["attributes"] = [{"id": term, "taxonomy_term": {"id": term, "name": term}} for term in terms]
    return made


def _location(values: Mapping[str, Any], service_id: str) -> dict[str, Any] | None:
    place, address = _group(values, "location."), _group(values, "address.")
    if not place and not address:
        return None
    made = {"id": f"of {service_id}", "location_type": "physical"} | place
    if address:
        line = address.pop("address_2", None)
        if line:
            address["address_1"] = ", ".join(filter(None, (address.get("address_1"), line)))
        made["addresses"] = [{"id": "address", "address_type": "physical", "country": "GB"} | address]
    return made


def _group(values: Mapping[str, Any], prefix: str) -> dict[str, Any]:
    return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}


def _listed(text: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(harmless, text.split(";")))))


def _number(text: str) -> float | str:
    try:
        return int(text) if text.lstrip("-").isdecimal() else float(text.removeprefix("£"))
    except ValueError:
        return text
