"""A stream of registrations by a system that sends each again, under the same request id, until it is acknowledged."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import grpc
from google.type import date_pb2
from grpc.aio import AioRpcError

from deploy.demo.agency_client import AgencyClient, IssuerUnreachable
from kith.childindex.v1 import child_index_service_pb2, child_pb2
from tests.fixtures.eventually import eventually
from tests.fixtures.partnership import Organisation, Partnership, new_child, registration

_WORKERS: Final = 4
_MOST: Final = 400
"""Then it has shown enough, on however fast a machine."""
# What says "try again". Anything else would end up with the agency's staff: then the test fails.
_PASSING: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


@dataclass(frozen=True)
class Acknowledged:
    """A registration that was answered OK, however often it was sent."""

    organisation: Organisation
    request: child_index_service_pb2.RegisterChildRequest
    answer: child_index_service_pb2.RegisterChildResponse


@dataclass
class Stream:
    """What has been acknowledged so far, and to whom."""

    kith: Partnership
    organisation: Organisation
    acknowledged: list[Acknowledged] = field(default_factory=list)
    sent_again: int = 0

    async def grown(self, by: int) -> None:
        """Wait until that many more are acknowledged."""
        wanted = min(len(self.acknowledged) + by, _MOST)
        await eventually(lambda: len(self.acknowledged) >= wanted)

    async def register(self, *, ending: asyncio.Event) -> None:
        """One worker: registers one child after the other until told to end; the last one is still acknowledged."""
        while not ending.is_set() and len(self.acknowledged) < _MOST:
            request = registration(self.organisation, distinct_child())

            async def sent(
                request: child_index_service_pb2.RegisterChildRequest = request,
            ) -> child_index_service_pb2.RegisterChildResponse | None:
                return await self._sent(request)

            answer = await eventually(sent)
            assert answer is not None
            self.acknowledged.append(Acknowledged(self.organisation, request, answer))

    async def _sent(
        self, request: child_index_service_pb2.RegisterChildRequest
    ) -> child_index_service_pb2.RegisterChildResponse | None:
        """The answer, or None for what may be tried again."""
        known = self.organisation.client
        assert known is not None
        # A token of its own for each: the issuer has its part in every registration.
        client = AgencyClient(known.client_id, known._key, known._issuer)
        try:
            answer: child_index_service_pb2.RegisterChildResponse = await self.kith.index.RegisterChild(
                request, metadata=await client.metadata("provide-service"), timeout=5
            )
        except AioRpcError as error:
            if error.code() not in _PASSING:
                raise
        except IssuerUnreachable:
            pass
        else:
            return answer
        self.sent_again += 1
        return None


@asynccontextmanager
async def streaming(kith: Partnership) -> AsyncIterator[Stream]:
    """Register children of a new organisation until the block ends."""
    stream = Stream(kith, await kith.organisation())
    ending = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(_WORKERS):
            group.create_task(stream.register(ending=ending))
        try:
            yield stream
        finally:
            ending.set()


def distinct_child() -> child_pb2.Facts:
    """A child that is certain for no other: besides the family name, also born elsewhere on another day."""
    facts = new_child(postcode=f"ZY{random.randint(10, 99)} {random.randint(1, 9)}AA")
    day = date_pb2.Date(
        year=random.randint(2008, 2022), month=random.randint(1, 12), day=random.randint(1, 28)
    )
    facts.birth_date.date.CopyFrom(day)
    return facts
