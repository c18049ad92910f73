"""What the child index asks other services: the directory about services and people, consent about sharing."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from enum import Enum
from typing import Any, Final
from uuid import UUID

from google.protobuf.message import Message
from grpc.aio import AioRpcError, Channel

from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub
from kith.directory.v1 import directory_pb2, directory_service_pb2
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from services.chassis import access
from services.chassis.errors import DeadlineExceeded, Unavailable
from services.child_index.refusals import NotOwnService

_KEPT_SECONDS: Final = 60.0
_KEPT_ENTRIES: Final = 10_000


class Directory:
    """Answers whether services and practitioners are an organisation's own, and whether a service is sensitive.

    Answers are kept for 60 seconds: a service's kind and organisation never change.
    """

    def __init__(self, channel: Channel) -> None:
        self._stub = DirectoryServiceStub(channel)
        self._kept: OrderedDict[str, tuple[float, Message]] = OrderedDict()

    async def own_service_is_sensitive(self, service_id: str, organisation_id: str) -> bool:
        """Whether a service of the organisation is sensitive. Raises NotOwnService, or Unavailable (G8)."""
        service = await self._service(service_id)
        if service is None or service.organisation_id != organisation_id:
            raise NotOwnService
        return service.sensitivity != directory_pb2.Service.SENSITIVITY_STANDARD

    async def require_own_practitioner(self, practitioner_id: str, organisation_id: str) -> None:
        """Raise NotOwnService unless the practitioner works for the organisation; Unavailable if it can't be told."""
        practitioner = await self._practitioner(practitioner_id)
        if practitioner is None or practitioner.organisation_id != organisation_id:
            raise NotOwnService

    async def _service(self, service_id: str) -> directory_pb2.Service | None:
        kept = self._get(service_id)
        if isinstance(kept, directory_pb2.Service):
            return kept
        request = directory_service_pb2.BatchGetServicesRequest(ids=[service_id])
        try:
            response = await self._stub.BatchGetServices(request)
        except AioRpcError:
            raise Unavailable("DIRECTORY_UNAVAILABLE", domain="childindex.kith") from None
        for service in response.services:
            self._keep(service.id, service)
            return service
        return None

    async def _practitioner(self, practitioner_id: str) -> directory_pb2.Practitioner | None:
        kept = self._get(practitioner_id)
        if isinstance(kept, directory_pb2.Practitioner):
            return kept
        request = directory_service_pb2.BatchGetPractitionersRequest(ids=[practitioner_id])
        try:
            response = await self._stub.BatchGetPractitioners(request)
        except AioRpcError:
            raise Unavailable("DIRECTORY_UNAVAILABLE", domain="childindex.kith") from None
        for practitioner in response.practitioners:
            self._keep(practitioner.id, practitioner)
            return practitioner
        return None

    def _get(self, key: str) -> Message | None:
        kept = self._kept.get(key)
        return kept[1] if kept is not None and time.monotonic() < kept[0] else None

    def _keep(self, key: str, found: Message) -> None:
        self._kept[key] = (time.monotonic() + _KEPT_SECONDS, found)
        self._kept.move_to_end(key)
        if len(self._kept) > _KEPT_ENTRIES:
            self._kept.popitem(last=False)


class Verdict(Enum):
    """What consent answered about one thing."""

    PERMIT = "permit"
    DENY = "deny"
    WITHDRAWN = "withdrawn"
    """Denied because the consent was withdrawn: then not even the neutral line is shown (DESIGN 5 no. 9)."""


class Consent:
    """Asks consent for decisions, afresh every time (S29)."""

    def __init__(self, channel: Channel) -> None:
        self._stub = ConsentServiceStub(channel)

    async def may_see(
        self, lineage: Sequence[UUID], consent_ids: Iterable[UUID], organisation_id: str
    ) -> dict[UUID, Verdict] | None:
        """What the organisation may see of involvements resting on these consents; None if it can't be told.

        For the purpose that this call states: a consent is for some and not for others (CON-3).
        """
        asked = list(dict.fromkeys(consent_ids))
        if not asked:
            return {}
        purpose = _purpose(access.current().purpose)
        try:
            answers = await self._decide(
                lineage,
                [
                    consent_service_pb2.Question(
                        action=consent_service_pb2.Question.ACTION_SEE,
                        consent_id=str(consent_id),
                        scope=consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT,
                        organisation_id=organisation_id,
                        purpose=purpose,
                    )
                    for consent_id in asked
                ],
            )
        except (AioRpcError, Unavailable, DeadlineExceeded):
            return None
        return dict(zip(asked, map(_verdict, answers), strict=True))

    async def may_record(
        self,
        lineage: Sequence[UUID],
        consent_id: str,
        scope: consent_pb2.Consent.Scope,
        organisation_id: str,
    ) -> bool:
        """Whether the consent lets the organisation record something of this scope. Raises Unavailable (G8)."""
        question = consent_service_pb2.Question(
            action=consent_service_pb2.Question.ACTION_RECORD,
            consent_id=consent_id,
            scope=scope,
            organisation_id=organisation_id,
        )
        try:
            answers = await self._decide(lineage, [question])
        except AioRpcError:
            raise Unavailable("CONSENT_UNAVAILABLE", domain="childindex.kith") from None
        return _verdict(answers[0]) is Verdict.PERMIT

    async def _decide(
        self, lineage: Sequence[UUID], questions: Sequence[consent_service_pb2.Question]
    ) -> list[consent_service_pb2.Answer]:
        request = consent_service_pb2.DecideRequest(
            child_ids=[str(one) for one in lineage], questions=questions
        )
        response = await self._stub.Decide(request)
        if len(response.answers) != len(questions):
            raise Unavailable("CONSENT_UNAVAILABLE", domain="childindex.kith")
        return list(response.answers)


def _purpose(said: str | None) -> purpose_pb2.Purpose:
    name: Any = "PURPOSE_" + (said or "unspecified").upper().replace("-", "_")
    found: purpose_pb2.Purpose = purpose_pb2.Purpose.Value(name)  # type: ignore[assignment] # an enum's number
    return found


def _verdict(answer: consent_service_pb2.Answer) -> Verdict:
    if answer.outcome == consent_service_pb2.Answer.OUTCOME_PERMIT:
        return Verdict.PERMIT
    if answer.reason == consent_service_pb2.Answer.REASON_WITHDRAWN:
        return Verdict.WITHDRAWN
    return Verdict.DENY
