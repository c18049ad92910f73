"""What is to be asked for again because the family changed, or because a day has come (issue 6 no. 2, 7)."""

from datetime import datetime
from uuid import UUID

from services.chassis.database import Connection
from services.consent import recording, store
from services.consent.consent import Consent
from services.consent.entitlement import first_freeze, frozen_by, rests
from services.consent.recording import Author
from services.consent.rules.family import Family
from services.consent.rules.policy import Policy


async def freeze_what_changed(
    connection: Connection,
    before: Family,
    after: Family,
    *,
    child_id: UUID,
    organisation_id: UUID,
    policy: Policy,
    by: Author,
    now: datetime,
) -> list[UUID]:
    """Freeze the organisation's consents that no longer stand, and return which; the rest get their new last day.

    In the transaction in which the family is changed, so that no decision is made on the one without the other.
    """
    frozen: list[UUID] = []
    for consent in await store.lock_resting(connection, child_id, organisation_id):
        after_change = frozen_or_bound(consent, before, after, policy, now)
        if after_change is not consent:
            await recording.change(connection, consent, after_change, by)
        if after_change.state != consent.state:
            frozen.append(consent.id)
    return frozen


def frozen_or_bound(
    consent: Consent, before: Family, after: Family, policy: Policy, now: datetime
) -> Consent:
    """Return what a consent that holds is by what is recorded of the family now: frozen, or until when it stands."""
    resting = rests(consent, policy)
    if resting is None:
        return consent
    reason = frozen_by(before, after, resting, now.date())
    if reason is not None:
        return consent.frozen(reason, now)
    return consent.rests_until(first_freeze(after, resting, now.date()), now)
