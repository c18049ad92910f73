"""Where the partnership wants everybody's consent, one alone permits nothing, and all of them do (issue 6 no. 2)."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio

from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1 import family_pb2
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2 import Answer
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.consent.v1.family_service_pb2_grpc import FamilyServiceStub
from services.chassis.child_ids import ChildIds
from services.chassis.keyring import Keyring
from services.consent.rules.policy import SHIPPED
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.issuer import Issuer
from tests.service.consent.conftest import Child, Metadata, Organisation, request
from tests.service.consent.family import LONG_AGO, Recorder
from tests.service.consent.test_decide import see

Person = family_pb2.FamilyPerson


@pytest_asyncio.fixture
async def together(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path: Path
) -> AsyncIterator[ServiceProcess]:
    """Consent of a partnership that wants everybody's consent to sharing."""
    policy = json.loads(SHIPPED.read_bytes()) | {"all_needed": ["share_information"]}
    file = tmp_path / "policy.json"
    file.write_text(json.dumps(policy), encoding="utf-8")
    settings = {"KITH_POLICY_FILE": str(file)}
    database = await service_database("consent")
    async with service_process(database, issuer.url, tmp_path, settings) as running:
        yield running


async def test_all_of_them_permit_until_one_withdraws(
    together: ServiceProcess, clinic: Organisation, school: Organisation, child_index: Metadata
) -> None:
    child = Child(uuid4(), ChildIds(Keyring.load(together.keyring_file)))
    stub = ConsentServiceStub(together.channel)
    recorder = Recorder(FamilyServiceStub(together.channel), child, clinic)
    await recorder.born(LONG_AGO)
    mother = await recorder.mother()
    registered = Person.Acquired(route=Person.ROUTE_REGISTERED, date=LONG_AGO)
    father = (await recorder.person(Person.RELATION_FATHER, acquired=[registered])).id

    async def given(by: str) -> Consent:
        asked = request(child, clinic, school, giver_person_id=by)
        return (await stub.RecordConsent(asked, metadata=clinic.metadata)).consent

    hers = await given(mother)
    assert not hers.entitled
    assert await see(stub, child_index, child, hers, school) == Answer.REASON_GIVER_COULD_NOT
    his = await given(father)
    assert await see(stub, child_index, child, hers, school) == Answer.REASON_CONSENT
    assert await see(stub, child_index, child, his, school) == Answer.REASON_CONSENT
    withdraw = pb.WithdrawConsentRequest(consent_id=his.id, request_id=str(uuid4()))
    await stub.WithdrawConsent(withdraw, metadata=clinic.metadata)
    assert await see(stub, child_index, child, hers, school) == Answer.REASON_GIVER_COULD_NOT
