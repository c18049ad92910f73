"""`POST /token`: client_credentials, authorization_code and refresh_token (RFC 6749 3.2)."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from authlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnauthorizedClientError,
    UnsupportedGrantTypeError,
)
from starlette.requests import Request
from starlette.responses import JSONResponse

from services.identity import form, scopes
from services.identity.client import Client
from services.identity.client_authentication import ClientAuthentication
from services.identity.form import BadForm
from services.identity.logins import Granted, Logins
from services.identity.tokens import ACCESS_SECONDS, TokenMaker


class TokenEndpoint:
    """Answers with tokens, or with an error of RFC 6749 5.2."""

    def __init__(self, clients: ClientAuthentication, logins: Logins, tokens: TokenMaker) -> None:
        self._clients = clients
        self._logins = logins
        self._tokens = tokens

    async def answer(self, request: Request) -> JSONResponse:
        """Answer one request."""
        now = datetime.now(UTC)
        try:
            fields = await form.body_of(request)
            client = await self._clients.authenticate(fields, now)
            return JSONResponse(await self._grant(client, fields, now))
        except BadForm:
            return _refusal(request, InvalidRequestError())
        except OAuth2Error as error:
            return _refusal(request, error)

    async def _grant(self, client: Client, fields: Mapping[str, str], now: datetime) -> dict[str, Any]:
        grant_type = fields.get("grant_type", "")
        if grant_type == "client_credentials":
            return self._for_itself(client, fields, now)
        if grant_type not in {"authorization_code", "refresh_token"}:
            raise UnsupportedGrantTypeError(grant_type)
        if not client.logs_people_in:
            raise UnauthorizedClientError
        if grant_type == "refresh_token":
            token = _needed(fields, "refresh_token")
            return _for_person(await self._logins.redeem_refresh_token(client, token, now))
        code, redirect_uri = _needed(fields, "code"), _needed(fields, "redirect_uri")
        verifier = _needed(fields, "code_verifier")
        return _for_person(await self._logins.redeem_code(client, code, redirect_uri, verifier, now))

    def _for_itself(self, client: Client, fields: Mapping[str, str], now: datetime) -> dict[str, Any]:
        granted = scopes.of_client(frozenset(fields.get("scope", "").split()), client.scopes)
        if granted is None:
            raise InvalidScopeError
        token = self._tokens.access_token(
            kind=client.token_kind,
            subject=client.client_id,
            client_id=client.client_id,
            organisation_id=client.organisation_id,
            scopes=granted,
            roles=[],
            now=now,
        )
        return _bearer(token, granted)


def _for_person(granted: Granted) -> dict[str, Any]:
    answer = _bearer(granted.access_token, granted.scopes) | {"refresh_token": granted.refresh_token}
    return answer | ({"id_token": granted.id_token} if granted.id_token else {})


def _bearer(access_token: str, granted: frozenset[str]) -> dict[str, Any]:
    return {
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_in": ACCESS_SECONDS,
        "scope": " ".join(sorted(granted)),
    }


def _needed(fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name)
    if not value:
        raise InvalidRequestError(f"{name} is needed")
    return value


def _refusal(request: Request, error: OAuth2Error) -> JSONResponse:
    # For the log: an OAuth error code, never what was sent.
    request.state.reason = error.error
    described = {"error_description": error.description} if error.description else {}
    return JSONResponse({"error": error.error, **described}, status_code=400)
