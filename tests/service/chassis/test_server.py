"""Starting, refusing to start, telling health, draining (S1, F30, F31; RELIABILITY finding 5, 1.1)."""

import asyncio
import itertools
import json
import os
import signal
import socket
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
import httpx2
import pytest
from google.protobuf import descriptor_pool
from grpc_health.v1 import health_pb2, health_pb2_grpc

from kith.access.v1 import access_pb2
from services.chassis import access
from services.chassis.config import ServiceSettings
from services.chassis.port import PortTaken
from services.chassis.server import BackgroundEnded, Server
from tests.service.chassis.answers import bearer, until
from tests.service.chassis.conftest import Fleet, Start
from tests.service.chassis.issuer import Issuer
from tests.service.chassis.things import READ, SERVICE, Thing, echo, method, service_file

SERVING = health_pb2.HealthCheckResponse.SERVING
_NUMBERS = itertools.count()
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.mark.parametrize(
    "rule",
    [None, access_pb2.Rule(), access_pb2.Rule(purpose_required=True)],
    ids=["no rule", "empty rule", "no scope"],
)
def test_s1_a_method_without_a_rule_refuses_to_start(rule: access_pb2.Rule | None) -> None:
    package = f"kith.tests.without{next(_NUMBERS)}.v1"
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(
        service_file(package, {"Good": (READ, None), "Bad": (rule, None)}).SerializeToString()
    )
    service = pool.FindServiceByName(f"{package}.ThingsService")

    def add(_servicer: object, server: Any) -> None:
        async def answer(request: Any, context: Any) -> Any:
            return request

        handlers: dict[str, Any] = {
            name: grpc.unary_unary_rpc_method_handler(answer) for name in ("Good", "Bad")
        }
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service.full_name, handlers),))

    verifier: Any = None
    with pytest.raises(access.MissingRule, match=f"{package}.ThingsService.Bad$"):
        Server(
            "things",
            ServiceSettings(local_mode=True),
            [(add, None)],
            error_domain="things.kith",
            verifier=verifier,
        )


def test_s1_a_streaming_method_refuses_to_start() -> None:
    package = "kith.tests.streaming.v1"
    file = service_file(package, {"Watch": (READ, None)})
    file.service[0].method[0].server_streaming = True
    pool = descriptor_pool.Default()
    pool.AddSerializedFile(file.SerializeToString())
    with pytest.raises(access.MissingRule, match="Watch"):
        access.rules([pool.FindServiceByName(f"{package}.ThingsService")])


@asynccontextmanager
async def health_of(fleet: Fleet) -> AsyncIterator[Callable[[str], Awaitable[Any]]]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{fleet.server.health_port}") as channel:
        stub = health_pb2_grpc.HealthStub(channel)

        async def check(service: str) -> Any:
            return (await stub.Check(health_pb2.HealthCheckRequest(service=service))).status

        yield check


async def test_health_says_live_at_once_and_ready_when_it_is(start: Start) -> None:
    there = False

    async def ready() -> None:
        if not there:
            raise ConnectionError

    async with start(ready=ready) as fleet, health_of(fleet) as health:
        assert await health("") == SERVING
        assert await health("ready") == NOT_SERVING
        there = True

        async def is_ready() -> bool:
            return bool(await health("ready") == SERVING)

        await until(is_ready)
        there = False

        async def is_not_ready() -> bool:
            return bool(await health("ready") == NOT_SERVING)

        await until(is_not_ready)
        assert await health("") == SERVING


async def test_a_port_in_use_is_an_error_and_not_shared(fleet: Fleet, start: Start) -> None:
    for settings in (
        ServiceSettings(local_mode=True, port=fleet.server.port),
        ServiceSettings(local_mode=True, health_port=fleet.server.health_port),
        ServiceSettings(local_mode=True, metrics_port=fleet.server.port),
    ):
        with pytest.raises(PortTaken, match=r"port \d+ is taken"):
            async with start(settings):
                pass


