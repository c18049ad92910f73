"""A child index in this process on a real database, asked as the server asks it: by the rule beside each method."""

import secrets
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import grpc
from google.type import date_pb2

from kith.childindex.v1 import (
    candidate_service_pb2,
    child_index_service_pb2,
    child_pb2,
    match_pb2,
    shield_service_pb2,
)
from services.chassis import access, database
from services.chassis.caller import Caller, Kind
from services.chassis.child_ids import ChildIds
from services.chassis.database import Database
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.outbox import Relay
from services.chassis.paging import PageTokens
from services.chassis.seal import Sealer
from services.chassis.writes import Writes
from services.child_index import events
from services.child_index.candidate_service import CandidateService
from services.child_index.child_refs import ChildRefs
from services.child_index.disclosure import Disclosures
from services.child_index.match_keys import MatchKeys
from services.child_index.neighbours import Consent, Directory
from services.child_index.registration import Registrar
from services.child_index.service import ChildIndexService
from services.child_index.shield_service import ShieldService
from services.child_index.shielding import Shielding
from services.identity.scopes import AGENCY, PERSON, Role
from services.matching import load_model
from services.search import query as search_query
from services.search.projection import key_version


class OwnDirectory(Directory):
    """Every service and practitioner is the caller's own, and no service is sensitive."""

    def __init__(self) -> None:
        pass

    async def own_service_is_sensitive(self, *_: str) -> bool:
        return False

    async def require_own_practitioner(self, *_: str) -> None:
        pass


USES: Final = ("facts", "match", "identifier", "child_id", "page_token", "request")
_RULES: Final = access.rules(
    [
        child_index_service_pb2.DESCRIPTOR.services_by_name["ChildIndexService"],
        candidate_service_pb2.DESCRIPTOR.services_by_name["CandidateService"],
        shield_service_pb2.DESCRIPTOR.services_by_name["ShieldService"],
    ]
)


def agency(number: int) -> str:
    """The id of an organisation."""
    return f"00000000-0000-4000-8000-{number:012d}"


def system(organisation_id: str) -> Caller:
    """An organisation's system."""
    name = f"system-{organisation_id}"
    return Caller(Kind.SYSTEM, name, organisation_id, name, AGENCY, frozenset(), "search")


def person(organisation_id: str, role: Role = Role.PRACTITIONER, subject: str = "") -> Caller:
    """Somebody who works there and has the role."""
    return Caller(
        Kind.PERSON,
        subject or f"person-{organisation_id}",
        organisation_id,
        "service-gateway",
        PERSON[role],
        frozenset({role}),
        "search",
    )


def new_keyring() -> Keyring:
    """Secrets nobody else has."""
    return Keyring(dict.fromkeys(USES, "1"), {use: {"1": secrets.token_bytes(32)} for use in USES})


@dataclass
class Index:
    """A replica of the child index."""

    database: Database
    keyring: Keyring
    key_version: str
    """Of the keys that a search sends: as a release of `search` with the same keyring makes them."""
    index: ChildIndexService
    shields: ShieldService
    candidates: CandidateService

    async def call(self, caller: Caller, method: str, request: Any) -> Any:
        """Call `Service.Method` for somebody, as its rule allows. Raises PermissionDenied and what it raises."""
        service, _, name = method.partition(".")
        servicer = {
            "ChildIndexService": self.index,
            "ShieldService": self.shields,
            "CandidateService": self.candidates,
        }[service]
        path = f"/kith.childindex.v1.{service}/{name}"
        decision = access.authorise(path, _RULES[path], caller, "provide-service")
        token = access.enter(decision)
        try:
            return await getattr(servicer, name)(request, None)
        finally:
            access.leave(token)

    async def register(self, organisation_id: str, facts: child_pb2.Facts, local_id: str = "") -> str:
        """Register a child; returns the sender's `child_id`."""
        request = child_index_service_pb2.RegisterChildRequest(
            local_key={"system": "files", "local_id": local_id or secrets.token_hex(8)},
            facts=facts,
            request_id=str(uuid.uuid4()),
        )
        answer = await self.call(system(organisation_id), "ChildIndexService.RegisterChild", request)
        child_id: str = answer.child_id
        return child_id

    async def involve(self, caller: Caller, child_id: str) -> str:
        """Record an involvement of the caller's; returns its id."""
        request = child_index_service_pb2.RecordInvolvementRequest(
            child={"child_id": child_id},
            involvement={"service_id": str(uuid.uuid4()), "role": "Lead worker", "start_date": day(-30)},
            request_id=str(uuid.uuid4()),
        )
        involvement_id: str = (
            await self.call(caller, "ChildIndexService.RecordInvolvement", request)
        ).involvement_id
        return involvement_id

    async def hold_caf(self, caller: Caller, child_id: str) -> None:
        """Say that the caller's organisation holds an open CAF."""
        request = child_index_service_pb2.SetCafIndicatorRequest(
            child={"child_id": child_id},
            state=child_pb2.CafIndicator.STATE_OPEN,
            assessment_date=day(-30),
            version_number=1,
            holder_practitioner_id=str(uuid.uuid4()),
            review_date=day(60),
            basis={"ground": child_index_service_pb2.Basis.GROUND_SIGNIFICANT_HARM},
            request_id=str(uuid.uuid4()),
        )
        await self.call(caller, "ChildIndexService.SetCafIndicator", request)

    async def lead(self, caller: Caller, child_id: str) -> None:
        """Say that somebody of the caller's organisation leads."""
        request = child_index_service_pb2.AppointLeadProfessionalRequest(
            child={"child_id": child_id},
            practitioner_id=str(uuid.uuid4()),
            start_date=day(-30),
            request_id=str(uuid.uuid4()),
        )
        await self.call(caller, "ChildIndexService.AppointLeadProfessional", request)

    async def shield(self, caller: Caller, child_id: str) -> None:
        """Shield a child."""
        await self.decide(caller, "ShieldChild", child_id)

    async def get(self, caller: Caller, child_id: str) -> child_pb2.Child:
        """Open a record."""
        request = child_index_service_pb2.GetChildRequest(child={"child_id": child_id})
        child: child_pb2.Child = (await self.call(caller, "ChildIndexService.GetChild", request)).child
        return child

    async def find(
        self, caller: Caller, query: match_pb2.Query
    ) -> candidate_service_pb2.MatchCandidatesResponse:
        """Search in the index's own key table, with the keys that `search` makes."""
        _, secret = self.keyring.active("match")
        hashes = search_query.key_hashes(search_query.features(query, datetime.now(UTC).date()), secret)
        request = candidate_service_pb2.MatchCandidatesRequest(
            query=query,
            key_hashes=list(hashes),
            key_weights=list(hashes.values()),
            own_index=True,
            key_version=self.key_version,
            page_size=50,
        )
        found: candidate_service_pb2.MatchCandidatesResponse = await self.call(
            caller, "CandidateService.MatchCandidates", request
        )
        return found

    async def decide(self, caller: Caller, method: str, child_id: str, **more: Any) -> Any:
        """Call a method of ShieldService about a child, with a day of review half a year ahead where it takes one."""
        request_type = getattr(shield_service_pb2, f"{method}Request")
        fields: dict[str, Any] = {"child": {"child_id": child_id}, **more}
        if "request_id" in request_type.DESCRIPTOR.fields_by_name:
            fields.setdefault("request_id", str(uuid.uuid4()))
        if "review_date" in request_type.DESCRIPTOR.fields_by_name:
            fields.setdefault("review_date", day(180))
        return await self.call(caller, f"ShieldService.{method}", request_type(**fields))

    async def forget(self) -> None:
        """Let nobody who is there be found or resembled any more: for the next example of a property."""
        async with self.database.connection() as connection:
            await connection.execute("DELETE FROM child_key")
            await connection.execute("DELETE FROM identifier")
            await connection.execute("UPDATE source_record SET look_alike = false WHERE look_alike")

    def internal(self, child_id: str, organisation_id: str) -> UUID:
        """The internal id of an organisation's child."""
        return ChildIds(self.keyring).inward(UUID(child_id), organisation_id)

    def outward(self, child_id: UUID, organisation_id: str) -> str:
        """The other way round."""
        return str(ChildIds(self.keyring).outward(child_id, organisation_id))

    async def rows(self, statement: str, *arguments: Any) -> list[Mapping[str, Any]]:
        """What a statement returns."""
        async with self.database.connection() as connection:
            return [dict(row) for row in await connection.fetch(statement, *arguments)]


