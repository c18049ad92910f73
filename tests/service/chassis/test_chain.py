"""What a caller gets for every way of being refused (S1, S12, S13, S25; RELIABILITY finding 1)."""

import asyncio
from pathlib import Path
from typing import Any

import asyncpg
import grpc
import pytest
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from deploy.local.authority import Authority
from services.chassis import access, incoming, server
from services.chassis.errors import FailedPrecondition, Unavailable
from tests.service.chassis.answers import bearer, refusal, until
from tests.service.chassis.certificates import Holder
from tests.service.chassis.conftest import Fleet, Log, Start
from tests.service.chassis.things import METHODS, SERVICE, Thing, method

PURPOSE = ("kith-purpose", "provide-service")
CANARY = "Jane Doe 1 High St"


async def test_an_allowed_call_is_answered_and_logged_once(fleet: Fleet, log: Log) -> None:
    answer = await method(fleet.channel, "GetThing")(Thing(name="one"), metadata=bearer(fleet.issuer.token()))
    assert answer.name == "one"
    (line,) = log.lines("call answered")
    assert line["method"] == f"/{SERVICE}/GetThing"
    assert (line["code"], line["caller_kind"], line["service"]) == ("OK", "person", "things")
    assert len(line["trace_id"]) == 32


@pytest.mark.parametrize("name", METHODS)
async def test_s1_without_a_token_every_method_is_unauthenticated(fleet: Fleet, name: str) -> None:
    refused = await refusal(method(fleet.channel, name)(Thing()))
    assert (refused.code, refused.reason, refused.domain) == (
        "UNAUTHENTICATED",
        "UNAUTHENTICATED",
        "access.kith",
    )
    assert fleet.things.calls == 0


@pytest.mark.parametrize("name", METHODS)
async def test_s1_without_the_scope_every_method_is_denied_even_for_a_bad_request(
    fleet: Fleet, name: str
) -> None:
    metadata = bearer(fleet.issuer.token(scope="other.read"), PURPOSE)
    refused = await refusal(method(fleet.channel, name)(Thing(name="much too long"), metadata=metadata))
    assert (refused.code, refused.fields) == ("PERMISSION_DENIED", {})
    assert fleet.things.calls == 0


@pytest.mark.parametrize("stated", [(), (("kith-purpose", "curiosity"),), (("kith-purpose", ""),)])
async def test_s12_a_missing_or_unknown_purpose_is_a_field_violation(fleet: Fleet, stated: Any) -> None:
    refused = await refusal(
        method(fleet.channel, "FindThings")(Thing(), metadata=bearer(fleet.issuer.token(), *stated))
    )
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["kith-purpose"])


async def test_s12_the_handler_sees_caller_and_purpose(fleet: Fleet) -> None:
    seen: list[access.Decision] = []

    async def handler(request: Any, context: Any) -> Any:
        seen.append(access.current())
        return Thing()

    fleet.things.handler = handler
    metadata = bearer(fleet.issuer.token(), PURPOSE)
    await method(fleet.channel, "FindThings")(Thing(), metadata=metadata)
    (decision,) = seen
    assert access.genuine(decision)
    assert (decision.purpose, decision.method) == ("provide-service", f"/{SERVICE}/FindThings")
    assert (decision.caller.organisation_id, decision.caller.subject) == ("organisation-1", "person-1")
    with pytest.raises(RuntimeError):
        access.current()


async def test_an_internal_method_is_denied_without_the_named_services_own_token(fleet: Fleet) -> None:
    call = method(fleet.channel, "MatchThings")
    person, search, consent = (
        fleet.issuer.token(),
        fleet.issuer.service_token("search"),
        fleet.issuer.service_token("consent"),
    )
    for metadata in (
        bearer(person),
        bearer(search),
        bearer(person, ("kith-service-authorization", f"Bearer {consent}")),
    ):
        assert (await refusal(call(Thing(), metadata=metadata))).code == "PERMISSION_DENIED"
    # A person's token does not prove a service, whatever the person may do.
    metadata = bearer(person, ("kith-service-authorization", f"Bearer {person}"))
    assert (await refusal(call(Thing(), metadata=metadata))).code == "UNAUTHENTICATED"
    metadata = bearer(person, ("kith-service-authorization", f"Bearer {search}"))
    assert await call(Thing(), metadata=metadata) == Thing()


