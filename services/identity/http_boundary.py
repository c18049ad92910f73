"""What stands around every endpoint: one line in the log, safe headers, and no text of an exception going out."""

import time
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis import metrics
from services.chassis.defects import failure_for
from services.chassis.errors import Failure, Unavailable
from services.chassis.telemetry import describe, log
from services.identity import pages

_LOGGED: Final = {"/.well-known/openid-configuration", "/jwks.json", "/token", "/authorize"}
"""Paths that may be in the log; others are whatever somebody typed."""


class HttpBoundary:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers.setdefault("Cache-Control", "no-store")
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
            await send(message)

        fields: dict[str, str] = {}
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the one place where everything unexpected ends
            failure = error if isinstance(error, Failure) else failure_for(error)
            fields = describe(error) | failure.metadata
            if not status:
                await _apology(scope["path"], failure)(scope, receive, send_with_headers)
        # Where `request.state.reason` of an endpoint is kept.
        if reason := scope.get("state", {}).get("reason"):
            fields["reason"] = reason
        path = scope["path"] if scope["path"] in _LOGGED else "other"
        metrics.ISSUER_HANDLED.labels(path, str(status), fields.get("reason", "")).inc()
        write = log.error if "error_id" in fields else log.info
        milliseconds = round((time.perf_counter() - began) * 1000, 2)
        write("request answered", method=path, code=status, duration_ms=milliseconds, **fields)


def _apology(path: str, failure: Failure) -> Response:
    is_passing = isinstance(failure, Unavailable)
    status, error = (503, "temporarily_unavailable") if is_passing else (500, "server_error")
    if path == "/authorize":
        return pages.stopped(
            "Sorry, Kith is not working at the moment", "Please try again in a minute.", status
        )
    return JSONResponse(
        {"error": error, **failure.metadata}, status, {"Retry-After": "1"} if is_passing else {}
    )
