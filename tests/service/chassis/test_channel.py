"""What inner calls carry, how long they may take and when they are tried again (DESIGN 7, R3, S5)."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import pytest

from services.chassis import access, incoming
from services.chassis.caller import Kind
from services.chassis.channel import connect, edge_connect, own_connect, service_config
from services.chassis.errors import DeadlineExceeded, InvalidArgument, PermissionDenied, Unavailable
from services.chassis.service_identity import ServiceIdentity
from services.chassis.trace import begin
from tests.service.chassis.answers import bearer, refusal
from tests.service.chassis.conftest import Fleet, Start
from tests.service.chassis.things import FILE, Thing, method

PURPOSE = ("kith-purpose", "safeguard")


@dataclass
class Inner:
    """The server at the end of an inner call, and what it saw."""

    fleet: Fleet
    decisions: list[access.Decision] = field(default_factory=list)
    calls: list[incoming.Incoming] = field(default_factory=list)

    async def note(self, request: Any, _context: Any) -> Any:
        call = incoming.current()
        assert call is not None
        self.calls.append(call)
        self.decisions.append(access.current())
        return request


@pytest.fixture
async def inner(start: Start) -> AsyncIterator[Inner]:
    async with start() as running:
        noted = Inner(running)
        running.things.handler = noted.note
        yield noted


@pytest.fixture
async def to_inner(inner: Inner, identity: ServiceIdentity) -> AsyncIterator[grpc.aio.Channel]:
    """The channel a service called search has to the inner one."""
    async with connect(inner.fleet.address, FILE, identity=identity) as channel:
        yield channel


@pytest.fixture
async def outer(start: Start, to_inner: grpc.aio.Channel) -> AsyncIterator[Fleet]:
    """A server whose every answer is that of an inner call to MatchThings, which search alone may call."""
    async with start() as running:

        async def handler(request: Any, context: Any) -> Any:
            return await method(to_inner, "MatchThings")(request)

        running.things.handler = handler
        yield running


async def test_within_a_call_the_callers_token_purpose_and_trace_go_along(outer: Fleet, inner: Inner) -> None:
    metadata = bearer(outer.issuer.token(), PURPOSE, ("traceparent", f"00-{'a' * 32}-{'b' * 16}-01"))
    await method(outer.channel, "FindThings")(Thing(name="x"), metadata=metadata)
    (decision,), (call,) = inner.decisions, inner.calls
    assert (decision.caller.kind, decision.caller.subject) == (Kind.PERSON, "person-1")
    assert (decision.caller.relayed_by, decision.purpose) == ("search", "safeguard")
    assert call.trace.trace_id == "a" * 32


async def test_s5_an_outsider_cannot_choose_who_is_relayed(outer: Fleet, inner: Inner) -> None:
    token = outer.issuer.token(sub="person-2")
    metadata = bearer(token, PURPOSE, ("kith-subject", "person-1"), ("x-forwarded-user", "person-1"))
    await method(outer.channel, "FindThings")(Thing(), metadata=metadata)
    assert inner.decisions[0].caller.subject == "person-2"


async def test_outside_a_call_the_service_speaks_for_itself(to_inner: grpc.aio.Channel, inner: Inner) -> None:
    await method(to_inner, "MatchThings")(Thing())
    caller = inner.decisions[0].caller
    assert (caller.kind, caller.service, caller.relayed_by) == (Kind.SERVICE, "search", "search")
    remaining = inner.calls[0].remaining()
    assert remaining is not None
    assert remaining < 5.0


async def test_r3_an_inner_call_gets_what_is_left_less_20_ms(outer: Fleet, inner: Inner) -> None:
    forward = outer.things.handler
    received: list[incoming.Incoming | None] = []

    async def handler(request: Any, context: Any) -> Any:
        received.append(incoming.current())
        return await forward(request, context)

    outer.things.handler = handler
    await method(outer.channel, "MakeThing")(Thing(), metadata=bearer(outer.issuer.token()), timeout=3)
    (outer_call,), (inner_call,) = received, inner.calls
    assert outer_call is not None
    assert outer_call.deadline is not None
    assert inner_call.deadline is not None
    # gRPC sends what is left rounded up to 10 ms, so of the 20 ms taken off at least half is seen.
    assert inner_call.deadline < outer_call.deadline - 0.005


async def test_r3_with_less_than_100_ms_left_the_inner_call_is_not_made(
    to_inner: grpc.aio.Channel, inner: Inner
) -> None:
    deadline = time.monotonic() + 0.09
    token = incoming.enter(incoming.Incoming("/x/Y", None, None, deadline, begin()))
    try:
        with pytest.raises(DeadlineExceeded):
            await method(to_inner, "GetThing")(Thing())
    finally:
        incoming.leave(token)
    assert inner.calls == []


async def test_retry_is_for_idempotent_methods_only(inner: Inner, to_inner: grpc.aio.Channel) -> None:
    attempts: list[str] = []

    async def unavailable(request: Any, context: Any) -> Any:
        attempts.append(request.name)
        raise Unavailable("DATABASE_BUSY", retry_after=None)

    inner.fleet.things.handler = unavailable
    for name in ("GetThing", "MakeThing"):
        refused = await refusal(method(to_inner, name)(Thing(name=name)))
        assert (refused.code, refused.reason) == ("UNAVAILABLE", "DATABASE_BUSY")
    assert (attempts.count("GetThing"), attempts.count("MakeThing")) == (3, 1)


def test_the_retry_policy_names_what_the_contract_calls_idempotent() -> None:
    (policy,) = service_config((FILE,))["methodConfig"]
    assert {name["method"] for name in policy["name"]} == {"GetThing", "FindThings", "MatchThings"}
    assert policy["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE"]
    assert "timeout" not in policy


@pytest.mark.parametrize(
    ("raised", "code", "reason"),
    [
        (PermissionDenied(), "PERMISSION_DENIED", "NOT_ALLOWED"),
        (Unavailable("DATABASE_BUSY", retry_after=None), "UNAVAILABLE", "DEPENDENCY_UNREACHABLE"),
        # What the inner service found wrong is our asking, and its words are not for the caller.
        (InvalidArgument([("secret_field", "is wrong")]), "INTERNAL", "INTERNAL"),
        (ValueError("Jane Doe 1 High St"), "INTERNAL", "INTERNAL"),
    ],
    ids=["denied", "unavailable", "invalid", "defect"],
)
async def test_what_an_inner_failure_becomes(
    outer: Fleet, inner: Inner, raised: Exception, code: str, reason: str
) -> None:
    async def handler(request: Any, context: Any) -> Any:
        raise raised

    inner.fleet.things.handler = handler
    refused = await refusal(method(outer.channel, "GetThing")(Thing(), metadata=bearer(outer.issuer.token())))
    assert (refused.code, refused.reason) == (code, reason)
    assert "secret_field" not in refused.everything
    assert "Jane" not in refused.everything


async def test_g8_an_unreachable_service_makes_the_answer_unavailable(
    start: Start, identity: ServiceIdentity
) -> None:
    async with start() as gone:
        address = gone.address
    async with start() as fleet, connect(address, FILE, identity=identity) as channel:

        async def handler(request: Any, context: Any) -> Any:
            return await method(channel, "GetThing")(request)

        fleet.things.handler = handler
        refused = await refusal(
            method(fleet.channel, "GetThing")(Thing(), metadata=bearer(fleet.issuer.token()))
        )
    assert (refused.code, refused.reason) == ("UNAVAILABLE", "DEPENDENCY_UNREACHABLE")


async def test_own_connect_speaks_for_the_service_within_a_call(
    start: Start, inner: Inner, identity: ServiceIdentity
) -> None:
    async with start() as outer, own_connect(inner.fleet.address, FILE, identity=identity) as channel:

        async def handler(request: Any, context: Any) -> Any:
            return await method(channel, "MatchThings")(request)

        outer.things.handler = handler
        metadata = bearer(outer.issuer.token(), PURPOSE)
        await method(outer.channel, "FindThings")(Thing(), metadata=metadata)
    assert inner.decisions[0].caller.service == "search"


async def test_s5_an_edge_channel_never_lends_the_services_own_rights(
    inner: Inner, identity: ServiceIdentity
) -> None:
    async with edge_connect(inner.fleet.address, FILE, identity=identity) as channel:
        call = method(channel, "MatchThings")
        with pytest.raises(ValueError, match="needs that person's token"):
            await call(Thing())
        assert inner.calls == []
        await call(Thing(), metadata=bearer(inner.fleet.issuer.token(sub="person-3"), PURPOSE))
    (decision,) = inner.decisions
    assert (decision.caller.subject, decision.caller.relayed_by) == ("person-3", "search")
    assert decision.purpose == "safeguard"


async def test_calls_are_spread_over_all_addresses(start: Start, identity: ServiceIdentity) -> None:
    async with start() as one, start() as two:
        address = f"ipv4:127.0.0.1:{one.server.port},127.0.0.1:{two.server.port}"
        async with connect(address, FILE, identity=identity) as channel, asyncio.timeout(20):
            while not (one.things.calls and two.things.calls):
                await method(channel, "GetThing")(Thing())


async def test_s9_the_services_token_is_asked_for_once_by_a_signed_assertion(
    identity: ServiceIdentity, issuer: Any
) -> None:
    tokens = await asyncio.gather(*(identity.token() for _ in range(20)))
    assert len(set(tokens)) == 1
    assert issuer.tokens_granted == 1
    (asked,) = issuer.assertions
    assert (asked["grant_type"], asked["client_id"]) == ("client_credentials", "service-search")


async def test_the_services_token_is_renewed_before_it_expires_and_kept_while_the_issuer_is_away(
    identity: ServiceIdentity, issuer: Any
) -> None:
    issuer.token_seconds = 20  # less than the 30 s before expiry at which it is renewed
    first = await identity.token()
    second = await identity.token()
    assert first != second
    issuer.answers = False
    assert await identity.token() == second
    identity._expires = 0.0
    with pytest.raises(Unavailable):
        await identity.token()