async def test_two_tokens_in_one_call_are_refused(fleet: Fleet) -> None:
    token = fleet.issuer.token()
    metadata = bearer(token, ("authorization", f"Bearer {token}"))
    assert (
        await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=metadata))
    ).code == "UNAUTHENTICATED"


async def test_s25_a_text_with_a_nul_names_its_field(fleet: Fleet) -> None:
    """No text of PostgreSQL holds one: unchecked, it is an error of the database and so of ours."""
    request = Thing(name="a\0b")
    refused = await refusal(method(fleet.channel, "GetThing")(request, metadata=bearer(fleet.issuer.token())))
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["name"])
    assert fleet.things.calls == 0


async def test_s25_rubbish_bytes_are_a_field_violation_and_come_after_authorisation(fleet: Fleet) -> None:
    raw: Any = fleet.channel.unary_unary(f"/{SERVICE}/GetThing")
    refused = await refusal(raw(b"\xff\xff\xff", metadata=bearer(fleet.issuer.token())))
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["request"])
    assert (await refusal(raw(b"\xff\xff\xff"))).code == "UNAUTHENTICATED"


async def test_s25_ten_mebibytes_are_a_field_violation(fleet: Fleet) -> None:
    request = Thing(name="x" * 10 * 1024 * 1024)
    refused = await refusal(method(fleet.channel, "GetThing")(request, metadata=bearer(fleet.issuer.token())))
    assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", ["request"])


async def test_s25_broken_rules_name_the_field_and_never_the_value(fleet: Fleet, log: Log) -> None:
    request = Thing(name=CANARY, parts=[CANARY])
    refused = await refusal(method(fleet.channel, "GetThing")(request, metadata=bearer(fleet.issuer.token())))
    assert (refused.code, refused.reason) == ("INVALID_ARGUMENT", "INVALID_REQUEST")
    assert set(refused.fields) == {"name", "parts[0]"}
    assert "Jane" not in refused.everything + log.text


async def test_a_method_nobody_wrote_is_unimplemented_for_those_who_may_call(fleet: Fleet) -> None:
    refused = await refusal(
        method(fleet.channel, "LaterThing")(Thing(), metadata=bearer(fleet.issuer.token()))
    )
    assert (refused.code, refused.reason) == ("UNIMPLEMENTED", "UNIMPLEMENTED")


async def test_s13_an_unknown_exception_gives_an_opaque_id_and_no_text_anywhere(
    fleet: Fleet, log: Log
) -> None:
    async def handler(request: Any, context: Any) -> Any:
        raise ValueError(CANARY)

    fleet.things.handler = handler
    refused = await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=bearer(fleet.issuer.token())))
    assert (refused.code, refused.reason) == ("INTERNAL", "INTERNAL")
    (line,) = log.lines("call answered")
    assert (line["level"], line["error_type"]) == ("error", "ValueError")
    assert line["error_id"] == refused.metadata["error_id"]
    assert line["location"].startswith("tests/service/chassis/test_chain.py:")
    assert "Jane" not in refused.everything + log.text


async def test_s13_a_unique_violation_gives_an_opaque_id_and_no_value_anywhere(
    fleet: Fleet, log: Log
) -> None:
    async def handler(request: Any, context: Any) -> Any:
        error = asyncpg.UniqueViolationError("duplicate key value violates unique constraint")
        error.detail = f"Key (name)=({CANARY}) already exists."
        raise error

    fleet.things.handler = handler
    refused = await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=bearer(fleet.issuer.token())))
    assert refused.code == "INTERNAL"
    (line,) = log.lines("call answered")
    assert (line["sqlstate"], line["error_id"]) == ("23505", refused.metadata["error_id"])
    assert "Jane" not in refused.everything + log.text


async def test_s13_an_answer_of_the_wrong_type_is_a_defect_without_text(fleet: Fleet, log: Log) -> None:
    async def handler(request: Any, context: Any) -> Any:
        return CANARY

    fleet.things.handler = handler
    refused = await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=bearer(fleet.issuer.token())))
    assert refused.code == "INTERNAL"
    assert "Jane" not in refused.everything + log.text


