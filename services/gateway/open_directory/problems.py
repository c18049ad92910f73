"""Problem documents (RFC 9457): what is wrong and what to do. Never a value that was sent, nor an error's own text."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from starlette.responses import Response

from services.chassis.errors import (
    DeadlineExceeded,
    Failure,
    Internal,
    InvalidArgument,
    NotFound,
    ResourceExhausted,
    Unavailable,
)

MEDIA_TYPE: Final = "application/problem+json"
_RETRY_SECONDS: Final = 5
_SERVER_ERROR: Final = 500


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem; `name` is its fragment in the OpenAPI document, which makes its `type`."""

    name: str
    status: int
    title: str


BAD_PARAMETER: Final = Kind("BadParameter", 400, "A parameter is not valid")
NOT_FOUND: Final = Kind("NotFound", 404, "There is nothing here")
METHOD_NOT_ALLOWED: Final = Kind("MethodNotAllowed", 405, "Only reading is possible")
CONTENT_NOT_TAKEN: Final = Kind("ContentNotTaken", 413, "No content is taken")
ADDRESS_TOO_LONG: Final = Kind("AddressTooLong", 414, "The address is too long")
TOO_MANY_REQUESTS: Final = Kind("TooManyRequests", 429, "Too many requests")
DEFECT: Final = Kind("Defect", 500, "Something went wrong here")
UNAVAILABLE: Final = Kind("Unavailable", 503, "The directory does not answer at the moment")

KINDS: Final = (
    BAD_PARAMETER,
    NOT_FOUND,
    METHOD_NOT_ALLOWED,
    CONTENT_NOT_TAKEN,
    ADDRESS_TOO_LONG,
    TOO_MANY_REQUESTS,
    DEFECT,
    UNAVAILABLE,
)


@dataclass(slots=True, eq=False)
class Problem(Exception):
    """One problem. `errors` are (parameter, sentence); `error_id` is in the log."""

    kind: Kind
    detail: str
    errors: Sequence[tuple[str, str]] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    error_id: str = ""

    @property
    def is_ours(self) -> bool:
        """Whether it is a defect or an outage, not a mistake of the client."""
        return self.kind.status >= _SERVER_ERROR

    def response(self, address: str) -> Response:
        """Return it as a response. `address` is that of the API, without a trailing slash."""
        document: dict[str, object] = {
            "type": f"{address}/openapi.json#/components/responses/{self.kind.name}",
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        if self.errors:
            document["errors"] = [{"parameter": name, "detail": text} for name, text in self.errors]
        if self.error_id:
            document["error_id"] = self.error_id
        headers = {"Cache-Control": "no-store", **self.headers}
        body = json.dumps(document, ensure_ascii=False)
        return Response(body, self.kind.status, headers=headers, media_type=MEDIA_TYPE)


def bad_parameters(errors: Sequence[tuple[str, str]]) -> Problem:
    """Return the problem of parameters that are not valid."""
    return Problem(BAD_PARAMETER, "See the errors, one for each parameter.", errors)


def too_many(wait: float) -> Problem:
    """Return the problem of somebody who asks too often; `wait` in seconds."""
    headers = {"Retry-After": str(math.ceil(wait))}
    return Problem(TOO_MANY_REQUESTS, "Ask again after the seconds in Retry-After.", headers=headers)


def problem_of(failure: Failure, error_id: str) -> Problem:
    """Return the problem for a failure of the directory or of ours."""
    match failure:
        case NotFound():
            return Problem(NOT_FOUND, "Nothing that is public has this id, or not any more.")
        case InvalidArgument(reason="POSTCODE_UNKNOWN"):
            return bad_parameters([("postcode", "must be a postcode of the United Kingdom that exists")])
        case InvalidArgument():
            # What the reading of parameters lets through and the directory does not; its sentences name no value.
            return bad_parameters([(name.partition(".")[0], text) for name, text in failure.violations])
        case Unavailable() | DeadlineExceeded() | ResourceExhausted():
            headers = {"Retry-After": str(_RETRY_SECONDS)}
            return Problem(UNAVAILABLE, "Try again in a few seconds.", headers=headers, error_id=error_id)
        case _:
            quoted = failure.metadata.get("error_id", error_id) if isinstance(failure, Internal) else error_id
            return Problem(DEFECT, "It is a fault of Kith. Quote the error_id.", error_id=quoted)
