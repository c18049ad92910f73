"""Enrols the town: organisations, services, practitioners in the directory; their systems and people in identity."""

from dataclasses import dataclass
from functools import partial

import grpc

from deploy.demo import enrolment_requests as requests
from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls, each
from deploy.demo.child_requests import DirectoryIds
from deploy.demo.credentials import Credentials
from deploy.demo.directory import Directory
from deploy.demo.model import AgencySystem, DemoPerson, Organisation, Practitioner, Service
from deploy.demo.request_ids import RequestIds
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from kith.identity.v1.identity_service_pb2_grpc import IdentityServiceStub


@dataclass(frozen=True, slots=True)
class Enrolled:
    """What the directory and identity gave, by the keys of the town."""

    ids: DirectoryIds
    client_ids: dict[str, str]
    """By the key of the organisation, which has one system each."""


class Enrolment:
    """Enrols a town as the operator."""

    def __init__(
        self,
        operator: AgencyClient,
        to_directory: grpc.aio.Channel,
        to_identity: grpc.aio.Channel,
        calls: Calls,
        credentials: Credentials,
        ids: RequestIds,
    ) -> None:
        self._operator = operator
        self._directory = DirectoryServiceStub(to_directory)
        self._identity = IdentityServiceStub(to_identity)
        self._calls = calls
        self._credentials = credentials
        self._ids = ids

    async def enrol(self, directory: Directory) -> Enrolled:
        """Enrols all of it; what is there already stays. Raises Refused."""
        organisations = dict(await each(self._organisation, directory.organisations))
        ids = DirectoryIds(organisations, {}, {})
        ids.services.update(await each(partial(self._service, ids), directory.services))
        ids.practitioners.update(await each(partial(self._practitioner, ids), directory.practitioners))
        clients = dict(await each(partial(self._client, ids), directory.systems))
        await each(partial(self._person, ids), directory.people)
        return Enrolled(ids, clients)

    async def _organisation(self, one: Organisation) -> tuple[str, str]:
        request = requests.organisation(one, self._ids)
        created = await self._calls.make(self._directory.CreateOrganisation, request, self._operator)
        admission = requests.admission(created.organisation.id, self._credentials.made_on)
        await self._calls.make(self._identity.AdmitOrganisation, admission, self._operator)
        return one.key, created.organisation.id

    async def _service(self, ids: DirectoryIds, one: Service) -> tuple[str, str]:
        request = requests.service(one, ids.organisations[one.organisation], self._ids)
        created = await self._calls.make(self._directory.CreateService, request, self._operator)
        return one.key, created.service.id

    async def _practitioner(self, ids: DirectoryIds, one: Practitioner) -> tuple[str, str]:
        request = requests.practitioner(one, ids.services[one.service], self._ids)
        created = await self._calls.make(self._directory.CreatePractitioner, request, self._operator)
        return one.key, created.practitioner.id

    async def _client(self, ids: DirectoryIds, one: AgencySystem) -> tuple[str, str]:
        key = self._credentials.keys[one.key]
        request = requests.client(one, ids.organisations[one.organisation], key, self._ids)
        created = await self._calls.make(self._identity.CreateClient, request, self._operator)
        return one.organisation, created.client.id

    async def _person(self, ids: DirectoryIds, one: DemoPerson) -> None:
        request = requests.person(
            one,
            ids.organisations[one.organisation],
            ids.practitioners[one.practitioner] if one.practitioner else "",
            self._credentials.passphrase,
            self._credentials.made_on,
            self._ids,
        )
        await self._calls.make(self._identity.CreatePerson, request, self._operator)
