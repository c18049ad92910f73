"""A duty rota and safeguarding hours as they are stored: JSON, replaced and read as a whole. Pure."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from services.directory.people.duty import Rota, Shift
from services.directory.people.safeguarding import Hours, SafeguardingLead


def rota_text(rota: Rota) -> str:
    """Return the JSON of a rota."""
    return json.dumps({
        "weekly": {str(day): [_shift(one) for one in shifts] for day, shifts in rota.weekly.items()},
        "exceptions": {str(day): [_shift(one) for one in shifts] for day, shifts in rota.exceptions.items()},
    })  # fmt: skip


def rota(text: str) -> Rota:
    """Return the rota of a JSON text."""
    found = json.loads(text)
    return Rota(
        {int(day): _shifts(shifts) for day, shifts in found["weekly"].items()},
        {date.fromisoformat(day): _shifts(shifts) for day, shifts in found["exceptions"].items()},
    )


def safeguarding_text(leads: Sequence[SafeguardingLead]) -> str:
    """Return the JSON of the safeguarding leads."""
    return json.dumps([
        {
            "kind": one.kind,
            "practitioner": str(one.practitioner_id),
            "hours": [[hours.weekday, hours.start, hours.end] for hours in one.hours],
        }
        for one in leads
    ])  # fmt: skip


def safeguarding(text: str) -> list[SafeguardingLead]:
    """Return the safeguarding leads of a JSON text."""
    return [
        SafeguardingLead(
            one["kind"], UUID(one["practitioner"]), tuple(Hours(*hours) for hours in one["hours"])
        )
        for one in json.loads(text)
    ]


def _shift(shift: Shift) -> dict[str, Any]:
    return {
        "start": shift.start,
        "end": shift.end,
        "practitioner": str(shift.practitioner_id) if shift.practitioner_id else None,
        "phone": shift.phone,
    }


def _shifts(stored: Sequence[Mapping[str, Any]]) -> tuple[Shift, ...]:
    return tuple(
        Shift(
            one["start"],
            one["end"],
            UUID(one["practitioner"]) if one["practitioner"] else None,
            one["phone"],
        )
        for one in stored
    )
