"""`/authorize`: the login page and what comes of it (OIDC Core 3.1.2, RFC 9700).

GET shows the form, POST checks it. The request that the gateway made travels along in hidden fields and is read anew
each time, so nothing is kept of people who turn away; names and passwords are in bodies only, never in URLs.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.errors import OAuth2Error
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.identity import authorization_request, form, pages, standing
from services.identity.authorization_request import PARAMETERS, AuthorizationRequest, NoWayBack
from services.identity.client import Client
from services.identity.form import BadForm
from services.identity.login_form import LoginForm
from services.identity.logins import Logins
from services.identity.password_login import PasswordLogin

_WRONG: Final = "The username or the password is not right"


class AuthorizeEndpoint:
    """Logs people in to web clients."""

    def __init__(
        self,
        issuer: str,
        platform_clients: Mapping[str, Client],
        login_form: LoginForm,
        password_login: PasswordLogin,
        logins: Logins,
    ) -> None:
        self._issuer = issuer
        self._platform_clients = platform_clients
        self._login_form = login_form
        self._password_login = password_login
        self._logins = logins
        self._is_encrypted = issuer.startswith("https:")
        # The prefix keeps other hosts of the domain from setting it; browsers grant it to https alone.
        self._cookie_name = "__Host-kith-login" if self._is_encrypted else "kith-login"

    async def answer(self, request: Request) -> Response:
        """Answer one request."""
        is_post = request.method == "POST"
        try:
            fields = await form.body_of(request) if is_post else form.query_of(request)
            asked = authorization_request.read(fields, self._platform_clients)
        except (BadForm, NoWayBack):
            request.state.reason = "invalid_request"
            return pages.stopped(
                "You cannot sign in here", "Please go back to Kith and choose ‘Sign in’ there.", 400
            )
        except OAuth2Error as error:
            request.state.reason = error.error
            return self._back_with_error(error)
        if is_post:
            return await self._check(request, fields, asked)
        return self._form(request, fields)

    async def _check(
        self, request: Request, fields: Mapping[str, str], asked: AuthorizationRequest
    ) -> Response:
        username, password = fields.get("username", ""), fields.get("password", "")
        if not self._login_form.is_ours(request.cookies.get(self._cookie_name), fields.get("form_token", "")):
            request.state.reason = "form_not_ours"
            return self._form(
                request, fields, errors={"username": "This page was open too long. Please try again"}
            )
        errors = {}
        if not username.strip():
            errors["username"] = "Enter your username"
        if not password:
            errors["password"] = "Enter your password"  # noqa: S105 - a sentence
        if errors:
            return self._form(request, fields, errors=errors)
        person = await self._password_login.check(
            username, password, request.client.host if request.client else ""
        )
        if person is None:
            request.state.reason = "wrong_password"
            return self._form(request, fields, errors={"username": _WRONG})
        now = datetime.now(UTC)
        lapse = standing.of_person(person, now)
        if lapse is not None:
            request.state.reason = f"lapsed_{lapse.name.lower()}"
            ask = "Please ask your account manager. If a child may be in danger now, ring 999."
            return pages.stopped("You have no access to Kith", f"{lapse.value} {ask}", 403)
        code = await self._logins.begin(person, asked, now)
        return self._back(asked.redirect_uri, {"code": code, "state": asked.state})

    def _form(
        self, request: Request, fields: Mapping[str, str], errors: Mapping[str, str] | None = None
    ) -> HTMLResponse:
        cookie = self._login_form.cookie(request.cookies.get(self._cookie_name))
        page = pages.login(
            {name: fields[name] for name in PARAMETERS},
            form_token=self._login_form.token(cookie),
            username=fields.get("username", "") if errors else "",
            errors=errors,
        )
        page.set_cookie(
            self._cookie_name, cookie, path="/", secure=self._is_encrypted, httponly=True, samesite="strict"
        )
        return page

    def _back_with_error(self, error: OAuth2Error) -> Response:
        described = {"error_description": error.description} if error.description else {}
        state = {"state": error.state} if error.state else {}
        return self._back(str(error.redirect_uri), {"error": str(error.error), **described, **state})

    def _back(self, redirect_uri: str, parameters: Mapping[str, str]) -> RedirectResponse:
        # With `iss`, so that the gateway knows who answers (RFC 9207). 303: the form is not sent on with it.
        location = add_params_to_uri(redirect_uri, [*parameters.items(), ("iss", self._issuer)])
        return RedirectResponse(location, 303)
