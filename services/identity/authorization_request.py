"""What a login begins with: the parameters by which the gateway sends somebody here (OIDC Core 3.1.2.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from authlib.oauth2.rfc6749.errors import (
    InvalidRequestError,
    InvalidScopeError,
    OAuth2Error,
    UnsupportedResponseTypeError,
)
from authlib.oauth2.rfc7636.challenge import CODE_CHALLENGE_PATTERN
from authlib.oidc.core.errors import (
    LoginRequiredError,
    RequestNotSupportedError,
    RequestURINotSupportedError,
)

from services.identity.client import Client

PARAMETERS: Final = (
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge", "code_challenge_method",
)  # fmt: skip
"""What the login page carries along from the first request to the answer."""
_LONGEST: Final = 512


class NoWayBack(Exception):
    """Client or redirect address are not known, so the error can only be shown, never sent on (RFC 6749 4.1.2.1)."""


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """A valid request. `scopes` are as asked for, still to be held against the role."""

    client_id: str
    redirect_uri: str
    state: str
    nonce: str
    scopes: frozenset[str]
    code_challenge: str


def read(parameters: Mapping[str, str], platform_clients: Mapping[str, Client]) -> AuthorizationRequest:
    """Return the request; raises NoWayBack, or an OAuth2Error with `redirect_uri` and `state` for the way back."""
    client = platform_clients.get(parameters.get("client_id", ""))
    redirect_uri = parameters.get("redirect_uri", "")
    if client is None or not client.logs_people_in or redirect_uri not in client.redirect_uris:
        raise NoWayBack
    error = _defect(parameters)
    if error is not None:
        error.redirect_uri = redirect_uri
        error.state = _short(parameters, "state") or None
        raise error
    return AuthorizationRequest(
        client_id=client.client_id,
        redirect_uri=redirect_uri,
        state=parameters["state"],
        nonce=parameters["nonce"],
        scopes=frozenset(parameters["scope"].split()),
        code_challenge=parameters["code_challenge"],
    )


def _defect(parameters: Mapping[str, str]) -> OAuth2Error | None:
    if "request" in parameters:
        return RequestNotSupportedError()
    if "request_uri" in parameters:
        return RequestURINotSupportedError()
    if parameters.get("response_type") != "code":
        return UnsupportedResponseTypeError(parameters.get("response_type"))
    if parameters.get("response_mode", "query") != "query":
        return InvalidRequestError("response_mode must be query")
    # Everyone logs in afresh: the issuer keeps no session of its own.
    if parameters.get("prompt") == "none":
        return LoginRequiredError()
    return _lack(parameters)


def _lack(parameters: Mapping[str, str]) -> OAuth2Error | None:
    # state and nonce are optional in the standards; a client of ours that sends none has a defect.
    for name in ("state", "nonce", "scope"):
        if not _short(parameters, name):
            return InvalidRequestError(f"{name} is needed, with at most {_LONGEST} characters")
    if "openid" not in parameters["scope"].split():
        return InvalidScopeError("scope must hold openid")
    if parameters.get("code_challenge_method") != "S256":
        return InvalidRequestError("code_challenge_method must be S256")
    if not CODE_CHALLENGE_PATTERN.match(parameters.get("code_challenge", "")):
        return InvalidRequestError("code_challenge is needed")
    return None


def _short(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name, "")
    return value if len(value) <= _LONGEST and value.isprintable() else ""
