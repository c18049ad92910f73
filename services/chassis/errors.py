"""Failures a caller may see, and their form on the wire (STYLE principle 5). Knows nothing of gRPC.

Domain modules raise these, or subclasses of their own; the server turns them into a `google.rpc.Status` that
always carries an `ErrorInfo`. A `reason` is a name from the package's `error_reason.proto` without its
prefix. Neither `message` nor `metadata` may carry personal data: opaque ids and limits only. Whatever else is
raised reaches the caller as `INTERNAL` with an opaque id (RELIABILITY finding 1).
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2

ACCESS_DOMAIN = "access.kith"
"""Domain of the reasons any method may give; they are listed in README.md."""


class Failure(Exception):
    """Something the caller is told: a code, a reason for programs and a sentence for people."""

    code: ClassVar[int] = code_pb2.UNKNOWN

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        violations: Sequence[tuple[str, str]] = (),
        metadata: Mapping[str, str] | None = None,
        retry_after: float | None = None,
        domain: str | None = None,
    ) -> None:
        """`violations` are (field, description); `retry_after` in seconds; `domain` None: the service's."""
        super().__init__(reason)
        self.reason = reason
        self.message = message
        self.violations = tuple(violations)
        self.metadata = dict(metadata or {})
        self.retry_after = retry_after
        self.domain = domain


class InvalidArgument(Failure):
    """The request itself is wrong, whatever the state of the world."""

    code = code_pb2.INVALID_ARGUMENT

    def __init__(self, violations: Sequence[tuple[str, str]], reason: str | None = None) -> None:
        """`violations` are (dotted field path, description); descriptions never repeat the value."""
        super().__init__(
            reason or "INVALID_REQUEST",
            "the request is not valid",
            violations=violations,
            domain=ACCESS_DOMAIN if reason is None else None,
        )


class Unauthenticated(Failure):
    """There is no valid token. Every defect of a token gives this one answer (S6)."""

    code = code_pb2.UNAUTHENTICATED

    def __init__(self) -> None:
        super().__init__("UNAUTHENTICATED", "a valid access token is needed", domain=ACCESS_DOMAIN)


class PermissionDenied(Failure):
    """The caller may not do this, or the thing does not exist: never says which (AIP-193)."""

    code = code_pb2.PERMISSION_DENIED

    def __init__(self, reason: str | None = None, message: str = "not allowed, or it does not exist") -> None:
        super().__init__(reason or "NOT_ALLOWED", message, domain=ACCESS_DOMAIN if reason is None else None)


class NotFound(Failure):
    """The thing does not exist; only for what the caller may know of."""

    code = code_pb2.NOT_FOUND


class AlreadyExists(Failure):
    """The thing to be made exists already; only for what the caller may know of."""

    code = code_pb2.ALREADY_EXISTS


class FailedPrecondition(Failure):
    """The state of the thing forbids it; trying again does not help until that state changes."""

    code = code_pb2.FAILED_PRECONDITION


class Aborted(Failure):
    """Somebody else was faster: read again, then try again."""

    code = code_pb2.ABORTED


class ResourceExhausted(Failure):
    """A budget or a limit is used up."""

    code = code_pb2.RESOURCE_EXHAUSTED


class Unavailable(Failure):
    """Something needed cannot be reached; the same call may work later. Never half an answer (G8)."""

    code = code_pb2.UNAVAILABLE

    def __init__(self, reason: str, retry_after: float | None = 1.0, *, domain: str | None = None) -> None:
        super().__init__(
            reason, "temporarily unavailable, please try again", retry_after=retry_after, domain=domain
        )


class DeadlineExceeded(Failure):
    """Too little of the caller's time is left to do it."""

    code = code_pb2.DEADLINE_EXCEEDED

    def __init__(self) -> None:
        super().__init__("DEADLINE_EXCEEDED", "the deadline is too near or has passed", domain=ACCESS_DOMAIN)


class Unimplemented(Failure):
    """The method is in the contract and does not exist yet."""

    code = code_pb2.UNIMPLEMENTED

    def __init__(self) -> None:
        super().__init__("UNIMPLEMENTED", "this method is not there yet", domain=ACCESS_DOMAIN)


class Internal(Failure):
    """A defect of ours. The caller gets an id to quote; the log has the same id, and no text either."""

    code = code_pb2.INTERNAL

    def __init__(self, error_id: str) -> None:
        super().__init__(
            "INTERNAL", "an internal error occurred", metadata={"error_id": error_id}, domain=ACCESS_DOMAIN
        )


class Relayed(Failure):
    """What a service further inside answered, passed on as it was; the code is in `status`."""

    def __init__(self, status: status_pb2.Status) -> None:
        super().__init__("RELAYED", status.message)
        self.status = status


def to_status(failure: Failure, domain: str) -> status_pb2.Status:
    """Return the failure as it goes on the wire. `domain` is the service's, such as `childindex.kith`."""
    if isinstance(failure, Relayed):
        return failure.status
    status = status_pb2.Status(code=failure.code, message=failure.message)
    info = error_details_pb2.ErrorInfo(
        reason=failure.reason, domain=failure.domain or domain, metadata=failure.metadata
    )
    status.details.append(_packed(info))
    if failure.violations:
        status.details.append(_packed(_violations(failure)))
    if failure.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromMilliseconds(int(failure.retry_after * 1000))
        status.details.append(_packed(retry))
    return status


def error_info(status: status_pb2.Status) -> error_details_pb2.ErrorInfo | None:
    """Return the `ErrorInfo` of a status, or None if it has none (it does not come from Kith)."""
    for detail in status.details:
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            return info
    return None


def _violations(failure: Failure) -> error_details_pb2.BadRequest | error_details_pb2.PreconditionFailure:
    if isinstance(failure, FailedPrecondition):
        precondition = error_details_pb2.PreconditionFailure()
        for subject, description in failure.violations:
            precondition.violations.add(type=failure.reason, subject=subject, description=description)
        return precondition
    request = error_details_pb2.BadRequest()
    for field, description in failure.violations:
        request.field_violations.add(field=field, description=description)
    return request


def _packed(
    detail: error_details_pb2.ErrorInfo
    | error_details_pb2.BadRequest
    | error_details_pb2.PreconditionFailure
    | error_details_pb2.RetryInfo,
) -> AnyMessage:
    packed = AnyMessage()
    packed.Pack(detail)
    return packed
