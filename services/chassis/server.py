"""The one way to make a gRPC server (STYLE principle 2), and to run and stop a service.

    async def main(config: Config) -> None:
        telemetry.start("consent", config)
        async with TokenVerifier(config.issuer) as verifier, database.pool(...) as db:
            relay = Relay(db, TOPIC, kafka, "consent")
            service = ConsentService(db, keyring, relay.wake)
            await serve(
                "consent", config, [(add_ConsentServiceServicer_to_server, service)],
                error_domain="consent.kith", verifier=verifier, ready=db.ready, background=[relay.run],
            )

    run(main(load(Config)))

What happens to each call is in chain.py.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, cast

import grpc
import uvloop
from google.protobuf import descriptor_pool, message_factory
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from grpc_reflection.v1alpha import reflection

from kith.access.v1 import access_pb2
from services.chassis import access
from services.chassis.caller import TokenVerifier
from services.chassis.chain import Chain
from services.chassis.config import EXIT_BAD_SETTINGS, BadSettings, ServiceSettings
from services.chassis.health import Health
from services.chassis.metrics_port import serve_metrics
from services.chassis.port import PortTaken, listen
from services.chassis.telemetry import describe, log
from services.chassis.tls import Certificates
from services.chassis.validation import warm_up

Registration = tuple[Callable[[Any, grpc.aio.Server], None], object]
"""A generated `add_XServicer_to_server` and the servicer to add."""
Background = Callable[[], Awaitable[None]]
"""Work that goes on as long as the process: a relay, a consumer."""

MAX_CONCURRENT_CALLS: Final = 200
"""More are answered `RESOURCE_EXHAUSTED` at once: a queue nobody waits for helps nobody (F31).

Counted by the chain, once a request is here: gRPC's own count takes calls that have only begun, so that one stranger
who sends the headers of 200 and never a request would keep everybody else out.
"""
_MAX_BEGUN_CALLS: Final = 10 * MAX_CONCURRENT_CALLS
_MAX_CALLS_OF_A_CONNECTION: Final = MAX_CONCURRENT_CALLS
"""More wait at the client."""
_MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
"""What gRPC takes off the wire; chain.py refuses above 4 MiB, and can say so as a field violation."""
_EXIT_INTERRUPTED: Final = 130
_GRACE_SECONDS: Final = 20.0
_DRAIN_NOTICE_SECONDS: Final = 5.0
"""How long balancers are given to see that we are not ready, before we stop taking calls."""
_OPTIONS: Final[tuple[tuple[str, Any], ...]] = (
    # Else a second server takes the same port without a word.
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", _MAX_CALLS_OF_A_CONNECTION),
    ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", _MAX_MESSAGE_BYTES),
    # Connections end now and then, so that calls spread over new replicas.
    ("grpc.max_connection_age_ms", 30_000),
    ("grpc.max_connection_age_grace_ms", 30_000),
    # Clients ping every 30 s (channel.py); allow it, also without calls.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
)


class BackgroundEnded(Exception):
    """Work that should go on for ever ended, so the process is not whole."""


class Server:
    """A running service: its gRPC port, its health port, its metrics and its background work."""

    def __init__(
        self,
        service: str,
        settings: ServiceSettings,
        registrations: Sequence[Registration],
        *,
        error_domain: str,
        verifier: TokenVerifier,
        ready: Callable[[], Awaitable[None]] | None = None,
        background: Sequence[Background] = (),
    ) -> None:
        """Raises access.MissingRule if a method has no access rule, and BadSettings without a usable certificate."""
        self.service = service
        self.port = 0
        self.health_port = 0
        self._settings = settings
        self._certificates = Certificates.of(settings)
        self._background = background
        self._in_flight: set[asyncio.Task[Any]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._stop_metrics: Callable[[], None] = lambda: None
        self._health = Health(ready)
        # Made by `start`: a server object that is thrown away unused is an error of its own.
        self._server: grpc.aio.Server | None = None
        recorded = _recorded(registrations)
        rules = access.rules(descriptor for descriptor, _ in recorded)
        self._names = [descriptor.full_name for descriptor, _ in recorded]
        self._handlers = [
            _wrapped(descriptor, handlers, partial(self._chain, rules, verifier, error_domain))
            for descriptor, handlers in recorded
        ]

    def _chain(
        self,
        rules: Mapping[str, access_pb2.Rule],
        verifier: TokenVerifier,
        error_domain: str,
        method: MethodDescriptor,
        found: Any,
    ) -> Chain:
        service = method.containing_service.full_name
        return Chain(
            service=service,
            name=method.name,
            rule=rules[f"/{service}/{method.name}"],
            handler=found.unary_unary,
            parse=found.request_deserializer,
            verifier=verifier,
            error_domain=error_domain,
            is_tls=self._certificates is not None,
            in_flight=self._in_flight,
            most_in_flight=MAX_CONCURRENT_CALLS,
        )

    async def start(self) -> None:
        """Take calls and begin the background work. Raises PortTaken."""
        settings = self._settings
        address = settings.listen_address
        self.health_port = await self._health.start(address, settings.health_port)
        self._server = server = grpc.aio.server(options=_OPTIONS, maximum_concurrent_rpcs=_MAX_BEGUN_CALLS)
        server.add_generic_rpc_handlers(self._handlers)
        if settings.local_mode:
            reflection.enable_server_reflection([*self._names, reflection.SERVICE_NAME], server)
        try:
            tls = self._certificates
            self.port = listen(server, address, settings.port, tls.server_credentials() if tls else None)
            self._stop_metrics = serve_metrics(address, settings.metrics_port)
        except PortTaken:
            await server.stop(grace=None)
            await self._health.stop()
            raise
        await server.start()
        self._tasks = [asyncio.create_task(_run(work)) for work in self._background]
        self._health.watch()
        log.info(
            "taking calls",
            port=self.port,
            health_port=self.health_port,
            metrics_port=self._settings.metrics_port,
        )

    async def background_ended(self) -> None:
        """Wait until a piece of background work ends, which none should. Raises BackgroundEnded."""
        if not self._tasks:
            await asyncio.Event().wait()
        done, _ = await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            error = task.exception() if not task.cancelled() else None
            log.error("background work ended", task=task.get_name(), **(describe(error) if error else {}))
        raise BackgroundEnded

    async def drain(self) -> None:
        """Stop without cutting anybody off (F30, RELIABILITY finding 5).

        Say not ready, wait for balancers to see it, take no new calls, wait for those running, then end the
        rest.
        """
        await self._health.not_ready()
        if not self._settings.local_mode:
            await asyncio.sleep(_DRAIN_NOTICE_SECONDS)
        log.info("draining", in_flight=len(self._in_flight))
        if self._server is not None:
            await self._server.stop(_GRACE_SECONDS)
        # `stop` may return while handlers still run, so ask them themselves.
        if self._in_flight:
            _, late = await asyncio.wait(set(self._in_flight), timeout=_GRACE_SECONDS)
            for task in late:
                task.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._stop_metrics()
        await self._health.stop()
        log.info("stopped")


async def serve(
    service: str,
    settings: ServiceSettings,
    registrations: Sequence[Registration],
    *,
    error_domain: str,
    verifier: TokenVerifier,
    ready: Callable[[], Awaitable[None]] | None = None,
    background: Sequence[Background] = (),
) -> None:
    """Serve until SIGTERM or SIGINT, then drain. Raises BackgroundEnded if background work ends before that.

    `error_domain` is the domain of the reasons in `error_reason.proto`, such as `childindex.kith`.
    """
    server = Server(
        service,
        settings,
        registrations,
        error_domain=error_domain,
        verifier=verifier,
        ready=ready,
        background=background,
    )
    asked_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, asked_to_stop.set)
    await server.start()
    ended = asyncio.create_task(server.background_ended())
    stopped = asyncio.create_task(asked_to_stop.wait())
    await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
    failed = ended.done()
    for task in (ended, stopped):
        task.cancel()
    await asyncio.gather(ended, stopped, return_exceptions=True)
    await server.drain()
    if failed:
        raise BackgroundEnded


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run a service's main coroutine on uvloop.

    Exits 2 and says why if it raises BadSettings; 1, with a line in the log, if it raises anything else.
    """
    try:
        uvloop.run(main)
    except KeyboardInterrupt:
        sys.exit(_EXIT_INTERRUPTED)
    except BadSettings as error:
        print(error, file=sys.stderr)
        sys.exit(EXIT_BAD_SETTINGS)
    except Exception as error:  # noqa: BLE001 - a traceback on stderr would show the text
        log.error("the service ends by an error", **describe(error))
        sys.exit(1)


