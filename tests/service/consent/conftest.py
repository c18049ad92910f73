from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from google.type.date_pb2 import Date

from kith.consent.v1 import consent_service_pb2 as pb
from kith.consent.v1.consent_pb2 import Consent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from services.chassis.child_ids import ChildIds
from services.chassis.keyring import Keyring
from tests.fixtures.postgres import ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer

Metadata = tuple[tuple[str, str], ...]
PURPOSE = ("kith-purpose", "provide-service")
SCOPES = "consents.read consents.write family.write sharing.write"


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def consent_service(
    service_database: ServiceDatabases, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[ServiceProcess]:
    """Consent, running without a broker."""
    folder = tmp_path_factory.mktemp("consent")
    async with service_process(await service_database("consent"), issuer.url, folder) as running:
        yield running


@pytest.fixture
def stub(consent_service: ServiceProcess) -> ConsentServiceStub:
    return ConsentServiceStub(consent_service.channel)


@dataclass
class Organisation:
    """An organisation whose system records consents."""

    id: str
    metadata: Metadata


@pytest.fixture
def clinic(issuer: Issuer) -> Organisation:
    return organisation(issuer)


@pytest.fixture
def school(issuer: Issuer) -> Organisation:
    return organisation(issuer)


@pytest.fixture
def police(issuer: Issuer) -> Organisation:
    return organisation(issuer)


def organisation(issuer: Issuer) -> Organisation:
    """A new organisation with a system."""
    id_ = str(uuid4())
    system = f"system-{id_}"
    token = issuer.token(kind="system", client_id=system, sub=system, org=id_, scope=SCOPES)
    return Organisation(id_, bearer(token, PURPOSE))


@pytest.fixture
def child_index(issuer: Issuer) -> Metadata:
    """The metadata with which child-index calls for itself."""
    token = issuer.service_token("child-index", "events.read consents.decide")
    return bearer(token, ("kith-service-authorization", f"Bearer {token}"))


@dataclass
class Child:
    """A child as the index knows it, and the id that each organisation knows it by."""

    internal: UUID
    ids: ChildIds

    def of(self, organisation: Organisation) -> str:
        return str(self.ids.outward(self.internal, organisation.id))


@pytest.fixture
def child(consent_service: ServiceProcess) -> Child:
    return Child(uuid4(), ChildIds(Keyring.load(consent_service.keyring_file)))


def today() -> date:
    return datetime.now(UTC).date()


def day(moved: int = 0) -> Date:
    """The day that lies `moved` days after today in UTC."""
    found = today() + timedelta(days=moved)
    return Date(year=found.year, month=found.month, day=found.day)


def request(
    child: Child, recorder: Organisation, *recipients: Organisation, **more: Any
) -> pb.RecordConsentRequest:
    """A consent for a sensitive involvement, from yesterday for a month."""
    said: dict[str, Any] = {
        "child_id": child.of(recorder),
        "scope": Consent.SCOPE_SENSITIVE_INVOLVEMENT,
        "recipient_organisation_ids": [recipient.id for recipient in recipients],
        "giver": Consent.GIVER_PARENTAL_RESPONSIBILITY,
        "method": Consent.METHOD_PAPER,
        "wording_version": "2026-1",
        "limits_explained": True,
        "start_date": day(-1),
        "expire_date": day(30),
        "request_id": str(uuid4()),
    }
    return pb.RecordConsentRequest(**said | more)
