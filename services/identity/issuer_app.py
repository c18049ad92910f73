"""The issuer's endpoints as one ASGI application."""

from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from services.identity import assets
from services.identity.authorize_endpoint import AuthorizeEndpoint
from services.identity.http_boundary import HttpBoundary
from services.identity.token_endpoint import TokenEndpoint

_KEYS_MAY_BE_KEPT: Final = {"Cache-Control": "public, max-age=60"}


def make(
    *,
    metadata: dict[str, Any],
    published_keys: dict[str, Any],
    token: TokenEndpoint,
    authorize: AuthorizeEndpoint,
) -> Starlette:
    """Return the application."""

    async def openid_configuration(_: Request) -> JSONResponse:
        return JSONResponse(metadata, headers=_KEYS_MAY_BE_KEPT)

    async def jwks(_: Request) -> JSONResponse:
        return JSONResponse(published_keys, headers=_KEYS_MAY_BE_KEPT)

    return Starlette(
        routes=[
            Route("/.well-known/openid-configuration", openid_configuration),
            Route("/jwks.json", jwks),
            Route("/token", token.answer, methods=["POST"]),
            Route("/authorize", authorize.answer, methods=["GET", "POST"]),
            Route(assets.PATH, assets.answer),
        ],
        middleware=[Middleware(HttpBoundary)],
    )
