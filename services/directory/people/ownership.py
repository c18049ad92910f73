"""Whose entries a caller may change: its own organisation's, an administrator everybody's. Pure."""

from typing import Final
from uuid import UUID

from services.chassis import access
from services.chassis.errors import PermissionDenied

_ADMINISTRATOR: Final = "directory.admin"


def is_administrator() -> bool:
    """Whether the caller may change the entries of every organisation."""
    return _ADMINISTRATOR in access.current().caller.scopes


def require_own(organisation_id: UUID) -> None:
    """Raise PermissionDenied unless the caller may change entries of this organisation."""
    if not is_administrator() and str(organisation_id) != access.current().caller.organisation_id:
        raise PermissionDenied


def organisation() -> UUID | None:
    """Return the organisation of the caller; the operator and services are of none."""
    organisation_id = access.current().caller.organisation_id
    return UUID(organisation_id) if organisation_id else None


def own_organisation() -> UUID:
    """Return the organisation of the caller. Raises PermissionDenied if it has none."""
    own = organisation()
    if own is None:
        raise PermissionDenied
    return own
