"""Calls of the loader: what may pass is tried again as it was; what may not is told without what was sent."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import grpc
import pytest
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc.aio import Metadata
from grpc_status import rpc_status
from joserfc.jwk import ECKey

from deploy.demo.agency_client import AgencyClient, TokenRefused
from deploy.demo.calls import Calls, Refused
from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.childindex.v1.child_index_service_pb2_grpc import (
    ChildIndexServiceServicer,
    ChildIndexServiceStub,
    add_ChildIndexServiceServicer_to_server,
)

REQUEST = pb.EndInvolvementRequest(involvement_id="f1b7", request_id="a" * 36)


class Index(ChildIndexServiceServicer):
    """Refuses with each of the codes in turn, then answers."""

    def __init__(self, *codes: "code_pb2.Code") -> None:
        self._codes = list(codes)
        self.received: list[pb.EndInvolvementRequest] = []

    async def EndInvolvement(
        self, request: pb.EndInvolvementRequest, context: Any
    ) -> pb.EndInvolvementResponse:
        self.received.append(request)
        if self._codes:
            status = status_pb2.Status(code=self._codes.pop(0), message=f"about {request.involvement_id}")
            status.details.add().Pack(error_details_pb2.ErrorInfo(reason="INVOLVEMENT_ENDED"))
            await context.abort_with_status(rpc_status.to_status(status))
        return pb.EndInvolvementResponse()


class System(AgencyClient):
    """Has its token already, or is refused one."""

    def __init__(self, refused: str = "") -> None:
        super().__init__("a system", ECKey.generate_key("P-256", {"kid": "1"}), "http://127.0.0.1:1")
        self._refused = refused

    async def metadata(self, purpose: str = "") -> Metadata:
        if self._refused:
            raise TokenRefused(self._refused)
        return Metadata(("kith-purpose", purpose))


@asynccontextmanager
async def serving(index: Index) -> AsyncIterator[ChildIndexServiceStub]:
    server = grpc.aio.server()
    add_ChildIndexServiceServicer_to_server(index, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield ChildIndexServiceStub(channel)
    await server.stop(None)


async def test_what_may_pass_is_tried_again_with_the_same_request() -> None:
    index, calls = (
        Index(code_pb2.UNAVAILABLE, code_pb2.RESOURCE_EXHAUSTED, code_pb2.DEADLINE_EXCEEDED),
        Calls(),
    )
    async with serving(index) as stub:
        await calls.make(stub.EndInvolvement, REQUEST, System(), "provide-service")
    assert index.received == [REQUEST] * 4
    assert calls.tried_again == 3


@pytest.mark.parametrize(
    "code", [code_pb2.INVALID_ARGUMENT, code_pb2.PERMISSION_DENIED, code_pb2.FAILED_PRECONDITION]
)
async def test_what_will_not_pass_is_told_at_once_without_what_was_sent(code: "code_pb2.Code") -> None:
    index = Index(code)
    async with serving(index) as stub:
        with pytest.raises(Refused) as refused:
            await Calls().make(stub.EndInvolvement, REQUEST, System())
    assert str(refused.value) == f"EndInvolvement {code_pb2.Code.Name(code)} INVOLVEMENT_ENDED"
    assert len(index.received) == 1


async def test_a_refused_token_is_told_by_its_oauth_code() -> None:
    index = Index()
    async with serving(index) as stub:
        with pytest.raises(Refused, match="invalid_client"):
            await Calls().make(stub.EndInvolvement, REQUEST, System(refused="invalid_client"))
    assert not index.received
