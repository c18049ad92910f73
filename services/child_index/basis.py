"""What an involvement or a CAF indicator rests on: checked before it is recorded (DESIGN 5 no. 9, 13)."""

from dataclasses import dataclass
from uuid import UUID

from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.consent.v1 import consent_pb2
from services.child_index.neighbours import Consent
from services.child_index.refusals import BasisRequired

INVOLVEMENT = consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT
CAF = consent_pb2.Consent.SCOPE_CAF_INDICATOR


@dataclass(frozen=True, slots=True)
class Basis:
    """A consent or a ground; neither for a standard involvement."""

    consent_id: UUID | None = None
    ground: int | None = None


async def required_basis(
    consent: Consent,
    stated: pb.Basis | None,
    *,
    child_id: UUID | None,
    scope: consent_pb2.Consent.Scope,
    organisation_id: str,
) -> Basis:
    """Return the stated basis if it holds now for this child.

    Raises BasisRequired when none is stated or the consent does not cover it, and Unavailable when consent cannot be
    asked. `child_id` is None for a child that is only being registered: nobody can have consented for it yet.
    """
    if stated is None:
        raise BasisRequired
    if stated.WhichOneof("value") == "ground":
        return Basis(ground=stated.ground)
    if child_id is None or not await consent.may_record(
        [child_id], stated.consent_id, scope, organisation_id
    ):
        raise BasisRequired
    return Basis(consent_id=UUID(stated.consent_id))
