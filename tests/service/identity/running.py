"""The identity service as a real process, with its platform clients and somebody to administer it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
from google.protobuf.timestamp_pb2 import Timestamp
from joserfc.jwk import ECKey

from kith.identity.v1 import identity_service_pb2 as pb
from kith.identity.v1.identity_pb2 import Client, Person
from kith.identity.v1.identity_service_pb2_grpc import IdentityServiceStub
from tests.fixtures.service_process import ServiceProcess
from tests.service.identity.assertions import authenticating, new_key, signed

REDIRECT_URI = "http://127.0.0.1:8080/login/callback"
PASSWORD = "a long first password"
PLATFORM = {
    "operator": ("system", ["directory.admin", "identity.admin", "audit.read", "directory.read"]),
    "service-gateway": ("web", ["directory.read"]),
    "service-other": ("web", ["directory.read"]),
    "service-search": ("service", ["events.read", "children.project"]),
    "service-audit": ("service", []),
}


def platform_files(folder: Path) -> tuple[dict[str, ECKey], dict[str, str]]:
    """The platform clients' keys, and the settings that name the files written to `folder`."""
    keys = {client: new_key(f"{client}-1") for client in PLATFORM}
    entries = [
        {
            "client_id": client,
            "kind": kind,
            "scopes": scopes,
            "public_jwk": keys[client].as_dict(private=False),
            "redirect_uris": [REDIRECT_URI] if kind == "web" else [],
        }
        for client, (kind, scopes) in PLATFORM.items()
    ]
    (folder / "clients.json").write_text(json.dumps(entries), encoding="utf-8")
    signing = [new_key(kid).as_dict(private=True) for kid in ("new", "old")]
    (folder / "signing.json").write_text(json.dumps({"keys": signing}), encoding="utf-8")
    return keys, {
        "KITH_PLATFORM_CLIENTS_FILE": str(folder / "clients.json"),
        "KITH_SIGNING_KEYS_FILE": str(folder / "signing.json"),
    }


@dataclass
class Identity:
    """A running identity service."""

    process: ServiceProcess
    issuer: str
    http: httpx2.AsyncClient
    keys: Mapping[str, ECKey]
    settings: dict[str, str]

    async def ask(self, client: str, key: ECKey | None = None, /, **fields: str) -> httpx2.Response:
        """Ask for tokens as a client; client_credentials unless the fields say otherwise."""
        assertion = signed(client, key or self.keys[client], self.issuer)
        return await self.http.post(
            "/token", data={"grant_type": "client_credentials", **authenticating(assertion), **fields}
        )

    async def administrator(self) -> tuple[tuple[str, str], ...]:
        """The metadata with which the operator calls."""
        # A new one each time: the session of tests may be longer than a token's five minutes.
        token = (await self.ask("operator")).json()["access_token"]
        return (("authorization", f"Bearer {token}"),)

    @property
    def stub(self) -> IdentityServiceStub:
        return IdentityServiceStub(self.process.channel)

    async def organisation(
        self, start: timedelta = timedelta(days=-1), end: timedelta = timedelta(days=1)
    ) -> str:
        """Admit a new organisation whose agreement starts and ends so far from now; return its id."""
        organisation_id = str(uuid4())
        await self.readmit(organisation_id, start, end)
        return organisation_id

    async def readmit(self, organisation_id: str, start: timedelta, end: timedelta) -> None:
        request = pb.AdmitOrganisationRequest(
            organisation_id=organisation_id,
            agreement_start_time=from_now(start),
            agreement_end_time=from_now(end),
        )
        await self.stub.AdmitOrganisation(request, metadata=await self.administrator())

    async def agency(self, organisation_id: str, *scopes: str) -> tuple[Client, ECKey]:
        """Create a system of the organisation; return it and its private key."""
        key = new_key("agency-1")
        request = pb.CreateClientRequest(
            organisation_id=organisation_id,
            display_name="Case system",
            public_jwk=json.dumps(key.as_dict(private=False)),
            scopes=scopes or ["children.register"],
            request_id=str(uuid4()),
        )
        created = await self.stub.CreateClient(request, metadata=await self.administrator())
        return created.client, key

    async def person(self, organisation_id: str, **changed: Any) -> Person:
        """Create a person of the organisation."""
        request = person_request(organisation_id, **changed)
        created = await self.stub.CreatePerson(request, metadata=await self.administrator())
        return created.person

    async def execute(self, statement: str, *arguments: Any) -> None:
        """Change what is stored, as the owner of the tables: for what only time would bring about."""
        connection = await asyncpg.connect(self.process.database.owner_dsn)
        try:
            await connection.execute(statement, *arguments)
        finally:
            await connection.close()


def person_request(organisation_id: str, **changed: Any) -> pb.CreatePersonRequest:
    """A request for a practitioner in good standing, with these fields changed."""
    fields: dict[str, Any] = {
        "organisation_id": organisation_id,
        "username": f"Worker.{uuid4().hex[:8]}",
        "password": PASSWORD,
        "display_name": "Robin Quillfeather",
        "role": Person.ROLE_PRACTITIONER,
        "practitioner_id": str(uuid4()),
        "vetting_expire_time": from_now(timedelta(days=30)),
        "training_time": from_now(timedelta(days=-30)),
        "request_id": str(uuid4()),
    }
    return pb.CreatePersonRequest(**(fields | changed))


def from_now(difference: timedelta) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(datetime.now(UTC) + difference)
    return timestamp
