"""What time alone changes, on a clock that the test sets; decisions do not wait for it (issue 6 no. 7)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from google.type.date_pb2 import Date

from deploy.local.process import ProcessFailed
from kith.consent.v1 import consent_service_pb2, family_pb2
from kith.consent.v1 import oversight_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceStub
from kith.consent.v1.oversight_pb2 import DueItem
from kith.consent.v1.oversight_service_pb2_grpc import OversightServiceStub
from kith.consent.v1.sharing_pb2 import Notice
from kith.consent.v1.sharing_service_pb2 import ListNoticesRequest
from kith.consent.v1.sharing_service_pb2_grpc import SharingServiceStub
from services.chassis.child_ids import ChildIds
from services.chassis.keyring import Keyring
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import until
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import Child, Metadata, Organisation, day, request, today
from tests.service.consent.family import Recorder
from tests.service.consent.test_decide import see


@dataclass
class Shifted:
    """Consent, running on a clock of its own."""

    running: ServiceProcess
    file: Path

    def ahead(self, days: int) -> None:
        """Move the clock."""
        new = self.file.with_suffix(".new")
        new.write_text(str(days), encoding="utf-8")
        new.replace(self.file)

    def child(self) -> Child:
        """A child that nothing is recorded of."""
        return Child(uuid4(), ChildIds(Keyring.load(self.running.keyring_file)))


@pytest_asyncio.fixture
async def shifted(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path: Path
) -> AsyncIterator[Shifted]:
    file = tmp_path / "days"
    file.write_text("0", encoding="utf-8")
    settings = {"KITH_CLOCK_SHIFT_FILE": str(file)}
    database = await service_database("consent")
    async with service_process(database, issuer.url, tmp_path, settings) as running:
        yield Shifted(running, file)


async def _state(stub: ConsentServiceStub, consent: Consent, owner: Organisation) -> Consent:
    asked = consent_service_pb2.GetConsentRequest(consent_id=consent.id)
    return (await stub.GetConsent(asked, metadata=owner.metadata)).consent


async def _due(shifted: Shifted, owner: Organisation, **more: Any) -> pb.ListDueResponse:
    stub = OversightServiceStub(shifted.running.channel)
    return await stub.ListDue(pb.ListDueRequest(**more), metadata=owner.metadata)


async def test_the_day_after_its_last_it_has_expired_and_recipients_are_told(
    shifted: Shifted, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    stub, child = ConsentServiceStub(shifted.running.channel), shifted.child()
    asked = request(child, clinic, school, expire_date=day(10), review_date=day(5))
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    before = await _due(shifted, clinic)
    assert [(item.kind, item.due_date, item.overdue) for item in before.items] == [
        (DueItem.KIND_CONSENT_REVIEW, day(5), False),
        (DueItem.KIND_CONSENT_EXPIRY, day(10), False),
    ]
    shifted.ahead(6)
    later = await _due(shifted, clinic)
    assert (later.total_count, later.overdue_count, later.items[0].overdue) == (2, 1, True)
    shifted.ahead(11)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_OUT_OF_TIME

    async def expired() -> bool:
        return (await _state(stub, consent, clinic)).state == Consent.STATE_EXPIRED

    await until(expired)
    notices = await SharingServiceStub(shifted.running.channel).ListNotices(
        ListNoticesRequest(), metadata=school.metadata
    )
    assert [one.kind for one in notices.notices] == [Notice.KIND_CONSENT_ENDED]
    waiting = await _due(shifted, school)
    assert [item.kind for item in waiting.items] == [DueItem.KIND_NOTICE_RECEIVED]


async def test_the_sixteenth_birthday_freezes_what_a_parent_gave(
    shifted: Shifted, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """Decide says so on the very day, whoever wrote the state down by then."""
    stub, child = ConsentServiceStub(shifted.running.channel), shifted.child()
    family = Recorder(FamilyServiceStub(shifted.running.channel), child, clinic)
    # Sixteen in about forty days.
    sixteen = day(40)
    await family.born(Date(year=sixteen.year - 16, month=sixteen.month, day=min(sixteen.day, 28)))
    mother = await family.mother()
    asked = request(child, clinic, school, giver_person_id=mother, expire_date=day(200))
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    assert consent.freeze_date == Date(year=sixteen.year, month=sixteen.month, day=min(sixteen.day, 28))
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    shifted.ahead(41)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_FROZEN

    async def frozen() -> bool:
        return (await _state(stub, consent, clinic)).state == Consent.STATE_FROZEN

    await until(frozen)
    assert (await _state(stub, consent, clinic)).freeze == Consent.FREEZE_CHILD_SIXTEEN
    versions = await stub.ListConsentVersions(
        consent_service_pb2.ListConsentVersionsRequest(consent_id=consent.id), metadata=clinic.metadata
    )
    assert (versions.versions[-1].subject, versions.versions[-1].method) == ("", "clock")
    due = await _due(shifted, clinic)
    assert DueItem.KIND_CONSENT_FROZEN in {item.kind for item in due.items}


async def test_an_order_that_is_over_gives_nothing_more(
    shifted: Shifted, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    """Who has responsibility by an order has it to its last day."""
    stub, child = ConsentServiceStub(shifted.running.channel), shifted.child()
    family = Recorder(FamilyServiceStub(shifted.running.channel), child, clinic)
    await family.born(Date(year=today().year - 8, month=1, day=1))
    aunt = (await family.person(family_pb2.FamilyPerson.RELATION_RELATIVE)).id
    await family.order(
        kind=family_pb2.CourtOrder.KIND_LIVES_WITH,
        make_date=day(-100),
        end_date=day(20),
        to_person_ids=[aunt],
    )
    asked = request(child, clinic, school, giver_person_id=aunt, expire_date=day(100))
    consent = (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent
    assert consent.freeze_date == day(21)
    shifted.ahead(20)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_CONSENT
    shifted.ahead(21)
    assert await see(stub, child_index, child, consent, school) == Answer.REASON_FROZEN


@pytest.mark.parametrize("days", ["", "soon"])
async def test_a_clock_that_says_no_number_stops_the_start(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path: Path, days: str
) -> None:
    file = tmp_path / "days"
    file.write_text(days, encoding="utf-8")
    database = await service_database("consent")
    settings = {"KITH_CLOCK_SHIFT_FILE": str(file)}
    with pytest.raises(ProcessFailed, match="is not a number of days"):
        async with service_process(database, issuer.url, tmp_path, settings):
            pass
