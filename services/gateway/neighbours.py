"""The services the gateway asks, and what their refusals mean. Nothing else here speaks gRPC.

Every call is made with the token of the person who asks (S5). What goes wrong is raised as a `chassis.errors.Failure`.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2
from grpc.aio import AioRpcError, Metadata

from kith.childindex.v1 import child_index_service_pb2, child_pb2, shield_service_pb2
from kith.childindex.v1.child_index_service_pb2_grpc import ChildIndexServiceStub
from kith.childindex.v1.shield_service_pb2_grpc import ShieldServiceStub
from kith.directory.v1 import (
    directory_pb2,
    directory_service_pb2,
    duty_pb2,
    enquiry_service_pb2,
    entry_pb2,
    entry_service_pb2,
    quality_service_pb2,
    team_service_pb2,
)
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.directory.v1.enquiry_service_pb2_grpc import EnquiryServiceStub
from kith.directory.v1.entry_service_pb2_grpc import EntryServiceStub
from kith.directory.v1.quality_service_pb2_grpc import QualityServiceStub
from kith.directory.v1.team_service_pb2_grpc import TeamServiceStub
from kith.search.v1 import search_service_pb2
from kith.search.v1.search_service_pb2_grpc import SearchServiceStub
from services.chassis import errors
from services.chassis.access import PURPOSE_KEY
from services.chassis.channel import AUTHORIZATION_KEY, status_of
from services.chassis.errors import Failure
from services.gateway.contacts import Contacts

_AT_ONCE: Final = 100
"""Ids in one request to the directory."""
_PAGE: Final = 100
_SECONDS: Final = 5.0

A = TypeVar("A", bound=Message)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asker:
    """On whose behalf a call is made, and what for."""

    token: str
    purpose: str = ""

    @property
    def metadata(self) -> Metadata:
        """What goes with the call."""
        purpose = ((PURPOSE_KEY, self.purpose),) if self.purpose else ()
        return Metadata((AUTHORIZATION_KEY, f"Bearer {self.token}"), *purpose)


class Neighbours:
    """Calls to search, child index and directory."""

    def __init__(
        self, search: grpc.aio.Channel, child_index: grpc.aio.Channel, directory: grpc.aio.Channel
    ) -> None:
        self._search = SearchServiceStub(search)
        self._child_index = ChildIndexServiceStub(child_index)
        self._shields = ShieldServiceStub(child_index)
        self._directory = DirectoryServiceStub(directory)
        self._teams = TeamServiceStub(directory)
        self._entries = EntryServiceStub(directory)
        self._quality = QualityServiceStub(directory)
        self._enquiries = EnquiryServiceStub(directory)

    async def find_children(
        self, asker: Asker, request: search_service_pb2.FindChildrenRequest
    ) -> search_service_pb2.FindChildrenResponse:
        """Return matches; an empty list only after a complete search (G10)."""
        return await _call(self._search.FindChildren, request, asker)

    async def get_child(self, asker: Asker, child_id: str) -> child_pb2.Child:
        """Return a child."""
        request = child_index_service_pb2.GetChildRequest(
            child=child_index_service_pb2.ChildRef(child_id=child_id)
        )
        return (await _call(self._child_index.GetChild, request, asker)).child

    async def record_involvement(
        self, asker: Asker, request: child_index_service_pb2.RecordInvolvementRequest
    ) -> None:
        """Record an involvement of the asker's organisation."""
        await _call(self._child_index.RecordInvolvement, request, asker)

    async def shield_child(self, asker: Asker, child_id: str) -> None:
        """Shield a child, which is as good as shielding it twice."""
        request = shield_service_pb2.ShieldChildRequest(
            child=child_index_service_pb2.ChildRef(child_id=child_id), request_id=str(uuid.uuid4())
        )
        await _call(self._shields.ShieldChild, request, asker)

    async def contacts(
        self,
        asker: Asker,
        *,
        organisations: Iterable[str] = (),
        services: Iterable[str] = (),
        practitioners: Iterable[str] = (),
        duty: Iterable[str] = (),
    ) -> Contacts:
        """Return entries of the directory, all asked for at once; empty ids are passed over.

        `duty` are services of which is asked who answers for them now.
        """
        found = await asyncio.gather(
            _batches(organisations, lambda ids: self._organisations(asker, ids)),
            _batches(services, lambda ids: self._services(asker, ids)),
            _batches(practitioners, lambda ids: self._practitioners(asker, ids)),
            _batches(duty, lambda ids: self._duty(asker, ids)),
        )
        return Contacts(
            {entry.id: entry for entry in found[0]},
            {entry.id: entry for entry in found[1]},
            {entry.id: entry for entry in found[2]},
            dict(found[3]),
        )

    async def services_of(self, asker: Asker, organisation_id: str) -> list[directory_pb2.Service]:
        """Return all services of an organisation, by name."""
        listed: list[directory_pb2.Service] = []
        page_token = ""
        while True:
            request = directory_service_pb2.ListServicesRequest(
                organisation_id=organisation_id, page_size=_PAGE, page_token=page_token
            )
            page = await _call(self._directory.ListServices, request, asker)
            listed += page.services
            page_token = page.next_page_token
            if not page_token:
                return listed

    async def entries_of(self, asker: Asker, organisation_id: str) -> list[entry_pb2.Entry]:
        """Return all entries of an organisation in the directory."""
        listed: list[entry_pb2.Entry] = []
        page_token = ""
        while True:
            request = entry_service_pb2.ListEntriesRequest(
                organisation_id=organisation_id, page_size=_PAGE, page_token=page_token
            )
            page = await _call(self._entries.ListEntries, request, asker)
            listed += page.entries
            page_token = page.next_page_token
            if not page_token:
                return listed

    async def qualities(
        self, asker: Asker, entry_ids: Iterable[str]
    ) -> dict[str, quality_service_pb2.GetEntryQualityResponse]:
        """Return what is known of the quality of a few entries, by entry, all asked for at once."""

        async def quality(entry_id: str) -> quality_service_pb2.GetEntryQualityResponse | None:
            try:
                request = quality_service_pb2.GetEntryQualityRequest(entry_id=entry_id)
                return await _call(self._quality.GetEntryQuality, request, asker)
            except errors.NotFound:
                # Published only a moment ago: nobody has looked at it yet.
                return None

        ids = list(entry_ids)
        found = await asyncio.gather(*map(quality, ids))
        return {entry_id: one for entry_id, one in zip(ids, found, strict=True) if one is not None}

    async def confirm_entry(self, asker: Asker, entry_id: str, revision: int, request_id: str) -> None:
        """Say that an entry is still correct. Raises Aborted if another revision is public than the one named."""
        request = quality_service_pb2.ConfirmEntryRequest(
            confirmed=quality_service_pb2.ConfirmedRevision(entry_id=entry_id, revision=revision),
            request_id=request_id,
        )
        await _call(self._quality.ConfirmEntry, request, asker)

    async def set_capacity(
        self, asker: Asker, service_id: str, capacity: entry_pb2.Capacity, request_id: str
    ) -> None:
        """Say whether a service takes people."""
        request = enquiry_service_pb2.SetCapacityRequest(
            service_id=service_id,
            state=capacity.state,
            waiting_weeks=capacity.waiting_weeks,
            request_id=request_id,
        )
        await _call(self._enquiries.SetCapacity, request, asker)

    async def _organisations(self, asker: Asker, ids: list[str]) -> Sequence[directory_pb2.Organisation]:
        request = directory_service_pb2.BatchGetOrganisationsRequest(ids=ids)
        return (await _call(self._directory.BatchGetOrganisations, request, asker)).organisations

    async def _services(self, asker: Asker, ids: list[str]) -> Sequence[directory_pb2.Service]:
        request = directory_service_pb2.BatchGetServicesRequest(ids=ids)
        return (await _call(self._directory.BatchGetServices, request, asker)).services

    async def _practitioners(self, asker: Asker, ids: list[str]) -> Sequence[directory_pb2.Practitioner]:
        request = directory_service_pb2.BatchGetPractitionersRequest(ids=ids)
        return (await _call(self._directory.BatchGetPractitioners, request, asker)).practitioners

    async def _duty(self, asker: Asker, ids: list[str]) -> Sequence[tuple[str, duty_pb2.DutyCover]]:
        request = team_service_pb2.BatchGetDutyCoverRequest(service_ids=ids)
        return list((await _call(self._teams.BatchGetDutyCover, request, asker)).by_service.items())