class _Details(NamedTuple):
    """What a generated handler table looks methods up by."""

    method: str
    invocation_metadata: tuple[()] = ()


class _Recorder:
    """Stands in for a server to learn which handlers generated code would add."""

    def __init__(self) -> None:
        self.handlers: list[grpc.ServiceRpcHandler] = []

    def add_generic_rpc_handlers(self, handlers: Sequence[grpc.ServiceRpcHandler]) -> None:
        self.handlers.extend(handlers)

    def add_registered_method_handlers(self, *_: object) -> None:
        """Do nothing: the same handlers again, for a lookup that grpc.aio does not have."""


def _recorded(
    registrations: Sequence[Registration],
) -> list[tuple[ServiceDescriptor, grpc.ServiceRpcHandler]]:
    recorder = _Recorder()
    for add, servicer in registrations:
        add(servicer, cast("grpc.aio.Server", recorder))
    pool = descriptor_pool.Default()
    return [(pool.FindServiceByName(handlers.service_name()), handlers) for handlers in recorder.handlers]


def _wrapped(
    descriptor: ServiceDescriptor,
    handlers: grpc.ServiceRpcHandler,
    chain: Callable[[MethodDescriptor, Any], Chain],
) -> grpc.ServiceRpcHandler:
    """Return the service's handlers, each inside the chain. They take and give bytes: the chain parses."""
    wrapped: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
    for method in descriptor.methods:
        details = _Details(f"/{descriptor.full_name}/{method.name}")
        found = handlers.service(cast("grpc.HandlerCallDetails", details))
        answer: Any = chain(method, found).answer
        wrapped[method.name] = grpc.unary_unary_rpc_method_handler(answer)
        warm_up(message_factory.GetMessageClass(method.input_type))
    generic: Any = grpc.method_handlers_generic_handler(descriptor.full_name, wrapped)
    return cast("grpc.ServiceRpcHandler", generic)


async def _run(work: Background) -> None:
    await work()
