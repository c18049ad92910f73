"""Fields of a form sent by POST, each at most once and of bounded size."""

from typing import Final
from urllib.parse import parse_qsl

from starlette.requests import Request

_LARGEST_BODY_BYTES: Final = 32 * 1024
_MOST_FIELDS: Final = 50
_FORM: Final = "application/x-www-form-urlencoded"


class BadForm(Exception):
    """It is no form, it is too large, or a name occurs twice."""


async def fields_of(request: Request) -> dict[str, str]:
    """Return the fields, without spaces around them. Raises BadForm."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise BadForm
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LARGEST_BODY_BYTES:
            raise BadForm
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise BadForm from None
    fields = {name: value.strip() for name, value in pairs}
    if len(fields) != len(pairs):
        raise BadForm
    return fields
