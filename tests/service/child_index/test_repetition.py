"""A write that is sent again gets its answer, whatever the neighbours say by then (F2, F3; DESIGN section 7)."""

import secrets
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import grpc
import pytest
import pytest_asyncio
from google.type import date_pb2

from kith.access.v1 import access_pb2
from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.childindex.v1 import child_pb2
from kith.directory.v1 import directory_pb2, directory_service_pb2
from kith.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceServicer,
    add_DirectoryServiceServicer_to_server,
)
from services.chassis import access, database
from services.chassis.caller import Caller, Kind
from services.chassis.database import Database
from services.chassis.errors import Unavailable
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.seal import Sealer
from services.child_index import events
from services.child_index.disclosure import Disclosures
from services.child_index.match_keys import MatchKeys
from services.child_index.neighbours import Consent, Directory
from services.child_index.registration import Registrar
from services.child_index.service import ChildIndexService
from services.matching import load_model
from tests.fixtures.postgres import ServiceDatabases

USES = ("facts", "match", "identifier", "child_id", "page_token", "request")
AGENCY = "00000000-0000-4000-8000-000000000001"
NO_CONTEXT: Any = None


class OneAgencysDirectory(DirectoryServiceServicer):
    """Knows every service as a standard one of the agency."""

    async def BatchGetServices(
        self, request: directory_service_pb2.BatchGetServicesRequest, _: Any
    ) -> directory_service_pb2.BatchGetServicesResponse:
        standard = directory_pb2.Service.SENSITIVITY_STANDARD
        return directory_service_pb2.BatchGetServicesResponse(
            services=[
                directory_pb2.Service(id=one, organisation_id=AGENCY, sensitivity=standard)
                for one in request.ids
            ]
        )


@pytest.fixture
def as_the_agency() -> Iterator[None]:
    """Have the calls of the test answered for the agency's system."""
    caller = Caller(Kind.SYSTEM, "system", AGENCY, "system", frozenset({"test"}), frozenset())
    decision = access.authorise("/test", access_pb2.Rule(scope="test"), caller, None)
    token = access.enter(decision)
    yield
    access.leave(token)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(service_database: ServiceDatabases) -> AsyncIterator[Database]:
    made = await service_database("child_index")
    async with database.pool(made.app_url_file, name="test") as opened:
        yield opened


def child_index(pool: Database, keyring: Keyring, neighbours: grpc.aio.Channel) -> ChildIndexService:
    """The service as it is after a start: it remembers nothing that the directory said before."""
    return ChildIndexService(
        pool,
        keyring=keyring,
        registrar=Registrar(Sealer(keyring), MatchKeys(keyring), load_model()),
        disclosures=Disclosures(500, 500),
        directory=Directory(neighbours),
        consent=Consent(neighbours),
        relay=Relay(pool, events.TOPIC, KafkaSettings(), "test"),
    )


def registration() -> pb.RegisterChildRequest:
    return pb.RegisterChildRequest(
        local_key=pb.LocalKey(system="s", local_id="1"),
        facts=child_pb2.Facts(names=[child_pb2.Name(given_name="Ottilie", family_name="Fenwick")]),
        involvement=pb.InvolvementDetails(
            service_id=str(uuid4()), role="Teacher", start_date=date_pb2.Date(year=2026, month=1, day=5)
        ),
        request_id=str(uuid4()),
    )


@pytest.mark.usefixtures("as_the_agency")
async def test_a_repetition_is_answered_without_the_directory(pool: Database) -> None:
    """The first answer was lost on its way, and by the time of the second the directory is away."""
    keyring = Keyring(dict.fromkeys(USES, "1"), {use: {"1": secrets.token_bytes(32)} for use in USES})
    directory = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_DirectoryServiceServicer_to_server(OneAgencysDirectory(), directory)
    address = f"127.0.0.1:{directory.add_insecure_port('127.0.0.1:0')}"
    await directory.start()
    registered, recorded = registration(), registration()
    async with grpc.aio.insecure_channel(address) as neighbours:
        service = child_index(pool, keyring, neighbours)
        first = await service.RegisterChild(registered, NO_CONTEXT)
        involvement = pb.RecordInvolvementRequest(
            child=pb.ChildRef(child_id=first.child_id),
            involvement=recorded.involvement,
            request_id=recorded.request_id,
        )
        second = await service.RecordInvolvement(involvement, NO_CONTEXT)
    await directory.stop(grace=None)

    async with grpc.aio.insecure_channel(address) as neighbours:
        service = child_index(pool, keyring, neighbours)
        assert await service.RegisterChild(registered, NO_CONTEXT) == first
        assert await service.RecordInvolvement(involvement, NO_CONTEXT) == second
        with pytest.raises(Unavailable, match="DIRECTORY_UNAVAILABLE"):
            await service.RegisterChild(registration(), NO_CONTEXT)
