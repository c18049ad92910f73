"""Lists the town's services: their keepers' systems write the entries, the operator approves them as an editor."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Final

import grpc

from deploy.demo import listing_requests as requests
from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls, Refused, each
from deploy.demo.child_requests import DirectoryIds
from deploy.demo.listings import Charity, Listing, Place, listings
from deploy.demo.request_ids import RequestIds
from kith.directory.v1 import entry_service_pb2, publication_service_pb2
from kith.directory.v1.entry_service_pb2_grpc import EntryServiceStub
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub

KEEPER: Final = "org-early-help"
"""Keeps the entries of places and of organisations without a system."""


_GIVE_UP_SECONDS: Final = 60.0
_PAUSE_SECONDS: Final = 0.2


class Directory:
    """Fills the service directory of a town whose agencies are enrolled."""

    def __init__(
        self,
        operator: AgencyClient,
        clients: Mapping[str, AgencyClient],
        to_directory: grpc.aio.Channel,
        calls: Calls,
        ids: RequestIds,
    ) -> None:
        self._operator = operator
        self._clients = clients
        self._entries = EntryServiceStub(to_directory)
        self._publications = PublicationServiceStub(to_directory)
        self._calls = calls
        self._ids = ids

    async def fill(self, enrolled: DirectoryIds) -> None:
        """Lists everything; what is there already stays. Raises Refused."""
        found = listings()
        organizations = dict(enrolled.organisations)
        organizations.update(await each(self._charity, found.charities))
        locations = dict(await each(self._place, found.places))
        terms = await self._needs()
        await each(partial(self._service, organizations, locations, terms), found.services)

    async def _charity(self, one: Charity) -> tuple[str, str]:
        return one.key, await self._publish(requests.charity(one, self._ids), one.key, KEEPER)

    async def _place(self, one: Place) -> tuple[str, str]:
        return one.key, await self._publish(requests.place(one, self._ids), one.key, KEEPER)

    async def _service(
        self,
        organizations: Mapping[str, str],
        locations: Mapping[str, str],
        terms: Mapping[str, str],
        one: Listing,
    ) -> None:
        request = requests.service(
            one,
            organizations[one.organisation],
            locations[one.place] if one.place else "",
            terms,
            listings(),
            self._ids,
        )
        await self._publish(
            request, one.key, one.organisation if one.organisation in self._clients else KEEPER
        )

    async def _publish(self, request: entry_service_pb2.CreateEntryRequest, key: str, keeper: str) -> str:
        """Writes and hands in as the keeper, approves as the operator; returns the id of the entry."""
        client = self._clients[keeper]
        entry = (await self._calls.make(self._entries.CreateEntry, request, client)).entry
        submission = requests.submission(entry, key, self._ids)
        await self._calls.make(self._entries.SubmitRevision, submission, client)
        approval = requests.approval(entry, key, self._ids)
        await self._calls.make(self._entries.ApproveRevision, approval, self._operator)
        return entry.id

    async def _needs(self) -> dict[str, str]:
        """Returns the ids of the needs by name, as the public reads them. Raises Refused."""
        wanted = {need for one in listings().services for need in one.needs}
        request = publication_service_pb2.ListPublicationsRequest(
            kind=publication_service_pb2.PUBLICATION_KIND_TAXONOMY_TERM, per_page=100
        )
        give_up = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            page = await self._calls.make(self._publications.ListPublications, request, self._operator)
            found = requests.needs(term.json for term in page.publications)
            if wanted <= found.keys():
                return found
            # A directory that has just started is still taking its own terms in.
            if time.monotonic() > give_up:
                raise Refused("the directory does not know the needs of the town")
            await asyncio.sleep(_PAUSE_SECONDS)
