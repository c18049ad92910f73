"""The pages people see here: the login form, and a page that says why it goes no further."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from services.identity import assets
from services.identity.password_login import TRIES_PER_USERNAME

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined
)
_TEMPLATES.globals.update(stylesheets=assets.STYLESHEETS, icon=assets.ICON)


def login(
    carried: Mapping[str, str],
    *,
    form_token: str,
    username: str = "",
    errors: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Return the login form with the request it is part of; `errors` are sentences by field."""
    text = _TEMPLATES.get_template("login.html").render(
        carried=carried,
        form_token=form_token,
        username=username,
        errors=errors or {},
        tries=TRIES_PER_USERNAME,
    )
    # Browsers hold the redirect after a form against this too, so the way back to the gateway must be in it.
    back = urlsplit(carried["redirect_uri"])
    return _page(text, 400 if errors else 200, form_action=f"'self' {back.scheme}://{back.netloc}")


def stopped(heading: str, text: str, status: int) -> HTMLResponse:
    """Return a page that ends the way."""
    return _page(_TEMPLATES.get_template("stopped.html").render(heading=heading, text=text), status)


def _page(text: str, status: int, form_action: str = "'none'") -> HTMLResponse:
    # Fonts are allowed and none is served: forbidden, browsers complain of those that govuk-frontend merely names.
    policy = (
        f"default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self'; form-action {form_action}; "
        "frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(text, status, {"Content-Security-Policy": policy})
