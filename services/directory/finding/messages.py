"""What was found as the contract shows it. Pure."""

import json
from collections.abc import Sequence
from typing import Final

from kith.directory.v1 import publication_service_pb2 as pb
from services.directory.finding import listing
from services.directory.finding.index import Hit
from services.directory.finding.listing import Part
from services.directory.finding.postcodes import Place, Precision
from services.directory.finding.reasons import reasons
from services.directory.finding.store import Published
from services.directory.finding.words import Asked, How

_PARTS: Final = {
    Part.NAME: pb.WordMatch.PART_NAME,
    Part.TAXONOMY: pb.WordMatch.PART_TAXONOMY,
    Part.DESCRIPTION: pb.WordMatch.PART_DESCRIPTION,
    Part.ORGANIZATION: pb.WordMatch.PART_ORGANIZATION,
    Part.LOCATION: pb.WordMatch.PART_LOCATION,
}

_HOWS: Final = {
    How.SAME: pb.WordMatch.HOW_SAME,
    How.SYNONYM: pb.WordMatch.HOW_SYNONYM,
    How.SPELLING: pb.WordMatch.HOW_SPELLING,
}
_PRECISIONS: Final = {
    Precision.COORDINATES: pb.Origin.PRECISION_COORDINATES,
    Precision.POSTCODE: pb.Origin.PRECISION_POSTCODE,
    Precision.SECTOR: pb.Origin.PRECISION_SECTOR,
    Precision.DISTRICT: pb.Origin.PRECISION_DISTRICT,
}


def publication(found: Published) -> pb.Publication:
    """Return the publication's message."""
    message = pb.Publication(
        kind=found.kind,
        id=str(found.id),
        organization_id=str(found.organization_id or ""),
        json=found.json or "",
        etag=found.etag,
    )
    message.modified_time.FromDatetime(found.modified_time)
    return message


def origin(place: Place) -> pb.Origin:
    """Return the place that distances are measured from."""
    message = pb.Origin(precision=_PRECISIONS[place.precision])
    message.coordinates.latitude, message.coordinates.longitude = place.latitude, place.longitude
    return message


def result(hit: Hit, found: Published, asked: Sequence[Asked], filters: Sequence[str]) -> pb.ServiceResult:
    """Return what was found and why; its full JSON is needed where words or ages were asked for."""
    message = pb.ServiceResult(publication=publication(found))
    if hit.distance is not None:
        message.distance = round(hit.distance, 1)
    ageless = False
    if found.full_json is not None:
        full = json.loads(found.full_json)
        ageless = listing.ages(full) == (None, None)
        for reason in reasons(asked, listing.words(full)):
            message.words.add(
                asked=reason.asked, found=reason.found, how=_HOWS[reason.how], part=_PARTS[reason.part]
            )
    for name in filters:
        message.filters.add(filter=name, not_stated=ageless and name == "age")
    return message
