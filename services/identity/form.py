"""Parameters of a request, each at most once and of bounded size."""

from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

_LARGEST_BODY_BYTES: Final = 16 * 1024
_MOST_FIELDS: Final = 30
_FORM: Final = "application/x-www-form-urlencoded"


class BadForm(Exception):
    """It is no form, it is too large, or a name occurs twice: two readers might see two different requests."""


async def body_of(request: Request) -> dict[str, str]:
    """Return the fields of a form sent by POST. Raises BadForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadForm
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY_BYTES:
            raise BadForm
    try:
        return _once(parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise BadForm from None


def query_of(request: Request) -> dict[str, str]:
    """Return the parameters in the URL. Raises BadForm."""
    return _once(request.query_params.multi_items())


def _once(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    pairs = list(fields)
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadForm
    return found
