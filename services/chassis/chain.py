"""What stands between the wire and a handler (STYLE principle 2).

The order, and the reason for each place:

1. trace, log, metrics - outermost, so that refusals and defects are counted too.
2. errors - next, so that nothing below can put an exception's text on the wire (RELIABILITY finding 1).
3. limit - so many calls at once and no more (F31); cheap, so before anything is done for a call.
4. authenticate - nobody unknown makes us work.
5. authorise - the rule and the purpose, before a byte of the request is parsed (AIP-211).
6. size and parse - ours, not gRPC's, so that rubbish is a field violation and comes after 4 and 5.
7. validate - the rules in the proto; a handler sees only what is well-formed.
8. the handler; a method that nobody wrote yet answers `UNIMPLEMENTED` here, to those who might call it.
9. serialize - ours too, so that a wrong answer is a defect like any other.
"""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError, Message
from grpc_status import rpc_status

from kith.access.v1 import access_pb2
from services.chassis import access, incoming, metrics, trace
from services.chassis.access import PURPOSE_KEY
from services.chassis.caller import Caller, Kind, TokenVerifier
from services.chassis.channel import AUTHORIZATION_KEY, SERVICE_AUTHORIZATION_KEY
from services.chassis.defects import code_name, failure_for
from services.chassis.errors import (
    ACCESS_DOMAIN,
    Failure,
    Internal,
    InvalidArgument,
    ResourceExhausted,
    Unauthenticated,
    Unimplemented,
    to_status,
)
from services.chassis.incoming import Incoming
from services.chassis.telemetry import describe, log
from services.chassis.tls import peer_service
from services.chassis.validation import validate

MAX_REQUEST_BYTES: Final = 4 * 1024 * 1024
_SCHEME: Final = "bearer "
_ONCE: Final = (AUTHORIZATION_KEY, SERVICE_AUTHORIZATION_KEY, PURPOSE_KEY)

Context = grpc.aio.ServicerContext[Any, Any]


