"""Who asks: the decision of this call, and the organisation it acts for."""

from uuid import UUID

from services.chassis import access
from services.chassis.access import Decision
from services.chassis.errors import PermissionDenied


def asker() -> tuple[Decision, UUID]:
    """Return the decision of this call and the organisation. Raises PermissionDenied for one who acts for none."""
    decision = access.current()
    try:
        return decision, UUID(decision.caller.organisation_id)
    except ValueError:
        raise PermissionDenied from None
