"""Keeps OpenSearch in step with the child index: woken by events, reads back, writes by version (DESIGN 5 no. 15)."""

import asyncio
import time
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from google.protobuf.message import DecodeError
from grpc.aio import Channel

from kith.childindex.v1 import projection_service_pb2 as pb
from kith.childindex.v1.child_events_pb2 import ChildEvent
from kith.childindex.v1.projection_service_pb2_grpc import ProjectionServiceStub
from services.chassis.consumer import Changes, Consumer, InvalidEvent, ReceivedEvent
from services.chassis.kafka import KafkaSettings
from services.chassis.outbox import Event
from services.chassis.telemetry import describe, log
from services.search.store import ChildrenIndex

TOPIC: Final = "kith.childindex.v1.child-events"
_GROUP: Final = "search"
_PAGE: Final = 1000
_STALE_SECONDS: Final = 10.0
_RETRY_SECONDS: Final = 1.0


class Projector:
    """Fills the index when it is new, then follows the events. Also a checkpoint, kept in OpenSearch itself."""

    def __init__(self, index: ChildrenIndex, channel: Channel, kafka: KafkaSettings) -> None:
        self._index = index
        self._stub = ProjectionServiceStub(channel)
        self._kafka = kafka
        self._in_step_at = -_STALE_SECONDS
        self._last_page = False

    @property
    def in_step(self) -> bool:
        """Whether the index had everything within the last 10 seconds. If not, look in the child index itself."""
        return time.monotonic() - self._in_step_at < _STALE_SECONDS

    async def run(self) -> None:
        """Run until cancelled. Survives the loss of OpenSearch, of Kafka and of the child index."""
        await self._prepare()
        await Consumer(
            TOPIC,
            _GROUP,
            self._kafka,
            handle=self._handle,
            decode=decode,
            list_changes=self._list_changes,
            checkpoint=self,
        ).run()

    async def load(self) -> str:
        """Return the token saved last."""
        return await self._index.load_checkpoint() or ""

    async def save(self, after: str) -> None:
        """Keep the token."""
        await self._index.save_checkpoint(after)

    async def _prepare(self) -> None:
        """Create the index and fill it if it never was. Begins again until it succeeds; the writes can be repeated."""
        while True:
            try:
                await self._index.create()
                if await self._index.load_checkpoint() is None:
                    await self._fill()
                    # From the oldest change there is: what changed while filling is written once more.
                    await self._index.save_checkpoint("")
            except Exception as error:  # noqa: BLE001 - a call or OpenSearch: whatever it is, it is tried again
                log.warning("the index could not be filled, will try again", **describe(error))
                await asyncio.sleep(_RETRY_SECONDS)
            else:
                return

    async def _fill(self) -> None:
        token = ""
        while True:
            page = await self._stub.ListProjections(
                pb.ListProjectionsRequest(page_size=_PAGE, page_token=token), timeout=30
            )
            await self._index.write(page.projections)
            token = page.next_page_token
            if not token:
                return

    async def _list_changes(self, after: str, limit: int) -> Changes:
        response = await self._stub.ListChanges(pb.ListChangesRequest(after=after, page_size=limit))
        events = [
            Event(UUID(event.event_id), UUID(event.child_id), event.version, event.SerializeToString())
            for event in response.events
        ]
        self._last_page = not response.more
        if not events and not response.more:
            self._in_step_at = time.monotonic()
        return Changes(events, response.next_after, response.more)

    async def _handle(self, received: Sequence[ReceivedEvent]) -> None:
        """Read the children back as they are now and write them; older events of them are thereby done too."""
        ids = sorted({str(event.key) for event in received})
        try:
            for start in range(0, len(ids), _PAGE):
                request = pb.BatchGetProjectionsRequest(child_ids=ids[start : start + _PAGE])
                response = await self._stub.BatchGetProjections(request)
                await self._index.write(response.projections)
        except Exception:
            self._in_step_at = -_STALE_SECONDS
            raise
        if self._last_page:
            self._in_step_at = time.monotonic()


def decode(payload: bytes) -> ReceivedEvent:
    """A child event. Raises InvalidEvent."""
    try:
        event = ChildEvent.FromString(payload)
        if event.WhichOneof("event") is None or event.version < 1:
            raise InvalidEvent
        return ReceivedEvent(UUID(event.event_id), UUID(event.child_id), event.version, event)
    except (DecodeError, ValueError):
        raise InvalidEvent from None