@dataclass(slots=True)
class _Outcome:
    """What is logged and counted of one call."""

    code: str = "UNKNOWN"
    caller: Caller | None = None
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Chain:
    """The chain around one method. `in_flight` is the server's set of running calls, for the limit and the drain."""

    service: str
    name: str
    rule: access_pb2.Rule
    handler: Callable[[Any, Context], Awaitable[Message]]
    parse: Callable[[bytes], Message]
    verifier: TokenVerifier
    error_domain: str
    is_tls: bool
    in_flight: set[asyncio.Task[Any]]
    most_in_flight: int

    @property
    def method(self) -> str:
        """The full name, `/kith.x.v1.XService/GetX`."""
        return f"/{self.service}/{self.name}"

    async def answer(self, body: bytes, context: Context) -> bytes:
        """Answer one call: its response, or an abort with a `google.rpc.Status`."""
        self._track()
        began = time.perf_counter()
        outcome = _Outcome()
        metadata = _Metadata(context)
        span = trace.begin(metadata.text(trace.HEADER))
        incoming.enter(Incoming(self.method, None, None, _deadline(context), span))
        try:
            response, failure = await self._answer_or_failure(body, metadata, context, outcome)
            if failure is None:
                outcome.code = "OK"
                return response
            outcome.code = code_name(failure)
            await context.abort_with_status(rpc_status.to_status(to_status(failure, self.error_domain)))
        except asyncio.CancelledError:
            call = incoming.current()
            late = call is not None and call.remaining() == 0.0
            outcome.code = "DEADLINE_EXCEEDED" if late else "CANCELLED"
            raise
        finally:
            self._record(outcome, time.perf_counter() - began)

    async def _answer_or_failure(
        self, body: bytes, metadata: "_Metadata", context: Context, outcome: _Outcome
    ) -> tuple[bytes, Failure | None]:
        try:
            return await self._checked(body, metadata, context, outcome), None
        except Failure as failure:
            return b"", failure
        except Exception as error:  # noqa: BLE001 - the one place where everything unexpected ends
            defect = failure_for(error)
            outcome.fields = describe(error)
            if isinstance(defect, Internal):
                outcome.fields |= defect.metadata
                metrics.RPC_INTERNAL_ERRORS.labels(self.service, self.name).inc()
            return b"", defect

    async def _checked(
        self, body: bytes, metadata: "_Metadata", context: Context, outcome: _Outcome
    ) -> bytes:
        if len(self.in_flight) > self.most_in_flight:
            raise ResourceExhausted(
                "TOO_MANY_CALLS",
                "too many calls at once, please try again",
                retry_after=1.0,
                domain=ACCESS_DOMAIN,
            )
        metadata.refuse_twice(_ONCE)
        token = metadata.bearer(AUTHORIZATION_KEY)
        if token is None:
            raise Unauthenticated
        caller = await self.verifier.verify(token)
        relayed_by = await self._relay(metadata.bearer(SERVICE_AUTHORIZATION_KEY))
        outcome.caller = caller = caller.relayed(relayed_by)
        if self.is_tls:
            _agree(caller, peer_service(context.auth_context()))
        purpose = metadata.text(PURPOSE_KEY)
        access.enter(access.authorise(self.method, self.rule, caller, purpose))
        self._let_in(token, purpose)
        request = self._parsed(body)
        validate(request)
        if not inspect.iscoroutinefunction(self.handler):
            # The generated base class has plain functions; a handler is a coroutine.
            raise Unimplemented
        return (await self.handler(request, context)).SerializeToString()

    async def _relay(self, token: str | None) -> str | None:
        """Return the name of the Kith service that hands the call on, proven by its own token."""
        if token is None:
            return None
        relaying = await self.verifier.verify(token)
        if relaying.kind is not Kind.SERVICE:
            raise Unauthenticated
        return relaying.service

    def _parsed(self, body: bytes) -> Message:
        if len(body) > MAX_REQUEST_BYTES:
            raise InvalidArgument([("request", f"must be at most {MAX_REQUEST_BYTES} bytes")])
        try:
            return self.parse(body)
        except DecodeError:
            raise InvalidArgument([("request", "must be a message of the type this method takes")]) from None

    def _let_in(self, token: str, purpose: str | None) -> None:
        """From here on, inner calls speak for the caller."""
        call = incoming.current()
        if call is not None:
            incoming.enter(Incoming(call.method, token, purpose, call.deadline, call.trace))

    def _track(self) -> None:
        """Note the running call: `Server.stop` does not wait for every handler (RELIABILITY finding 5)."""
        task = asyncio.current_task()
        if task is not None:
            self.in_flight.add(task)
            task.add_done_callback(self.in_flight.discard)
            metrics.RPC_IN_FLIGHT.set(len(self.in_flight))

    def _record(self, outcome: _Outcome, seconds: float) -> None:
        metrics.RPC_HANDLED.labels(self.service, self.name, outcome.code).inc()
        metrics.RPC_SECONDS.labels(self.service, self.name).observe(seconds)
        metrics.RPC_IN_FLIGHT.set(len(self.in_flight) - 1)
        write = log.error if "error_id" in outcome.fields else log.info
        write(
            "call answered",
            method=self.method,
            code=outcome.code,
            duration_ms=round(seconds * 1000, 2),
            caller_kind=outcome.caller.kind if outcome.caller is not None else "unknown",
            **outcome.fields,
        )


class _Metadata:
    """The metadata of one call; binary values are not looked at."""

    def __init__(self, context: Context) -> None:
        self._pairs = [
            (key, value) for key, value in context.invocation_metadata() or () if isinstance(value, str)
        ]

    def text(self, key: str) -> str | None:
        """Return the value, or None if it is absent."""
        return next((value for name, value in self._pairs if name == key), None)

    def bearer(self, key: str) -> str | None:
        """Return the token of a `Bearer` value, None if absent. Raises Unauthenticated for another scheme."""
        value = self.text(key)
        if value is None:
            return None
        if value[: len(_SCHEME)].lower() != _SCHEME:
            raise Unauthenticated
        return value[len(_SCHEME) :].strip()

    def refuse_twice(self, keys: tuple[str, ...]) -> None:
        """Raise Unauthenticated if one occurs twice: two readers might see two different callers."""
        names = [name for name, _ in self._pairs]
        if any(names.count(key) > 1 for key in keys):
            raise Unauthenticated


def _agree(caller: Caller, peer: str | None) -> None:
    """Raise Unauthenticated unless the certificate is that of the service which hands the call on, or asks (S11).

    Whoever has no service's certificate is an agency's system and speaks for itself alone: people come by the gateway.
    """
    if caller.relayed_by != peer:
        raise Unauthenticated
    if peer is None and caller.kind is not Kind.SYSTEM:
        raise Unauthenticated


def _deadline(context: Context) -> float | None:
    remaining: float | None = context.time_remaining()
    return None if remaining is None else time.monotonic() + remaining