async def test_finding_5_drain_waits_for_every_handler_even_after_others_aborted(start: Start) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()
    finished: list[str] = []

    async def handler(request: Any, context: Any) -> Any:
        if request.name == "aborts":
            await context.abort(grpc.StatusCode.ABORTED, "")
        entered.set()
        await go_on.wait()
        finished.append(request.name)
        return Thing(name="done")

    async with start() as fleet:
        fleet.things.handler = handler
        call, metadata = method(fleet.channel, "MakeThing"), bearer(fleet.issuer.token())
        with pytest.raises(grpc.aio.AioRpcError):
            await call(Thing(name="aborts"), metadata=metadata)
        running = asyncio.ensure_future(call(Thing(name="slow"), metadata=metadata))
        await entered.wait()
        async with health_of(fleet) as health:
            draining = asyncio.create_task(fleet.server.drain())

            async def is_not_ready() -> bool:
                return bool(await health("ready") == NOT_SERVING)

            await until(is_not_ready)
        assert not draining.done()
        go_on.set()
        assert (await running).name == "done"
        await draining
        assert finished == ["slow"]


async def test_finding_5_drain_waits_for_a_handler_that_cleans_up_after_its_abort(start: Start) -> None:
    entered, go_on = asyncio.Event(), asyncio.Event()
    finished: list[str] = []

    async def handler(request: Any, context: Any) -> Any:
        try:
            await context.abort(grpc.StatusCode.ABORTED, "")
        finally:
            entered.set()
            await go_on.wait()
            finished.append("cleaned up")

    async with start() as fleet:
        fleet.things.handler = handler
        with pytest.raises(grpc.aio.AioRpcError):
            await method(fleet.channel, "MakeThing")(Thing(), metadata=bearer(fleet.issuer.token()))
        await entered.wait()
        draining = asyncio.create_task(fleet.server.drain())
        async with grpc.aio.insecure_channel(f"127.0.0.1:{fleet.server.port}") as late:

            async def refuses_calls() -> bool:
                with pytest.raises(grpc.aio.AioRpcError) as raised:
                    await method(late, "GetThing")(Thing())
                return bool(raised.value.code() is grpc.StatusCode.UNAVAILABLE)

            await until(refuses_calls)
        # gRPC's own stop has nothing left to wait for; health stops last, so it tells whether the drain went on.
        async with health_of(fleet) as health:
            for _ in range(20):
                assert await health("") == SERVING
        go_on.set()
        await draining
        assert finished == ["cleaned up"]


async def test_drain_ends_background_work_after_the_last_call(start: Start) -> None:
    order: list[str] = []
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def relay() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            order.append("background")

    async def handler(request: Any, context: Any) -> Any:
        entered.set()
        await go_on.wait()
        order.append("call")
        return Thing()

    async with start(background=[relay]) as fleet:
        fleet.things.handler = handler
        running = asyncio.ensure_future(
            method(fleet.channel, "MakeThing")(Thing(), metadata=bearer(fleet.issuer.token()))
        )
        await entered.wait()
        draining = asyncio.create_task(fleet.server.drain())
        go_on.set()
        await running
        await draining
    assert order == ["call", "background"]


@pytest.mark.parametrize("fails", [True, False])
async def test_background_work_that_ends_is_an_error(start: Start, *, fails: bool) -> None:
    async def relay() -> None:
        if fails:
            raise ValueError("Jane Doe 1 High St")

    async with start(background=[relay]) as fleet:
        with pytest.raises(BackgroundEnded):
            await asyncio.wait_for(fleet.server.background_ended(), 10)


