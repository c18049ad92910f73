"""Days on which somebody is out of office. Why is stored nowhere: it is nobody's business, and often health. Pure."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

MOST_AHEAD: Final = 20
"""How many absences of one practitioner may lie ahead."""


@dataclass(frozen=True, slots=True)
class Absence:
    """From a first to a last day, both included; without a last day until further notice."""

    id: UUID
    practitioner_id: UUID
    start_date: date
    end_date: date | None
    cover_practitioner_id: UUID | None
