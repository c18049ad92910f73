"""What stands around every page: one line in the log without names, safe headers, and a friendly end to every error."""

import time
import uuid
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.chassis.defects import failure_for
from services.chassis.errors import Failure
from services.chassis.telemetry import describe
from services.gateway import access_log
from services.gateway.problems import Problem, problem_of
from services.gateway.templates import Templates
from services.gateway.visit import SignedInVisit

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_ENCRYPTED_ONLY: Final = {"Strict-Transport-Security": "max-age=31536000"}
_ANY_HOST: Final = ("/healthz", "/readyz", "/static/")
_SERVER_ERROR: Final = 500


class Boundary:
    """ASGI middleware, the outermost of ours."""

    def __init__(self, app: ASGIApp, *, address: str, templates: Templates) -> None:
        self._app = app
        self._address = address
        self._host = address.split("://", 1)[1]
        self._headers = HEADERS | (_ENCRYPTED_ONLY if address.startswith("https:") else {})
        self._templates = templates

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
                for name, value in self._headers.items():
                    headers[name] = value
            await send(message)

        fields: dict[str, str] = {}
        try:
            if self._is_elsewhere(scope):
                # Another name of this machine: cookies and the way back from the issuer belong to the one address.
                await RedirectResponse(f"{self._address}/", 303)(scope, receive, send_with_headers)
            else:
                await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the one place where everything unexpected ends
            failure = error if isinstance(error, Failure) else failure_for(error)
            problem = problem_of(failure, uuid.uuid4().hex)
            fields = {"reason": failure.reason}
            if problem.status >= _SERVER_ERROR:
                fields |= describe(error) | {"error_id": problem.error_id}
            if not status:
                page = self._page(scope, problem)
                if problem.status == 503:  # noqa: PLR2004 - service unavailable
                    page.headers["Retry-After"] = "60"
                await page(scope, receive, send_with_headers)
        access_log.answered(scope, status, began, fields)

    def _is_elsewhere(self, scope: Scope) -> bool:
        if scope["path"].startswith(_ANY_HOST):
            return False
        return Request(scope).headers.get("host", "") != self._host

    def _page(self, scope: Scope, problem: Problem) -> Response:
        visit = scope.get("state", {}).get("visit")
        if isinstance(visit, SignedInVisit):
            return visit.page("problem.html", problem.status, problem=problem)
        return self._templates.page("problem.html", problem.status, problem=problem)
