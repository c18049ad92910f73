"""`kith.identity.v1.IdentityService`: proto to domain and back, nothing else."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from kith.identity.v1 import identity_pb2, identity_service_pb2_grpc
from kith.identity.v1.identity_service_pb2 import (
    AdmitOrganisationRequest,
    AdmitOrganisationResponse,
    CreateClientRequest,
    CreateClientResponse,
    CreatePersonRequest,
    CreatePersonResponse,
)
from services.chassis.database import Connection, Database
from services.chassis.errors import AlreadyExists, InvalidArgument, NotFound
from services.chassis.keyring import Keyring
from services.chassis.writes import Writes
from services.identity import public_key, scopes, store, username
from services.identity.passwords import Passwords
from services.identity.public_key import BadKey
from services.identity.scopes import Role
from services.identity.standing import Agreement

Context = grpc.aio.ServicerContext[Any, Any]


class IdentityService(identity_service_pb2_grpc.IdentityServiceServicer):
    """Keeps organisations, their systems and their people."""

    def __init__(self, database: Database, keyring: Keyring, passwords: Passwords) -> None:
        self._database = database
        self._writes = Writes(database, keyring)
        self._passwords = passwords

    async def AdmitOrganisation(
        self, request: AdmitOrganisationRequest, _context: Context
    ) -> AdmitOrganisationResponse:
        """Put down the dates of an organisation's agreement."""
        start = _time(request.agreement_start_time, "agreement_start_time")
        end = _time(request.agreement_end_time, "agreement_end_time")
        if end <= start:
            raise InvalidArgument([("agreement_end_time", "must be after agreement_start_time")])
        async with self._database.transaction() as connection:
            await store.admit_organisation(connection, UUID(request.organisation_id), Agreement(start, end))
        return AdmitOrganisationResponse()

    async def CreateClient(self, request: CreateClientRequest, _context: Context) -> CreateClientResponse:
        """Create a system of an organisation."""
        held = frozenset(request.scopes)
        if not held <= scopes.AGENCY:
            raise InvalidArgument([("scopes", "must be scopes that an agency may hold")])
        try:
            key = public_key.store_form(public_key.parse(request.public_jwk))
        except BadKey:
            raise InvalidArgument([("public_jwk", "must be a public ES256 key with a kid")]) from None
        display_name = _text(request.display_name, "display_name")

        async def create(connection: Connection) -> CreateClientResponse:
            organisation_id = await self._admitted(connection, request.organisation_id)
            client_id = uuid4()
            created = await store.insert_client(
                connection, client_id, organisation_id, display_name, key, held
            )
            client = identity_pb2.Client(
                id=str(client_id),
                organisation_id=str(organisation_id),
                display_name=display_name,
                scopes=sorted(held),
                create_time=_timestamp(created),
            )
            return CreateClientResponse(client=client)

        return await self._writes.once(request, CreateClientResponse, create)

    async def CreatePerson(self, request: CreatePersonRequest, _context: Context) -> CreatePersonResponse:
        """Create a person of an organisation."""
        person = store.NewPerson(
            id=uuid4(),
            organisation_id=UUID(request.organisation_id),
            username=_text(request.username, "username"),
            username_key=username.key(request.username),
            display_name=_text(request.display_name, "display_name"),
            role=Role(identity_pb2.Person.Role.Name(request.role).removeprefix("ROLE_")),
            practitioner_id=UUID(request.practitioner_id) if request.practitioner_id else None,
            vetting_expire_time=_time(request.vetting_expire_time, "vetting_expire_time"),
            training_time=_time(request.training_time, "training_time"),
            # Before the transaction: it takes longer than a connection should be held.
            password_hash=await self._passwords.hash(request.password),
        )

        async def create(connection: Connection) -> CreatePersonResponse:
            await self._admitted(connection, request.organisation_id)
            created = await store.insert_person(connection, person)
            if created is None:
                raise AlreadyExists("USERNAME_TAKEN", "the username is taken")
            return CreatePersonResponse(person=_person(person, request.role, created))

        return await self._writes.once(request, CreatePersonResponse, create)

    async def _admitted(self, connection: Connection, organisation_id: str) -> UUID:
        if not await store.is_admitted(connection, UUID(organisation_id)):
            raise NotFound("ORGANISATION_NOT_ADMITTED", "the organisation was not admitted")
        return UUID(organisation_id)


def _person(
    person: store.NewPerson, role: identity_pb2.Person.Role, created: datetime
) -> identity_pb2.Person:
    return identity_pb2.Person(
        id=str(person.id),
        organisation_id=str(person.organisation_id),
        username=person.username,
        display_name=person.display_name,
        role=role,
        practitioner_id=str(person.practitioner_id or ""),
        vetting_expire_time=_timestamp(person.vetting_expire_time),
        create_time=_timestamp(created),
    )


def _text(value: str, field: str) -> str:
    stripped = value.strip()
    if not stripped or not stripped.isprintable():
        raise InvalidArgument([(field, "must be printable text")])
    return stripped


def _time(value: Timestamp, field: str) -> datetime:
    try:
        return value.ToDatetime(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise InvalidArgument([(field, "must be a time from year 1 to 9999")]) from None


def _timestamp(value: datetime) -> Timestamp:
    timestamp = Timestamp()
    timestamp.FromDatetime(value)
    return timestamp
