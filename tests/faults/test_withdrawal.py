"""A consent withdrawn while what would tell of it is dead, and consent itself gone (F36; G8, G12; DESIGN 5 no. 9)."""

import uuid
from dataclasses import dataclass

from google.type import date_pb2

from kith.childindex.v1 import child_index_service_pb2, child_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2
from kith.directory.v1 import directory_pb2
from tests.faults.invariants import nothing_unsent
from tests.faults.kill import killed
from tests.fixtures.eventually import eventually
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import TODAY, Organisation, Partnership, involvement, new_child

# Calls go to the twins of child_index in turn: both are asked.
_TWINS = 2
_LOCAL_ID = "its-own-key"


@dataclass
class Shared:
    """A child whose mental-health service lets one school see it, by consent."""

    kith: Partnership
    camhs: Organisation
    school: Organisation
    child_id: str
    consent_id: str

    async def reads(self) -> list[child_pb2.Child]:
        """The record as the school reads it: each way, from each twin."""
        refs = [
            child_index_service_pb2.ChildRef(child_id=self.child_id),
            child_index_service_pb2.ChildRef(
                local_key=child_index_service_pb2.LocalKey(system="files", local_id=_LOCAL_ID)
            ),
        ]
        requests = [child_index_service_pb2.GetChildRequest(child=ref) for ref in refs for _ in range(_TWINS)]
        index = self.kith.index
        return [(await self.kith.call(self.school, index.GetChild, one)).child for one in requests]

    async def withdraw(self) -> None:
        """The family says no more."""
        request = consent_service_pb2.WithdrawConsentRequest(
            consent_id=self.consent_id, request_id=str(uuid.uuid4())
        )
        await self.kith.call(self.camhs, self.kith.consent.WithdrawConsent, request)

    def seen_in(self, child: child_pb2.Child) -> tuple[set[str], int, bool]:
        """Whose involvements are shown, how many neutral lines, and whether consent was asked."""
        shown = {one.organisation_id for one in child.involvements}
        return shown, child.sensitive_involvement_count, child.sensitive_checked

    @property
    def with_consent(self) -> tuple[set[str], int, bool]:
        """What the school sees by the consent."""
        return {self.school.id, self.camhs.id}, 0, True

    @property
    def standard(self) -> set[str]:
        """Whose involvements anybody with access sees."""
        return {self.school.id}


async def _shared(kith: Partnership) -> Shared:
    camhs = await kith.organisation(directory_pb2.Service.KIND_MENTAL_HEALTH, "CAMHS")
    school, facts = await kith.organisation(), new_child()
    registered = await kith.register(camhs, facts, involved=False)
    at_school = await kith.register(school, facts, local_id=_LOCAL_ID)
    recorded = await kith.call(
        camhs,
        kith.consent.RecordConsent,
        consent_service_pb2.RecordConsentRequest(
            child_id=registered.child_id,
            scope=consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT,
            recipient_organisation_ids=[school.id],
            giver=consent_pb2.Consent.GIVER_PARENTAL_RESPONSIBILITY,
            method=consent_pb2.Consent.METHOD_IN_PERSON,
            wording_version="2026-1",
            limits_explained=True,
            start_date=TODAY,
            expire_date=date_pb2.Date(year=2030, month=1, day=1),
            request_id=str(uuid.uuid4()),
        ),
    )
    details = involvement(camhs)
    details.basis.consent_id = recorded.consent.id
    request = child_index_service_pb2.RecordInvolvementRequest(
        child=child_index_service_pb2.ChildRef(child_id=registered.child_id),
        involvement=details,
        request_id=str(uuid.uuid4()),
    )
    await kith.call(camhs, kith.index.RecordInvolvement, request)
    shared = Shared(kith, camhs, school, at_school.child_id, recorded.consent.id)
    assert [shared.seen_in(read) for read in await shared.reads()] == [shared.with_consent] * 2 * _TWINS
    return shared


async def test_f36_the_very_next_read_obeys_with_broker_and_consumers_dead(
    kith: Partnership, fleet: RunningFleet
) -> None:
    """G12: nothing that is shown rests on an event."""
    shared = await _shared(kith)
    names = ("kafka", "search", "search-2")
    async with killed(*(fleet.processes.process(name) for name in names)):
        await shared.withdraw()
        reads = await shared.reads()
    assert [shared.seen_in(read) for read in reads] == [(shared.standard, 0, True)] * 2 * _TWINS
    await eventually(lambda: nothing_unsent(fleet))


async def test_f36_without_consent_the_standard_part_is_shown_and_said_to_be_that(
    kith: Partnership, fleet: RunningFleet
) -> None:
    """G8: no old answer is used, and no number of sensitive services is told that could not be checked."""
    shared = await _shared(kith)
    async with killed(*(fleet.processes.process(name) for name in ("consent", "consent-2"))):
        reads = await shared.reads()
    assert [shared.seen_in(read) for read in reads] == [(shared.standard, 0, False)] * 2 * _TWINS

    async def again() -> bool:
        return all(shared.seen_in(read) == shared.with_consent for read in await shared.reads())

    assert await eventually(again)
    await eventually(lambda: nothing_unsent(fleet))


async def test_f36_withdrawn_before_consent_went_it_stays_hidden_when_it_is_back(
    kith: Partnership, fleet: RunningFleet
) -> None:
    """G12: nobody saw the withdrawal before the fault, so only the truth can say so after it."""
    shared = await _shared(kith)
    await shared.withdraw()
    async with killed(*(fleet.processes.process(name) for name in ("consent", "consent-2"))):
        during = [shared.seen_in(read)[0] for read in await shared.reads()]
    assert during == [shared.standard] * 2 * _TWINS

    shown = set[str]()

    async def checked() -> bool:
        reads = await shared.reads()
        shown.update(one.organisation_id for read in reads for one in read.involvements)
        return all(read.sensitive_checked for read in reads)

    assert await eventually(checked)
    assert shown == shared.standard
    await eventually(lambda: nothing_unsent(fleet))
