"""Failures on the wire: ErrorInfo always, details where they belong (STYLE proto sheet 12)."""

import pytest
from google.rpc import code_pb2, error_details_pb2

from services.chassis.errors import (
    Aborted,
    AlreadyExists,
    FailedPrecondition,
    Failure,
    Internal,
    InvalidArgument,
    NotFound,
    PermissionDenied,
    ResourceExhausted,
    Unauthenticated,
    Unavailable,
    error_info,
    to_status,
)

DOMAIN = "things.kith"


@pytest.mark.parametrize(
    ("failure", "code", "reason", "domain"),
    [
        (InvalidArgument([("a.b", "is wrong")]), "INVALID_ARGUMENT", "INVALID_REQUEST", "access.kith"),
        (InvalidArgument([("a", "is wrong")], "TOO_LITTLE"), "INVALID_ARGUMENT", "TOO_LITTLE", DOMAIN),
        (Unauthenticated(), "UNAUTHENTICATED", "UNAUTHENTICATED", "access.kith"),
        (PermissionDenied(), "PERMISSION_DENIED", "NOT_ALLOWED", "access.kith"),
        (NotFound("NO_SERVICE", "no such service"), "NOT_FOUND", "NO_SERVICE", DOMAIN),
        (AlreadyExists("TWICE", "is there"), "ALREADY_EXISTS", "TWICE", DOMAIN),
        (FailedPrecondition("MERGED", "merged"), "FAILED_PRECONDITION", "MERGED", DOMAIN),
        (Aborted("ETAG", "changed"), "ABORTED", "ETAG", DOMAIN),
        (ResourceExhausted("BUDGET", "used up", retry_after=60), "RESOURCE_EXHAUSTED", "BUDGET", DOMAIN),
        (Unavailable("BUSY"), "UNAVAILABLE", "BUSY", DOMAIN),
        (Internal("abc"), "INTERNAL", "INTERNAL", "access.kith"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Failure) else None,
)
def test_every_failure_carries_code_reason_and_domain(
    failure: Failure, code: str, reason: str, domain: str
) -> None:
    status = to_status(failure, DOMAIN)
    info = error_info(status)
    assert info is not None
    assert (code_pb2.Code.Name(status.code), info.reason, info.domain) == (code, reason, domain)
    assert status.message


def test_details_are_where_clients_look_for_them() -> None:
    request, precondition, retry = (
        error_details_pb2.BadRequest(),
        error_details_pb2.PreconditionFailure(),
        error_details_pb2.RetryInfo(),
    )
    assert to_status(InvalidArgument([("a.b", "is wrong")]), DOMAIN).details[1].Unpack(request)
    assert (request.field_violations[0].field, request.field_violations[0].description) == ("a.b", "is wrong")
    failure = FailedPrecondition("MERGED", "merged", violations=[("record", "was merged")])
    assert to_status(failure, DOMAIN).details[1].Unpack(precondition)
    assert precondition.violations[0].type == "MERGED"
    assert to_status(Unavailable("BUSY", 1.5), DOMAIN).details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1500


def test_the_text_of_a_failure_as_an_exception_is_its_reason_only() -> None:
    assert str(NotFound("NO_SERVICE", "no such service")) == "NO_SERVICE"
