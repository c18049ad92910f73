"""Sends what the agencies wrote down, each from its own system over the public API, many children at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, Final
from zlib import crc32

import grpc

from deploy.demo.agency_client import AgencyClient
from deploy.demo.calls import Calls, Refused
from deploy.demo.child_requests import CAF, INVOLVEMENT, SIGNIFICANT_HARM, ChildRequests
from deploy.demo.model import AgencyRow, Caf, Practitioner
from deploy.demo.story import TRUTH_ID as STORY
from kith.childindex.v1 import child_index_service_pb2 as pb
from kith.childindex.v1.child_index_service_pb2_grpc import ChildIndexServiceStub
from kith.consent.v1 import consent_pb2
from kith.consent.v1.consent_service_pb2_grpc import ConsentServiceStub

LocalKey = tuple[str, str]
"""Key of the organisation and the child's id in its system."""

CHILDREN_AT_ONCE: Final = 20
PROVIDE_SERVICE: Final = "provide-service"
COORDINATE_SUPPORT: Final = "coordinate-support"
_TOLD_OF_SENSITIVE: Final[tuple[str, ...]] = ("org-social-care", "org-early-help")
"""With whom the consents to sensitive services of the demo are about sharing; all others see a neutral line."""


class Feed:
    """Sends the rows of a town.

    Those of one child go one after the other in the order in which they were written: the index shows what it was told
    last.
    """

    def __init__(
        self,
        clients: Mapping[str, AgencyClient],
        practitioners: Mapping[str, Practitioner],
        to_child_index: grpc.aio.Channel,
        to_consent: grpc.aio.Channel,
        calls: Calls,
        requests: ChildRequests,
    ) -> None:
        """`clients` by the key of the organisation, `practitioners` by their key."""
        self._clients = clients
        self._practitioners = practitioners
        self._index = ChildIndexServiceStub(to_child_index)
        self._consent = ConsentServiceStub(to_consent)
        self._calls = calls
        self._requests = requests
        self.child_ids: dict[LocalKey, str] = {}
        """The ids that the index gave to the agencies."""
        self.refused: Counter[str] = Counter()
        """How often what was refused, in words that say nothing of a child."""

    async def send(self, rows: Sequence[AgencyRow], sent: Callable[[int], None]) -> None:
        """Sends all rows; `sent` is told after each how many are done. What is refused is counted, not raised."""
        children = (list(group) for _, group in groupby(rows, key=lambda row: row.truth_id))
        done = Counter[str]()

        def count() -> None:
            done["rows"] += 1
            sent(done["rows"])

        async with asyncio.TaskGroup() as group:
            for _ in range(CHILDREN_AT_ONCE):
                group.create_task(self._work_off(children, count))

    async def _work_off(self, children: Iterator[list[AgencyRow]], count: Callable[[], None]) -> None:
        for rows in children:
            for row in sorted(rows, key=lambda row: row.written_on):
                await self._counting_refusals(self._row(row, rows))
                count()
            for row in rows:
                # When the lead's own organisation has registered the child too.
                if row.caf and row.lead_professional:
                    await self._counting_refusals(self._lead(row, row.caf, row.lead_professional, rows))

    async def _counting_refusals(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Refused as refused:
            self.refused[str(refused)] += 1

    async def _row(self, row: AgencyRow, rows: Sequence[AgencyRow]) -> None:
        asks_first = needs_basis(row) and not rests_on_ground(row)
        basis = SIGNIFICANT_HARM if needs_basis(row) and not asks_first else None
        details = None if asks_first else self._requests.details(row, basis)
        client = self._clients[row.agency]
        registered = await self._calls.make(
            self._index.RegisterChild, self._requests.registration(row, details), client, PROVIDE_SERVICE
        )
        self.child_ids[row.agency, row.local_id] = registered.child_id
        if asks_first:
            basis = await self._consented(row, rows, registered.child_id, INVOLVEMENT)
            request = self._requests.involvement(row, registered.child_id, self._requests.details(row, basis))
            await self._calls.make(self._index.RecordInvolvement, request, client, PROVIDE_SERVICE)
        if row.caf:
            await self._caf(row, row.caf, rows, registered.child_id)

    async def _caf(self, row: AgencyRow, caf: Caf, rows: Sequence[AgencyRow], child_id: str) -> None:
        basis = SIGNIFICANT_HARM
        if not rests_on_ground(row):
            basis = await self._consented(row, rows, child_id, CAF)
        request = self._requests.caf(row, caf, child_id, basis)
        await self._calls.make(
            self._index.SetCafIndicator, request, self._clients[row.agency], COORDINATE_SUPPORT
        )

    async def _consented(
        self, row: AgencyRow, rows: Sequence[AgencyRow], child_id: str, scope: consent_pb2.Consent.Scope
    ) -> pb.Basis:
        """Records a consent and returns it as a basis."""
        told = _TOLD_OF_SENSITIVE
        if not row.involvement.sensitive:
            told = tuple(dict.fromkeys(other.agency for other in rows))
        request = self._requests.consent(row, child_id, scope, told)
        answer = await self._calls.make(
            self._consent.RecordConsent, request, self._clients[row.agency], PROVIDE_SERVICE
        )
        return pb.Basis(consent_id=answer.consent.id)

    async def _lead(self, row: AgencyRow, caf: Caf, practitioner: str, rows: Sequence[AgencyRow]) -> None:
        """Appoints who leads, from the system of that person's own organisation (a lead may be at the school)."""
        agency = self._practitioners[practitioner].organisation
        known = [self.child_ids.get((one.agency, one.local_id)) for one in rows if one.agency == agency]
        child_id = next((one for one in reversed(known) if one), None)
        if child_id is None:
            raise Refused("AppointLeadProfessional: the organisation does not know the child")
        request = self._requests.lead(row, caf, practitioner, child_id)
        await self._calls.make(
            self._index.AppointLeadProfessional, request, self._clients[agency], COORDINATE_SUPPORT
        )


def needs_basis(row: AgencyRow) -> bool:
    """Returns whether recording the involvement needs a consent or a ground (DESIGN 5 no. 9)."""
    return row.involvement.sensitive or row.involvement.subject != "child"


def rests_on_ground(row: AgencyRow) -> bool:
    """Returns whether a row rests on suspected significant harm: about a third of the sensitive ones, not the story's.

    Early help is given with consent, always.
    """
    if not row.involvement.sensitive or row.truth_id == STORY:
        return False
    return crc32(f"{row.agency} {row.local_id}".encode()) % 3 == 0
