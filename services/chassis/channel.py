"""Channels to other services: deadline, identity, purpose and trace go along; retry if idempotent.

A deadline stands on every call, explicitly: the `timeout` of a gRPC service config fires early (RELIABILITY
finding 6). Within a call it is what the caller left us, less 20 ms to report a failure in.
"""

import json
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
from google.protobuf.descriptor import FileDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions
from google.rpc import status_pb2
from grpc.aio import AioRpcError, ClientCallDetails, Metadata, UnaryUnaryCall, UnaryUnaryClientInterceptor
from grpc_status import rpc_status

from services.chassis import incoming, metrics, trace
from services.chassis.access import PURPOSE_KEY
from services.chassis.errors import DeadlineExceeded
from services.chassis.service_identity import ServiceIdentity
from services.chassis.tls import RenewedChannel

AUTHORIZATION_KEY: Final = "authorization"
SERVICE_AUTHORIZATION_KEY: Final = "kith-service-authorization"
DEFAULT_DEADLINE_SECONDS: Final = 5.0
"""For calls made outside a call, and within one whose caller set none."""
RESERVE_SECONDS: Final = 0.020
LEAST_SECONDS: Final = 0.100
"""With less left, the call would only load the other side."""

_RETRY: Final = {
    "maxAttempts": 3,
    "initialBackoff": "0.05s",
    "maxBackoff": "0.5s",
    "backoffMultiplier": 2,
    # Only what says that the call was not, or need not have been, carried out.
    "retryableStatusCodes": ["UNAVAILABLE"],
}
_OPTIONS: Final[tuple[tuple[str, Any], ...]] = (
    # Servers allow a ping every 10 s without calls (server.py), so 30 s is never "too many pings".
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    # A server that restarts is found again within a second, not after two minutes of back-off.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
)


def connect(address: str, *files: FileDescriptor, identity: ServiceIdentity) -> grpc.aio.Channel:
    """Return a channel for calling the services defined in `files` (`consent_service_pb2.DESCRIPTOR`).

    Within a call it relays the caller's own token, outside one it presents the service's; the service's own
    identity always goes beside it. Calls raise `AioRpcError`; Unavailable if there is no identity to present;
    DeadlineExceeded if less than 100 ms are left.
    """
    return _channel(address, files, identity, _Outgoing(identity, relays=True))


def own_connect(address: str, *files: FileDescriptor, identity: ServiceIdentity) -> grpc.aio.Channel:
    """Return a channel on which the service asks for itself, also within a call.

    For what services alone may ask, such as a consent decision; whom it is for is a field of the request.
    """
    return _channel(address, files, identity, _Outgoing(identity, relays=True, own=True))


def edge_connect(address: str, *files: FileDescriptor, identity: ServiceIdentity) -> grpc.aio.Channel:
    """Return a channel for a service that speaks for people whose tokens it keeps, as the gateway does.

    The caller's `authorization` (and `kith-purpose`) are given with each call as `metadata=`; a call without
    one is a mistake and raises ValueError, rather than going out under the gateway's own rights (S5).
    """
    return _channel(address, files, identity, _Outgoing(identity, relays=False))


def status_of(error: AioRpcError) -> status_pb2.Status:
    """Return the `google.rpc.Status` another service answered; without details if it is not from Kith."""
    carrier: Any = error  # the helper takes the error itself, whatever its type says (STYLE 12)
    found: status_pb2.Status | None = rpc_status.from_call(carrier)
    if found is not None:
        return found
    return status_pb2.Status(code=error.code().value[0], message="")


class _Outgoing(UnaryUnaryClientInterceptor):
    """Puts deadline, identity, purpose and trace on each call."""

    def __init__(self, identity: ServiceIdentity, *, relays: bool, own: bool = False) -> None:
        self._identity = identity
        self._relays = relays
        self._own = own

    async def intercept_unary_unary(
        self,
        continuation: Callable[[ClientCallDetails, Any], Awaitable[UnaryUnaryCall[Any, Any]]],
        client_call_details: ClientCallDetails,
        request: Any,
    ) -> UnaryUnaryCall[Any, Any]:
        """Complete the call's details and make it."""
        began = time.monotonic()
        call = incoming.current()
        timeout = _timeout(client_call_details.timeout, call)
        metadata = await self._metadata(client_call_details.metadata, call)
        details = ClientCallDetails(
            client_call_details.method,
            timeout - (time.monotonic() - began),
            metadata,
            client_call_details.credentials,
            client_call_details.wait_for_ready,
        )
        made = await continuation(details, request)
        code = await made.code()
        service, method = _names(client_call_details.method)
        metrics.CLIENT_HANDLED.labels(service, method, code.name).inc()
        return made

    async def _metadata(self, given: Metadata | None, call: incoming.Incoming | None) -> Metadata:
        metadata = Metadata(*(given or ()))
        own = await self._identity.token()
        if metadata.get(AUTHORIZATION_KEY) is None:
            if not self._relays:
                raise ValueError("a call on behalf of somebody needs that person's token")
            relayed = call.token if call is not None and not self._own else None
            metadata[AUTHORIZATION_KEY] = f"Bearer {relayed or own}"
        metadata[SERVICE_AUTHORIZATION_KEY] = f"Bearer {own}"
        if call is not None and call.purpose is not None and metadata.get(PURPOSE_KEY) is None:
            metadata[PURPOSE_KEY] = call.purpose
        if metadata.get(trace.HEADER) is None:
            metadata[trace.HEADER] = (call.trace if call is not None else trace.begin()).header()
        return metadata


def _timeout(asked: float | None, call: incoming.Incoming | None) -> float:
    """Return the seconds for a call: those asked for, or 5; never more than the caller left, less 20 ms."""
    timeout = DEFAULT_DEADLINE_SECONDS if asked is None else asked
    remaining = call.remaining() if call is not None else None
    if remaining is not None:
        if remaining < LEAST_SECONDS:
            raise DeadlineExceeded
        timeout = min(timeout, remaining - RESERVE_SECONDS)
    return timeout


def _channel(
    address: str, files: tuple[FileDescriptor, ...], identity: ServiceIdentity, outgoing: _Outgoing
) -> grpc.aio.Channel:
    config = json.dumps(service_config(files))
    options = [*_OPTIONS, ("grpc.service_config", config)]
    if identity.certificates is not None:
        return RenewedChannel(identity.certificates, address, options=options, interceptors=[outgoing])
    return grpc.aio.insecure_channel(address, options=options, interceptors=[outgoing])


def service_config(files: tuple[FileDescriptor, ...]) -> dict[str, Any]:
    """Return the gRPC service config: calls spread over all addresses, idempotent ones retried."""
    names = [
        {"service": service.full_name, "method": method.name}
        for file in files
        for service in file.services_by_name.values()
        for method in service.methods
        if method.GetOptions().idempotency_level != MethodOptions.IDEMPOTENCY_UNKNOWN
    ]
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        # Breaks storms: when half of the calls fail, nothing is tried again.
        "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
    }
    if names:
        config["methodConfig"] = [{"name": names, "retryPolicy": _RETRY}]
    return config


def _names(method: str | bytes) -> tuple[str, str]:
    full = method.decode() if isinstance(method, bytes) else method
    service, _, name = full.removeprefix("/").rpartition("/")
    return service, name
