"""Conditional requests (RFC 9110 section 13): what a client has already is not sent again."""

import datetime as dt
import hashlib
import re
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

_ETAG: Final = re.compile(r'(?:W/)?"([\x21\x23-\x7e]{0,100})"')
_MOST_ETAGS: Final = 20
_NOT_MODIFIED: Final = 304
_ANY: Final = "*"


def etag_of(body: bytes) -> str:
    """Return the etag, without quotes, of an answer that is put together here."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def known_etags(request: Request) -> list[str]:
    """Return the etags of If-None-Match, without quotes; at most 20."""
    return _ETAG.findall(",".join(request.headers.getlist("if-none-match")))[:_MOST_ETAGS]


def is_known(request: Request, etag: str, modified: dt.datetime | None = None) -> bool:
    """Whether the client has it already. `modified` counts only where it sends no If-None-Match."""
    if "if-none-match" in request.headers:
        return request.headers["if-none-match"].strip() == _ANY or etag in known_etags(request)
    since = _http_date(request.headers.get("if-modified-since", ""))
    return modified is not None and since is not None and modified.replace(microsecond=0) <= since


def validators(etag: str, modified: dt.datetime | None = None) -> dict[str, str]:
    """Return the headers by which a client asks again."""
    headers = {"ETag": f'"{etag}"'}
    if modified is not None:
        headers["Last-Modified"] = format_datetime(modified, usegmt=True)
    return headers


def not_modified(headers: dict[str, str]) -> Response:
    """Return the answer to a client that has it already."""
    return Response(status_code=_NOT_MODIFIED, headers=headers)


def _http_date(text: str) -> dt.datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return found if found.tzinfo is not None else None
