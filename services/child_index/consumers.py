"""What the index does about events of the directory and of consent: asks for a review, never changes what is seen."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import DecodeError
from grpc.aio import Channel

from kith.childindex.v1.child_events_pb2 import ChildChanged
from kith.consent.v1 import consent_service_pb2
from kith.consent.v1.consent_events_pb2 import ConsentEvent
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.directory.v1 import directory_service_pb2
from kith.directory.v1.directory_events_pb2 import DirectoryEvent
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from services.chassis import inbox, outbox
from services.chassis.consumer import (
    Changes,
    Consumer,
    DatabaseCheckpoint,
    InvalidEvent,
    ReceivedEvent,
)
from services.chassis.database import Connection, Database
from services.chassis.kafka import KafkaSettings
from services.chassis.outbox import Event, Relay
from services.child_index import events, involvement_store, store

DIRECTORY_TOPIC: Final = "kith.directory.v1.directory-events"
CONSENT_TOPIC: Final = "kith.consent.v1.consent-events"
# A group each: all members of a group are stopped whenever one of them joins or leaves.
_DIRECTORY_GROUP: Final = "child-index.directory-events"
_CONSENT_GROUP: Final = "child-index.consent-events"

# Whoever moved may still work with a child, or not: the organisation says.
_LEFT_OR_MOVED: Final = frozenset({"practitioner_left", "practitioner_moved"})
# However a consent ceased to carry what rests on it.
_NO_LONGER: Final = frozenset({"consent_withdrawn", "consent_ended", "consent_frozen"})

Mark = Callable[[Connection, Sequence[UUID]], Awaitable[list[UUID]]]


def directory_events(database: Database, kafka: KafkaSettings, channel: Channel, relay: Relay) -> Consumer:
    """A practitioner left or moved: the active involvements are to be confirmed by their organisation (SD-7)."""
    stub = DirectoryServiceStub(channel)

    async def list_changes(after: str, limit: int) -> Changes:
        request = directory_service_pb2.ListChangesRequest(after=after, page_size=limit)
        return _changes(await stub.ListChanges(request))

    async def handle(received: Sequence[ReceivedEvent]) -> None:
        await _review(
            database,
            relay,
            DIRECTORY_TOPIC,
            received,
            _LEFT_OR_MOVED,
            involvement_store.mark_practitioners,
        )

    return Consumer(
        DIRECTORY_TOPIC,
        _DIRECTORY_GROUP,
        kafka,
        handle=handle,
        decode=decode_directory_event,
        list_changes=list_changes,
        checkpoint=DatabaseCheckpoint(database, DIRECTORY_TOPIC),
    )


def consent_events(database: Database, kafka: KafkaSettings, channel: Channel, relay: Relay) -> Consumer:
    """A consent no longer holds: what rests on it is to be reviewed. What is shown, `consent.Decide` says at once."""
    stub = ConsentServiceStub(channel)

    async def list_changes(after: str, limit: int) -> Changes:
        request = consent_service_pb2.ListChangesRequest(after=after, page_size=limit)
        return _changes(await stub.ListChanges(request))

    async def handle(received: Sequence[ReceivedEvent]) -> None:
        await _review(
            database, relay, CONSENT_TOPIC, received, _NO_LONGER, involvement_store.mark_consent_withdrawn
        )

    return Consumer(
        CONSENT_TOPIC,
        _CONSENT_GROUP,
        kafka,
        handle=handle,
        decode=decode_consent_event,
        list_changes=list_changes,
        checkpoint=DatabaseCheckpoint(database, CONSENT_TOPIC),
    )


def decode_directory_event(payload: bytes) -> ReceivedEvent:
    """A directory event. Raises InvalidEvent."""
    event = _parsed(DirectoryEvent, payload)
    return _received(event.event_id, event.key, event.version, event)


def decode_consent_event(payload: bytes) -> ReceivedEvent:
    """A consent event. Raises InvalidEvent."""
    event = _parsed(ConsentEvent, payload)
    return _received(event.event_id, event.consent_id, event.version, event)


async def _review(
    database: Database,
    relay: Relay,
    topic: str,
    received: Sequence[ReceivedEvent],
    kinds: Collection[str],
    mark: Mark,
) -> None:
    """Mark for review what hangs on the events of these kinds, once each (G3), and tell of the changed children."""
    async with database.transaction() as connection:
        fresh = await inbox.claim(connection, topic, received)
        keys = [event.key for event in fresh if event.message.WhichOneof("event") in kinds]
        if not keys:
            return
        changed: list[Event] = []
        # In the order of their ids, as everybody who locks several children does.
        for child_id in await mark(connection, keys):
            version = await store.advance_child(connection, child_id, 1)
            if version is not None:
                changed += events.events(child_id, version, [ChildChanged()])
        await outbox.write(connection, changed)
    relay.wake()


def _parsed(kind: type[Any], payload: bytes) -> Any:
    try:
        return kind.FromString(payload)
    except DecodeError:
        raise InvalidEvent from None


def _received(event_id: str, key: str, version: int, message: Any) -> ReceivedEvent:
    if message.WhichOneof("event") is None or version < 1:
        raise InvalidEvent
    try:
        return ReceivedEvent(UUID(event_id), UUID(key), version, message)
    except ValueError:
        raise InvalidEvent from None


def _changes(response: Any) -> Changes:
    """A page of a producer's changes, as the consumer reads it: payloads to decode like those of Kafka."""
    listed = [
        Event(UUID(event.event_id), _key(event), event.version, event.SerializeToString())
        for event in response.events
    ]
    return Changes(listed, response.next_after, response.more)


def _key(event: DirectoryEvent | ConsentEvent) -> UUID:
    return UUID(event.key if isinstance(event, DirectoryEvent) else event.consent_id)
