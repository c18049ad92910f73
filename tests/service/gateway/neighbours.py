"""Search, child index and directory as small servers in this process; what they answer can be set."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from kith.childindex.v1 import child_index_service_pb2 as index_pb2
from kith.childindex.v1 import shield_service_pb2
from kith.childindex.v1.child_index_service_pb2_grpc import (
    ChildIndexServiceServicer,
    add_ChildIndexServiceServicer_to_server,
)
from kith.childindex.v1.shield_service_pb2_grpc import (
    ShieldServiceServicer,
    add_ShieldServiceServicer_to_server,
)
from kith.directory.v1 import directory_service_pb2 as directory_pb2
from kith.directory.v1 import team_service_pb2
from kith.directory.v1.directory_pb2 import Practitioner
from kith.directory.v1.directory_service_pb2_grpc import (
    DirectoryServiceServicer,
    add_DirectoryServiceServicer_to_server,
)
from kith.directory.v1.duty_pb2 import DutyCover
from kith.directory.v1.publication_service_pb2_grpc import add_PublicationServiceServicer_to_server
from kith.directory.v1.team_service_pb2_grpc import TeamServiceServicer, add_TeamServiceServicer_to_server
from kith.search.v1 import search_service_pb2
from kith.search.v1.search_service_pb2_grpc import SearchServiceServicer, add_SearchServiceServicer_to_server
from services.chassis.errors import Failure, to_status
from tests.service.gateway import sample, sample_directory
from tests.service.gateway.publications import FakePublications


class FakeNeighbours:
    """The three services. `refusals` has, by method, what a call is refused with; `calls` what was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.reset()

    def reset(self) -> None:
        """Answer again as usual."""
        self.found = sample.found()
        self.child = sample.child()
        self.practitioners = sample.practitioners()
        self.duty: dict[str, DutyCover] = {}
        self.refusals: dict[str, Failure] = {}
        self.calls: list[tuple[str, Message, dict[str, str]]] = []
        self.recorded: dict[str, index_pb2.RecordInvolvementRequest] = {}
        self.publications = sample_directory.everything()
        self.export_piece = 20

    def practitioner(self, id_: str) -> Practitioner:
        """A practitioner, to be changed."""
        return next(one for one in self.practitioners if one.id == id_)

    def asked(self, method: str) -> list[tuple[Message, dict[str, str]]]:
        """The requests to a method with their metadata."""
        return [(request, metadata) for name, request, metadata in self.calls if name == method]

    async def answer(self, method: str, request: Message, context: Any, answer: Callable[[], Message]) -> Any:
        """Note the call; refuse it or answer it."""
        self.calls.append((method, request, dict(context.invocation_metadata())))
        if method in self.refusals:
            await self.refuse(self.refusals[method], context)
        return answer()

    async def refuse(self, failure: Failure, context: Any) -> None:
        """End a call with a failure, as the services do."""
        status: Any = rpc_status.to_status(to_status(failure, "fake.kith"))
        await context.abort_with_status(status)


class _Search(SearchServiceServicer):
    def __init__(self, fakes: FakeNeighbours) -> None:
        self._fakes = fakes

    async def FindChildren(self, request: search_service_pb2.FindChildrenRequest, context: Any) -> Any:
        return await self._fakes.answer("FindChildren", request, context, lambda: self._fakes.found)


class _ChildIndex(ChildIndexServiceServicer):
    def __init__(self, fakes: FakeNeighbours) -> None:
        self._fakes = fakes

    async def GetChild(self, request: index_pb2.GetChildRequest, context: Any) -> Any:
        response = index_pb2.GetChildResponse(child=self._fakes.child)
        return await self._fakes.answer("GetChild", request, context, lambda: response)

    async def RecordInvolvement(self, request: index_pb2.RecordInvolvementRequest, context: Any) -> Any:
        def record() -> Message:
            self._fakes.recorded[request.request_id] = request
            return index_pb2.RecordInvolvementResponse()

        return await self._fakes.answer("RecordInvolvement", request, context, record)


class _Shields(ShieldServiceServicer):
    def __init__(self, fakes: FakeNeighbours) -> None:
        self._fakes = fakes

    async def ShieldChild(self, request: shield_service_pb2.ShieldChildRequest, context: Any) -> Any:
        def shield() -> Message:
            self._fakes.child.shielded = True
            return shield_service_pb2.ShieldChildResponse()

        return await self._fakes.answer("ShieldChild", request, context, shield)


class _Directory(DirectoryServiceServicer):
    def __init__(self, fakes: FakeNeighbours) -> None:
        self._fakes = fakes

    async def BatchGetOrganisations(
        self, request: directory_pb2.BatchGetOrganisationsRequest, context: Any
    ) -> Any:
        found = [one for one in sample.ORGANISATIONS if one.id in request.ids]
        response = directory_pb2.BatchGetOrganisationsResponse(organisations=found)
        return await self._fakes.answer("BatchGetOrganisations", request, context, lambda: response)

    async def BatchGetServices(self, request: directory_pb2.BatchGetServicesRequest, context: Any) -> Any:
        found = [one for one in sample.SERVICES if one.id in request.ids]
        response = directory_pb2.BatchGetServicesResponse(services=found)
        return await self._fakes.answer("BatchGetServices", request, context, lambda: response)

    async def BatchGetPractitioners(
        self, request: directory_pb2.BatchGetPractitionersRequest, context: Any
    ) -> Any:
        found = [one for one in self._fakes.practitioners if one.id in request.ids]
        response = directory_pb2.BatchGetPractitionersResponse(practitioners=found)
        return await self._fakes.answer("BatchGetPractitioners", request, context, lambda: response)

    async def ListServices(self, request: directory_pb2.ListServicesRequest, context: Any) -> Any:
        own = [one for one in sample.SERVICES if one.organisation_id == request.organisation_id]
        response = directory_pb2.ListServicesResponse(services=own)
        return await self._fakes.answer("ListServices", request, context, lambda: response)


class _Teams(TeamServiceServicer):
    def __init__(self, fakes: FakeNeighbours) -> None:
        self._fakes = fakes

    async def BatchGetDutyCover(
        self, request: team_service_pb2.BatchGetDutyCoverRequest, context: Any
    ) -> Any:
        found = {one: self._fakes.duty[one] for one in request.service_ids if one in self._fakes.duty}
        response = team_service_pb2.BatchGetDutyCoverResponse(by_service=found)
        return await self._fakes.answer("BatchGetDutyCover", request, context, lambda: response)


@asynccontextmanager
async def running_neighbours() -> AsyncIterator[FakeNeighbours]:
    """Run the three on one free port."""
    fakes = FakeNeighbours()
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    add_SearchServiceServicer_to_server(_Search(fakes), server)
    add_ChildIndexServiceServicer_to_server(_ChildIndex(fakes), server)
    add_ShieldServiceServicer_to_server(_Shields(fakes), server)
    add_DirectoryServiceServicer_to_server(_Directory(fakes), server)
    add_TeamServiceServicer_to_server(_Teams(fakes), server)
    add_PublicationServiceServicer_to_server(FakePublications(fakes), server)
    fakes.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    await server.start()
    try:
        yield fakes
    finally:
        await server.stop(grace=None)
