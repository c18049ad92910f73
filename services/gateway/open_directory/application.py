"""The open API as one ASGI application, and what stands around every answer of it.

No cookie is read or set. Nothing of a request is logged but which endpoint it was for.
"""

import time
import uuid
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.routing import Router
from starlette.types import Message, Receive, Scope, Send

from services.chassis.defects import failure_for
from services.chassis.errors import Failure
from services.chassis.telemetry import describe
from services.gateway import access_log
from services.gateway.open_directory import problems
from services.gateway.open_directory.api import PATH, Api, nothing_here
from services.gateway.open_directory.neighbours import Publications
from services.gateway.open_directory.problems import Problem
from services.gateway.open_directory.rate_limit import RateLimit

_METHODS: Final = "GET, HEAD, OPTIONS"
_HEADERS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Retry-After",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_ENCRYPTED_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
_PREFLIGHT: Final = {
    "Allow": _METHODS,
    "Access-Control-Allow-Methods": _METHODS,
    "Access-Control-Allow-Headers": "*",
    "Access-Control-Max-Age": "86400",
}


class OpenDirectory:
    """ASGI application for every path under `/directory`."""

    def __init__(self, publications: Publications, address: str, limit: RateLimit) -> None:
        """`address` is that of the gateway."""
        self._address = f"{address}{PATH}"
        self._limit = limit
        routes = Api(publications, self._address).routes()
        self._router = Router(routes, redirect_slashes=False, default=nothing_here)
        self._headers = _HEADERS | (_ENCRYPTED_ONLY if address.startswith("https:") else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        fields: dict[str, str] = {}
        try:
            await self._answer(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the one place where everything unexpected ends
            problem, fields = _problem(error)
            # A stream that has begun is broken off, so that nobody takes a part of it for the whole.
            if not status:
                await problem.response(self._address)(scope, receive, send_with_headers)
        access_log.answered(scope, status, began, fields)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        client = scope.get("client")
        wait = self._limit.wait(client[0] if client else "")
        if wait > 0:
            raise problems.too_many(wait)
        headers = Headers(scope=scope)
        if scope["method"] not in _METHODS.split(", "):
            raise Problem(problems.METHOD_NOT_ALLOWED, f"Use one of {_METHODS}.", headers={"Allow": _METHODS})
        if "transfer-encoding" in headers or headers.get("content-length", "0") != "0":
            raise Problem(problems.CONTENT_NOT_TAKEN, "Send the request without content.")
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
        elif scope["path"] == PATH:
            await RedirectResponse(f"{self._address}/", 308)(scope, receive, send)
        else:
            await self._router(scope, receive, send)


def _problem(error: Exception) -> tuple[Problem, dict[str, str]]:
    """Return what the client is told, and what is logged."""
    if isinstance(error, Problem):
        return error, {"reason": error.kind.name}
    failure = error if isinstance(error, Failure) else failure_for(error)
    problem = problems.problem_of(failure, uuid.uuid4().hex)
    fields = {"reason": failure.reason}
    if problem.is_ours:
        fields |= describe(error) | {"error_id": problem.error_id}
    return problem, fields
