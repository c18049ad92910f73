"""What an unexpected exception becomes: never its text, which drivers fill with values (finding 1)."""

import uuid
from typing import Final

import grpc
from google.rpc import code_pb2
from grpc.aio import AioRpcError

from services.chassis.channel import status_of
from services.chassis.errors import (
    ACCESS_DOMAIN,
    Aborted,
    DeadlineExceeded,
    Failure,
    Internal,
    Relayed,
    Unavailable,
    error_info,
)

_CONFLICTS: Final = {"40001", "40P01", "55P03"}
"""Serialization failure, deadlock, lock not available: somebody else was faster."""
_UNREACHABLE: Final = {"57014", "57P01", "57P02", "57P03", "57P05", "53300", "25P03"}
"""Cancelled by a time-out, shutting down, starting up, too many connections."""
_CONNECTION_CLASS: Final = "08"
_RELAYED: Final = {
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
    grpc.StatusCode.INTERNAL,
}
"""Answers of a service further inside that are ours as well. Others mean that we asked wrongly: a defect."""


def failure_for(error: Exception) -> Failure:
    """Return what the caller is told. Knows database errors by name and SQLSTATE, so needs no driver."""
    if isinstance(error, AioRpcError):
        return _from_call(error)
    sqlstate = getattr(error, "sqlstate", None)
    if isinstance(sqlstate, str):
        if sqlstate in _CONFLICTS:
            return Aborted(
                "CONFLICT", "it conflicted with another change, please try again", domain=ACCESS_DOMAIN
            )
        if sqlstate in _UNREACHABLE or sqlstate.startswith(_CONNECTION_CLASS):
            return Unavailable("DATABASE_UNREACHABLE", domain=ACCESS_DOMAIN)
    if isinstance(error, ConnectionError | TimeoutError) or _is_interface_error(error):
        return Unavailable("DEPENDENCY_UNREACHABLE", domain=ACCESS_DOMAIN)
    return Internal(uuid.uuid4().hex)


def _from_call(error: AioRpcError) -> Failure:
    code = error.code()
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return DeadlineExceeded()
    if code in {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}:
        return Unavailable("DEPENDENCY_UNREACHABLE", domain=ACCESS_DOMAIN)
    if code in _RELAYED:
        status = status_of(error)
        # Only Kith's own answers are passed on: gRPC's or a proxy's text is not known to be harmless.
        info = error_info(status)
        if info is not None and info.domain.endswith(".kith"):
            return Relayed(status)
        if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
            return Unavailable("DEPENDENCY_UNREACHABLE", domain=ACCESS_DOMAIN)
    return Internal(uuid.uuid4().hex)


def _is_interface_error(error: Exception) -> bool:
    """Whether the driver says that a connection was closed under the query: it has no SQLSTATE for that.

    An idle connection that the server took leave of while a query was being sent gives InternalClientError.
    """
    return any(
        kind.__name__ in {"InterfaceError", "InternalClientError"} and kind.__module__.startswith("asyncpg")
        for kind in type(error).mro()
    )


def code_name(failure: Failure) -> str:
    """Return the name of the status code the failure goes out with."""
    code = failure.status.code if isinstance(failure, Relayed) else failure.code
    name: str = code_pb2.Code.Name(code)
    return name