@asynccontextmanager
async def replica(url_file: Path, keyring: Keyring) -> AsyncIterator[Index]:
    """A replica on a database; several may share one."""
    sealer, keys, model = Sealer(keyring), MatchKeys(keyring), load_model()
    disclosures = Disclosures(1_000_000, 1_000_000)
    async with (
        database.pool(url_file, name="test", max_size=20) as pool,
        # Consent is not asked: nothing here is sensitive.
        grpc.aio.insecure_channel("ipv4:127.0.0.1:9") as nowhere,
    ):
        relay = Relay(pool, events.TOPIC, KafkaSettings(), "test")
        yield Index(
            pool,
            keyring,
            key_version(keyring),
            ChildIndexService(
                pool,
                keyring=keyring,
                registrar=Registrar(sealer, keys, model),
                disclosures=disclosures,
                directory=OwnDirectory(),
                consent=Consent(nowhere),
                relay=relay,
            ),
            ShieldService(
                pool,
                writes=Writes(pool, keyring, relay.wake),
                refs=ChildRefs(ChildIds(keyring), keys),
                shielding=Shielding(sealer, keys, model),
                disclosures=disclosures,
                tokens=PageTokens(keyring),
            ),
            CandidateService(
                pool,
                sealer=sealer,
                child_ids=ChildIds(keyring),
                disclosures=disclosures,
                keys=keys,
                model=model,
            ),
        )


def day(days: int) -> date_pb2.Date:
    """A day so many days from today."""
    then = datetime.now(UTC).date() + timedelta(days=days)
    return date_pb2.Date(year=then.year, month=then.month, day=then.day)


def child(
    given: str = "Ottilie",
    family: str = "Fenwick-Mbeki",
    *,
    born: tuple[int, int, int] = (2014, 5, 14),
    postcode: str = "ZY9 4AA",
    alias: str = "",
) -> child_pb2.Facts:
    """Facts of which each could give away where a child is."""
    names = [child_pb2.Name(given_name=given, family_name=family)]
    if alias:
        names.append(child_pb2.Name(given_name=given, family_name=alias, use=child_pb2.Name.USE_ALIAS))
    return child_pb2.Facts(
        names=names,
        birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=born[0], month=born[1], day=born[2])),
        gender=child_pb2.Facts.GENDER_FEMALE,
        addresses=[child_pb2.Address(lines=["41 Lark Terrace"], postcode=postcode)],
        school_name="Millbrook High School",
        gp_name="Mill Lane Surgery",
        carers=[child_pb2.Carer(given_name="Wilhelmina", family_name=family)],
    )


def query(
    given: str = "", family: str = "", born: tuple[int, int, int] | None = None, postcode: str = ""
) -> match_pb2.Query:
    """What somebody looks for."""
    asked = match_pb2.Query(given_name=given, family_name=family, postcode=postcode)
    if born is not None:
        asked.birth_date.date.CopyFrom(date_pb2.Date(year=born[0], month=born[1], day=born[2]))
    return asked
