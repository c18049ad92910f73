"""`WordingService`: from the contract to the partnership's texts and agreements and back, nothing else."""

from hashlib import sha256
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.consent.v1 import wording_pb2
from kith.consent.v1 import wording_service_pb2 as pb
from kith.consent.v1.wording_service_pb2_grpc import WordingServiceServicer
from services.chassis.database import Connection
from services.chassis.writes import Writes
from services.consent import messages, wording_store
from services.consent.dates import absent_or_day, day
from services.consent.ids import absent_or_id
from services.consent.page import Pages
from services.consent.parts import Parts
from services.consent.refusals import WordingExists, WordingNotFound
from services.consent.wording import Agreement, Wording, require_order

Context = grpc.aio.ServicerContext[Any, Any]

_LANGUAGE = "en-GB"


class WordingService(WordingServiceServicer):
    """Answers for texts. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, parts: Parts) -> None:
        self._database = parts.database
        self._writes = Writes(parts.database, parts.keyring)
        self._pages = Pages(parts.keyring)
        self._clock = parts.clock

    async def RegisterWording(
        self, request: pb.RegisterWordingRequest, _context: Context
    ) -> pb.RegisterWordingResponse:
        """Register a text. Raises WordingExists."""
        start = day("start_date", request.start_date)
        end = absent_or_day(request, "end_date")
        require_order(start, end, "end_date")

        async def change(connection: Connection) -> pb.RegisterWordingResponse:
            wording = Wording(
                id=uuid4(),
                kind=request.kind,
                version=request.version,
                language=request.language or _LANGUAGE,
                words=request.text,
                sha256=sha256(request.text.encode()).digest(),
                start_date=start,
                end_date=end,
                void_date=None,
                create_time=self._clock(),
            )
            if not await wording_store.add(connection, wording):
                raise WordingExists
            return pb.RegisterWordingResponse(wording=_shown(wording))

        return await self._writes.once(request, pb.RegisterWordingResponse, change)

    async def RetireWording(
        self, request: pb.RetireWordingRequest, _context: Context
    ) -> pb.RetireWordingResponse:
        """End the use of a text. Raises WordingNotFound."""
        end = day("end_date", request.end_date)
        void = absent_or_day(request, "void_date")

        async def change(connection: Connection) -> pb.RetireWordingResponse:
            wording = await wording_store.wording(connection, UUID(request.wording_id))
            if wording is None:
                raise WordingNotFound
            require_order(wording.start_date, end, "end_date")
            retired = await wording_store.retire(connection, wording.id, end, void)
            if retired is None:
                raise WordingNotFound
            return pb.RetireWordingResponse(wording=_shown(retired))

        return await self._writes.once(request, pb.RetireWordingResponse, change)

    async def ListWordings(
        self, request: pb.ListWordingsRequest, _context: Context
    ) -> pb.ListWordingsResponse:
        """List the texts, page by page."""
        before, size = self._pages.place(request)
        async with self._database.connection() as connection:
            found = await wording_store.newest_first(connection, request.kind, before, size)
        page, token = self._pages.cut(request, found, size)
        return pb.ListWordingsResponse(wordings=map(_shown, page), next_page_token=token)

    async def RecordAgreement(
        self, request: pb.RecordAgreementRequest, _context: Context
    ) -> pb.RecordAgreementResponse:
        """Record the dates of an organisation's agreement. Raises WordingNotFound."""
        start = day("start_date", request.start_date)
        end = absent_or_day(request, "end_date")
        require_order(start, end, "end_date")

        async def change(connection: Connection) -> pb.RecordAgreementResponse:
            wording_id = absent_or_id(request.wording_id)
            if wording_id is not None and await wording_store.wording(connection, wording_id) is None:
                raise WordingNotFound
            agreement = Agreement(
                organisation_id=UUID(request.organisation_id),
                organisation_kind=request.organisation_kind.lower(),
                wording_id=wording_id,
                start_date=start,
                end_date=end,
            )
            await wording_store.save_agreement(connection, agreement)
            return pb.RecordAgreementResponse(
                agreement=wording_pb2.OrganisationAgreement(
                    organisation_id=request.organisation_id,
                    organisation_kind=request.organisation_kind,
                    wording_id=request.wording_id,
                    start_date=messages.day(start),
                    end_date=messages.day(end),
                )
            )

        return await self._writes.once(request, pb.RecordAgreementResponse, change)


def _shown(wording: Wording) -> wording_pb2.Wording:
    return wording_pb2.Wording(
        id=str(wording.id),
        kind=wording.kind,
        version=wording.version,
        language=wording.language,
        text=wording.words,
        sha256=wording.sha256,
        start_date=messages.day(wording.start_date),
        end_date=messages.day(wording.end_date),
        void_date=messages.day(wording.void_date),
        create_time=messages.time(wording.create_time),
    )