async def _batches(ids: Iterable[str], get: Callable[[list[str]], Awaitable[Sequence[T]]]) -> list[T]:
    wanted = sorted({one for one in ids if one})
    parts = [wanted[start : start + _AT_ONCE] for start in range(0, len(wanted), _AT_ONCE)]
    return [entry for part in await asyncio.gather(*map(get, parts)) for entry in part]


async def _call(method: Callable[..., Awaitable[A]], request: Message, asker: Asker) -> A:
    try:
        return await method(request, metadata=asker.metadata, timeout=_SECONDS)
    except AioRpcError as error:
        raise failure_of(error) from None


def failure_of(error: AioRpcError) -> Failure:
    """Return what a service's answer means to whoever asked."""
    status = status_of(error)
    info = errors.error_info(status) or error_details_pb2.ErrorInfo()
    match error.code():
        case grpc.StatusCode.INVALID_ARGUMENT:
            return errors.InvalidArgument(_violations(status), info.reason or None)
        case grpc.StatusCode.PERMISSION_DENIED:
            return errors.PermissionDenied(info.reason or None)
        case grpc.StatusCode.NOT_FOUND:
            return errors.NotFound(info.reason, "")
        case grpc.StatusCode.UNAUTHENTICATED:
            return errors.Unauthenticated()
        case grpc.StatusCode.ABORTED if info.reason == "REVISION_CHANGED":
            return errors.Aborted(info.reason, "")
        case grpc.StatusCode.FAILED_PRECONDITION:
            return errors.FailedPrecondition(info.reason, "")
        # Those of any service are about calls at once, not about what the person was shown.
        case grpc.StatusCode.RESOURCE_EXHAUSTED if info.reason and info.domain != errors.ACCESS_DOMAIN:
            return errors.ResourceExhausted(info.reason, "", metadata=info.metadata)
        case grpc.StatusCode.INTERNAL if "error_id" in info.metadata:
            return errors.Internal(info.metadata["error_id"])
        case (
            grpc.StatusCode.UNAVAILABLE
            | grpc.StatusCode.DEADLINE_EXCEEDED
            | grpc.StatusCode.CANCELLED
            | grpc.StatusCode.RESOURCE_EXHAUSTED
            | grpc.StatusCode.ABORTED
        ):
            return errors.Unavailable("DEPENDENCY_UNREACHABLE", domain=errors.ACCESS_DOMAIN)
        case _:
            return errors.Internal(uuid.uuid4().hex)


def _violations(status: status_pb2.Status) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for detail in status.details:
        request = error_details_pb2.BadRequest()
        if detail.Unpack(request):
            found += [(one.field, one.description) for one in request.field_violations]
    return found


def channel_files() -> dict[str, tuple[Any, ...]]:
    """The files that define each neighbour's services, for `channel.edge_connect`."""
    return {
        "search": (search_service_pb2.DESCRIPTOR,),
        "child_index": (child_index_service_pb2.DESCRIPTOR, shield_service_pb2.DESCRIPTOR),
        "directory": (
            directory_service_pb2.DESCRIPTOR,
            team_service_pb2.DESCRIPTOR,
            entry_service_pb2.DESCRIPTOR,
            quality_service_pb2.DESCRIPTOR,
            enquiry_service_pb2.DESCRIPTOR,
        ),
    }
