"""Who writes the directory in a test, and what the public then reads."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import grpc
from google.protobuf import json_format

from kith.directory.v1 import entry_pb2, publication_service_pb2
from kith.directory.v1 import entry_service_pb2 as pb
from kith.directory.v1.entry_service_pb2_grpc import EntryServiceStub
from kith.directory.v1.publication_service_pb2_grpc import PublicationServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer

Metadata = tuple[tuple[str, str], ...]
OBJECTS = ("organization", "service", "location", "taxonomy", "taxonomy_term")


def document(name: str, value: dict[str, Any], **facts: Any) -> entry_pb2.Document:
    """A document of the contract from HSDS JSON; `name` is its object, `facts` Kith's own of it."""
    made = {name: value}
    if name == "service":
        made["service_facts"] = {"kind": "KIND_COMMUNITY", **facts}
    elif facts:
        made[f"{name}_facts"] = facts
    return json_format.ParseDict(made, entry_pb2.Document())


@dataclass
class Writer:
    """Somebody with a token who writes entries; `organisation_id` is theirs, empty for the operator."""

    channel: grpc.aio.Channel
    metadata: Metadata
    organisation_id: str = ""

    @property
    def entries(self) -> EntryServiceStub:
        """The stub of the service of entries."""
        return EntryServiceStub(self.channel)

    async def create(self, said: entry_pb2.Document, **fields: Any) -> entry_pb2.Entry:
        """Create an entry."""
        request = pb.CreateEntryRequest(document=said, request_id=str(uuid4()), **fields)
        return (await self.entries.CreateEntry(request, metadata=self.metadata)).entry

    async def update(
        self, entry: entry_pb2.Entry, said: entry_pb2.Document, note: str = ""
    ) -> entry_pb2.Entry:
        """Add a revision to the entry as it was read."""
        request = pb.UpdateEntryRequest(
            entry_id=entry.id, document=said, note=note, etag=entry.etag, request_id=str(uuid4())
        )
        return (await self.entries.UpdateEntry(request, metadata=self.metadata)).entry

    async def submit(self, entry: entry_pb2.Entry) -> entry_pb2.Entry:
        """Hand the latest revision to the editors."""
        request = pb.SubmitRevisionRequest(
            entry_id=entry.id, number=entry.latest_revision, request_id=str(uuid4())
        )
        return (await self.entries.SubmitRevision(request, metadata=self.metadata)).entry

    async def approve(self, entry: entry_pb2.Entry, note: str = "") -> entry_pb2.Entry:
        """Approve the latest revision."""
        request = pb.ApproveRevisionRequest(
            entry_id=entry.id, number=entry.latest_revision, note=note, request_id=str(uuid4())
        )
        return (await self.entries.ApproveRevision(request, metadata=self.metadata)).entry

    async def reject(self, entry: entry_pb2.Entry, note: str = "not yet") -> entry_pb2.Entry:
        """Reject the latest revision."""
        request = pb.RejectRevisionRequest(
            entry_id=entry.id, number=entry.latest_revision, note=note, request_id=str(uuid4())
        )
        return (await self.entries.RejectRevision(request, metadata=self.metadata)).entry

    async def withdraw(self, entry: entry_pb2.Entry, etag: str = "") -> entry_pb2.Entry:
        """Take the entry from the public."""
        request = pb.WithdrawEntryRequest(entry_id=entry.id, etag=etag, request_id=str(uuid4()))
        return (await self.entries.WithdrawEntry(request, metadata=self.metadata)).entry

    async def get(self, entry_id: str, number: int = 0) -> pb.GetEntryResponse:
        """Get the entry with a revision."""
        request = pb.GetEntryRequest(entry_id=entry_id, number=number)
        return await self.entries.GetEntry(request, metadata=self.metadata)

    async def compare(self, entry_id: str, base: int = 0, number: int = 0) -> dict[str, tuple[str, str]]:
        """What differs, by pointer: before and after."""
        request = pb.CompareRevisionsRequest(entry_id=entry_id, base_number=base, number=number)
        found = await self.entries.CompareRevisions(request, metadata=self.metadata)
        return {one.pointer: (one.before_json, one.after_json) for one in found.changes}


@dataclass
class Desk:
    """The people of a test: two of an organisation, somebody of another, two editors, the operator."""

    owner: Writer
    colleague: Writer
    stranger: Writer
    editor: Writer
    other_editor: Writer
    operator: Writer

    @classmethod
    def made(cls, directory: ServiceProcess, issuer: Issuer) -> "Desk":
        """Everybody, of organisations of their own."""
        edit, approve = "directory.edit", "directory.edit directory.approve directory.read"

        def person(organisation: str, scope: str) -> Writer:
            token = issuer.token(sub=str(uuid4()), org=organisation, scope=scope)
            return Writer(directory.channel, bearer(token), organisation)

        own, office = str(uuid4()), str(uuid4())
        system = issuer.token(
            kind="system", client_id="operator", sub="operator", org="", scope=approve + " directory.admin"
        )
        return cls(
            owner=person(own, edit),
            colleague=person(own, edit),
            stranger=person(str(uuid4()), edit),
            editor=person(office, approve),
            other_editor=person(office, approve),
            operator=Writer(directory.channel, bearer(system)),
        )

    async def organization(self, **changed: Any) -> entry_pb2.Entry:
        """A published organization of the owner's."""
        value = {"name": "Millbrook Young People", "description": "A charity.", **changed}
        return await self.published(document("organization", value))

    async def published(self, said: entry_pb2.Document) -> entry_pb2.Entry:
        """An entry of the owner's, approved by the editor."""
        return await self.editor.approve(await self.owner.submit(await self.owner.create(said)))

    async def public(self, kind: int, one: str) -> dict[str, Any] | None:
        """What the public reads of an object, None if nothing."""
        request = publication_service_pb2.GetPublicationRequest(kind=kind, id=one)  # type: ignore[arg-type]
        stub = PublicationServiceStub(self.editor.channel)
        try:
            found = await stub.GetPublication(request, metadata=self.editor.metadata)
        except grpc.aio.AioRpcError as error:
            if error.code() is grpc.StatusCode.NOT_FOUND:
                return None
            raise
        read: dict[str, Any] = json.loads(found.publication.json)
        assert UUID(read["id"]) == UUID(one)
        return read