async def test_f31_more_calls_than_the_limit_are_refused_at_once_and_the_rest_answered(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.server.MAX_CONCURRENT_CALLS", 5)
    go_on = asyncio.Event()

    async def handler(request: Any, context: Any) -> Any:
        await go_on.wait()
        return Thing()

    async with start() as fleet:
        metadata = bearer(fleet.issuer.token())
        call = method(fleet.channel, "MakeThing")
        await call(Thing(name="keys"), metadata=metadata)
        for _wave in range(3):
            go_on.clear()
            fleet.things.handler = handler
            running = [asyncio.ensure_future(call(Thing(), metadata=metadata)) for _ in range(12)]

            async def seven_refused(running: list[Any] = running) -> bool:
                return [task.done() for task in running].count(True) == 7

            await until(seven_refused)
            go_on.set()
            ended = await asyncio.gather(*running, return_exceptions=True)
            codes = [error.code().name for error in ended if isinstance(error, grpc.aio.AioRpcError)]
            assert codes == ["RESOURCE_EXHAUSTED"] * 7
        fleet.things.handler = echo
        assert (await call(Thing(name="after"), metadata=metadata)).name == "after"


async def test_f31_calls_that_are_begun_and_never_sent_keep_nobody_out(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.chassis.server.MAX_CONCURRENT_CALLS", 5)

    async def never() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    async with start() as fleet, grpc.aio.insecure_channel(fleet.address) as strangers:
        begin: Any = strangers.stream_unary(f"/{SERVICE}/MakeThing")
        begun = [begin(never()) for _ in range(20)]
        for one in begun:
            await one.wait_for_connection()
        # gRPC hands a server calls in the order of their headers, but those of two connections in any.
        call, metadata = method(fleet.channel, "MakeThing"), bearer(fleet.issuer.token())
        for _ in range(20):
            assert (await call(Thing(name="honest"), metadata=metadata)).name == "honest"
        for one in begun:
            one.cancel()


PROGRAM = """
import asyncio, sys
from typing import Any
from services.chassis import telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import ServiceSettings, load
from services.chassis.server import run, serve
from tests.service.chassis.things import Thing, Things, add_things_to_server

async def handler(request: Any, context: Any) -> Any:
    print("entered", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    return Thing(name="done")

async def fails() -> None:
    raise ValueError("Jane Doe 1 High St")

async def main(settings: ServiceSettings) -> None:
    telemetry.start("things", settings)
    things = Things()
    things.handler = handler
    background = [fails] if "fails" in sys.argv else []
    async with TokenVerifier(settings.issuer or "") as verifier:
        await serve("things", settings, [(add_things_to_server, things)], error_domain="things.kith",
                    verifier=verifier, background=background)

run(main(load(ServiceSettings)))
"""


async def program(issuer: Issuer, *arguments: str, **settings: str) -> asyncio.subprocess.Process:
    environment = os.environ | {"KITH_LOCAL_MODE": "1", "KITH_ISSUER": issuer.url} | settings
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *arguments, env=environment, stdin=PIPE, stdout=PIPE, stderr=PIPE
    )


async def test_finding_5_sigterm_lets_the_running_call_finish_and_exits_0(issuer: Issuer) -> None:
    process = await program(issuer)
    assert process.stdout is not None
    async with asyncio.timeout(60):
        port = json.loads(await process.stdout.readline())["port"]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            call = method(channel, "MakeThing")(Thing(), metadata=bearer(issuer.token()))
            running = asyncio.ensure_future(call)
            assert await process.stdout.readline() == b"entered\n"
            process.send_signal(signal.SIGTERM)
            assert json.loads(await process.stdout.readline())["event"] == "draining"
            assert process.stdin is not None
            process.stdin.write(b"go on\n")
            assert (await running).name == "done"
        output, errors = await process.communicate()
    assert process.returncode == 0
    assert [json.loads(line)["event"] for line in output.splitlines()] == ["call answered", "stopped"]
    assert errors == b""


async def test_a_service_that_cannot_start_says_why_and_exits_2(issuer: Issuer, fleet: Fleet) -> None:
    process = await program(issuer, KITH_PORT=str(fleet.server.port))
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 2
    # gRPC itself may have said something before.
    assert errors.decode().splitlines()[-1] == f"port {fleet.server.port} is taken by something else"
    assert b"Traceback" not in output + errors


async def test_g7_metrics_count_calls_and_name_nobody(start: Start) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with start(ServiceSettings(local_mode=True, metrics_port=port)) as fleet:
        await method(fleet.channel, "GetThing")(Thing(name="Jane Doe"), metadata=bearer(fleet.issuer.token()))
        async with httpx2.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"http://127.0.0.1:{port}/metrics")).text
    counted = f'kith_rpc_handled_total{{code="OK",method="GetThing",service="{SERVICE}"}}'
    assert any(line.startswith(counted) for line in text.splitlines())
    for personal in ("Jane", "person-1", "organisation-1"):
        assert personal not in text


async def test_s13_a_service_whose_background_fails_exits_1_and_says_no_text(issuer: Issuer) -> None:
    process = await program(issuer, "fails")
    async with asyncio.timeout(60):
        output, errors = await process.communicate()
    assert process.returncode == 1
    assert b"Jane" not in output + errors
    lines = {line["event"]: line for line in map(json.loads, output.splitlines())}
    assert lines["background work ended"]["error_type"] == "ValueError"
    assert lines["the service ends by an error"]["error_type"] == "BackgroundEnded"
