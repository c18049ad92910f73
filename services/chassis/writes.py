"""Writes: each carried out once, its effect, events and answer in one transaction (DESIGN 5 no. 14, section 7).

async def WithdrawConsent(self, request, _context):
    async def withdraw(connection: Connection) -> pb.WithdrawConsentResponse:
        ...

    return await self._writes.once(request, pb.WithdrawConsentResponse, withdraw)
"""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar, cast

from google.protobuf.message import Message

from services.chassis import access, idempotency
from services.chassis.database import Connection, Database
from services.chassis.keyring import Keyring

R = TypeVar("R", bound=Message)


class Write(Protocol):
    """A request that changes something: a message with a `request_id`."""

    request_id: str


class Writes:
    """The writes of a service. A request id is the caller's own, for one method, for 30 days."""

    def __init__(
        self, database: Database, keyring: Keyring, committed: Callable[[], None] = lambda: None
    ) -> None:
        """`committed` is called after each commit: `relay.wake`, for a service that tells of events."""
        self._database = database
        self._keyring = keyring
        self._committed = committed

    async def once(
        self, request: Write, response: type[R], change: Callable[[Connection], Awaitable[R]]
    ) -> R:
        """Return the answer given before to this request, else that of `change`, with which it is committed.

        `change` does the work on the connection it is given, inside the transaction; what it raises undoes all.
        Raises FailedPrecondition `REQUEST_ID_REUSED`, InvalidArgument for a `request_id` that is no UUID.
        """
        async with (
            self._database.transaction() as connection,
            idempotency.once(
                connection, self._keyring, _caller_key(), request.request_id, cast("Message", request)
            ) as attempt,
        ):
            if attempt.response is not None:
                return response.FromString(attempt.response)
            answer = await change(connection)
            await attempt.save(answer.SerializeToString())
        self._committed()
        return answer

    async def answered(self, request: Write, response: type[R]) -> R | None:
        """Return the answer given before to this request, None if there is none yet. Raises as `once`.

        To be asked first by a write that needs other services: a repetition gets its answer whatever they say by
        then, also when they cannot be reached.
        """
        async with self._database.connection() as connection:
            stored = await idempotency.answered(
                connection, self._keyring, _caller_key(), request.request_id, cast("Message", request)
            )
        return None if stored is None else response.FromString(stored)


def _caller_key() -> str:
    decision = access.current()
    return f"{decision.caller.client_id} {decision.caller.subject} {decision.method}"
