"""Renders the pages: Jinja2 with the components of govuk-frontend-jinja, everything escaped."""

from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, PackageLoader, PrefixLoader
from starlette.responses import HTMLResponse

from services.gateway.assets import Assets
from services.gateway.config import HelpLines

_OURS: Final = FileSystemLoader(Path(__file__).parent / "templates")


class Templates:
    """The templates of the pages."""

    def __init__(self, assets: Assets, help_lines: HelpLines) -> None:
        components = PackageLoader("govuk_frontend_jinja")
        # Its macros name themselves by this prefix. They count on what is undefined being empty.
        loader = _WithComponents(components)
        self._environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
        self._environment.globals |= {"asset": assets.url, "help_lines": help_lines}
        self._environment.filters["tel"] = _tel

    def page(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page."""
        return HTMLResponse(self._environment.get_template(template).render(**values), status)


class _WithComponents(PrefixLoader):
    """Our templates by their plain names, the components under `govuk_frontend_jinja/`."""

    def __init__(self, components: PackageLoader) -> None:
        super().__init__({"govuk_frontend_jinja": components})

    def get_loader(self, template: str) -> tuple[Any, str]:
        if template.startswith("govuk_frontend_jinja/"):
            return super().get_loader(template)
        return _OURS, template


def _tel(phone: str) -> str:
    """The number as a link dials it."""
    return "tel:" + "".join(letter for letter in phone if letter.isdigit() or letter == "+")