@pytest.mark.parametrize(
    ("error", "code", "reason"),
    [
        (asyncpg.SerializationError("x"), "ABORTED", "CONFLICT"),
        (asyncpg.DeadlockDetectedError("x"), "ABORTED", "CONFLICT"),
        (asyncpg.ConnectionDoesNotExistError("x"), "UNAVAILABLE", "DATABASE_UNREACHABLE"),
        (asyncpg.CannotConnectNowError("x"), "UNAVAILABLE", "DATABASE_UNREACHABLE"),
        (asyncpg.InterfaceError("connection is closed"), "UNAVAILABLE", "DEPENDENCY_UNREACHABLE"),
        (TimeoutError(), "UNAVAILABLE", "DEPENDENCY_UNREACHABLE"),
        (ConnectionRefusedError(), "UNAVAILABLE", "DEPENDENCY_UNREACHABLE"),
        (Unavailable("DATABASE_BUSY"), "UNAVAILABLE", "DATABASE_BUSY"),
        (FailedPrecondition("ALREADY_MERGED", "already merged"), "FAILED_PRECONDITION", "ALREADY_MERGED"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else None,
)
async def test_failures_keep_their_code_and_reason(
    fleet: Fleet, error: Exception, code: str, reason: str
) -> None:
    async def handler(request: Any, context: Any) -> Any:
        raise error

    fleet.things.handler = handler
    refused = await refusal(
        method(fleet.channel, "MakeThing")(Thing(), metadata=bearer(fleet.issuer.token()))
    )
    assert (refused.code, refused.reason) == (code, reason)


async def test_a_domain_failure_is_in_the_services_own_domain(fleet: Fleet) -> None:
    async def handler(request: Any, context: Any) -> Any:
        raise FailedPrecondition("ALREADY_MERGED", "already merged", metadata={"limit": "5"})

    fleet.things.handler = handler
    refused = await refusal(method(fleet.channel, "GetThing")(Thing(), metadata=bearer(fleet.issuer.token())))
    assert (refused.domain, refused.metadata) == ("things.kith", {"limit": "5"})


async def test_the_trace_of_the_caller_goes_on(fleet: Fleet, log: Log) -> None:
    seen: list[str] = []

    async def handler(request: Any, context: Any) -> Any:
        seen.append(incoming.traceparent())
        return Thing()

    fleet.things.handler = handler
    given = f"00-{'a' * 32}-{'b' * 16}-01"
    metadata = bearer(fleet.issuer.token(), ("traceparent", given))
    await method(fleet.channel, "GetThing")(Thing(), metadata=metadata)
    assert log.lines("call answered")[0]["trace_id"] == "a" * 32
    assert seen[0].startswith(f"00-{'a' * 32}-")
    assert seen[0] != given


async def test_a_call_cut_by_its_deadline_is_counted_as_such(fleet: Fleet, log: Log) -> None:
    entered, ended = asyncio.Event(), asyncio.Event()

    async def handler(request: Any, context: Any) -> Any:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return Thing()

    fleet.things.handler = handler
    metadata = bearer(fleet.issuer.token())
    with pytest.raises(Exception, match="DEADLINE_EXCEEDED"):
        await method(fleet.channel, "GetThing")(Thing(), metadata=metadata, timeout=0.2)
    assert entered.is_set()
    await asyncio.wait_for(ended.wait(), 10)

    async def logged() -> bool:
        return bool(log.lines("call answered"))

    await until(logged)
    assert log.lines("call answered")[0]["code"] in {"DEADLINE_EXCEEDED", "CANCELLED"}


async def _listed(channel: Any) -> str:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(channel)
    call = stub.ServerReflectionInfo()
    await call.write(reflection_pb2.ServerReflectionRequest(list_services=""))
    return str(await call.read())


async def test_s26_reflection_answers_in_local_mode_only(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with start() as local:
        assert SERVICE in await _listed(local.channel)
    monkeypatch.setattr(server, "_DRAIN_NOTICE_SECONDS", 0)
    holder = Holder(tmp_path / "tls", Authority(), None)
    production = holder.settings.model_copy(update={"local_mode": False, "bind": "127.0.0.1"})
    async with start(production) as running, holder.channel(running.address) as channel:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await _listed(channel)
        assert raised.value.code() is grpc.StatusCode.UNIMPLEMENTED
