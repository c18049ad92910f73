"""`AuditService`: from the contract to the chain and back, nothing else."""

from typing import Any
from uuid import UUID

import grpc

from kith.audit.v1 import audit_service_pb2 as pb
from kith.audit.v1.audit_service_pb2_grpc import AuditServiceServicer
from services.audit import chain, store
from services.audit.chain import HASH_BYTES, Head, Verification
from services.chassis.database import Database
from services.chassis.errors import InvalidArgument

Context = grpc.aio.ServicerContext[Any, Any]

# Hashed in some milliseconds: other calls wait no longer than that.
_BATCH = 1000


class AuditService(AuditServiceServicer):
    """Answers for the access trail. Who may ask is decided before, by the rule beside each method."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def AppendAccessRecords(
        self, request: pb.AppendAccessRecordsRequest, _context: Context
    ) -> pb.AppendAccessRecordsResponse:
        """Append the records that are not in the chain yet; all are in it when this answers."""
        records = {
            UUID(record.id): record.SerializeToString(deterministic=True) for record in request.records
        }
        async with self._database.transaction() as connection:
            head = await store.lock_head(connection)
            known = await store.known(connection, list(records))
            new = [(record_id, record) for record_id, record in records.items() if record_id not in known]
            if new:
                await store.append(connection, chain.extend(head, new))
        return pb.AppendAccessRecordsResponse()

    async def GetChainHead(
        self, _request: pb.GetChainHeadRequest, _context: Context
    ) -> pb.GetChainHeadResponse:
        """Get the head, to be kept elsewhere."""
        async with self._database.connection() as connection:
            head, append_time = await store.head(connection)
        response = pb.GetChainHeadResponse(sequence=head.sequence, hash=head.hash)
        if append_time is not None:
            response.append_time.FromDatetime(append_time)
        return response

    async def VerifyChain(self, request: pb.VerifyChainRequest, _context: Context) -> pb.VerifyChainResponse:
        """Go along the whole chain, batch by batch; what is appended meanwhile is checked as well."""
        verification = Verification(_known_head(request))
        after: int | None = None
        while True:
            # A connection for each batch: a long verification holds none of the pool.
            async with self._database.connection() as connection:
                links = await store.links(connection, after, _BATCH)
            if not links:
                return _result(verification, whole=verification.reached_known)
            if not all(verification.fits(link) for link in links):
                return _result(verification, whole=False)
            after = links[-1].sequence


def _known_head(request: pb.VerifyChainRequest) -> Head:
    if len(request.known_hash) != (HASH_BYTES if request.known_sequence else 0):
        raise InvalidArgument([("known_hash", "give the number and the hash of one head, or neither")])
    return Head(request.known_sequence, request.known_hash)


def _result(verification: Verification, *, whole: bool) -> pb.VerifyChainResponse:
    return pb.VerifyChainResponse(
        whole=whole,
        first_broken_sequence=0 if whole else verification.next_sequence,
        record_count=verification.count,
    )
