"""Style sheets and scripts, kept in memory under an address that changes with their content.

govuk-frontend's two files come from set-up, ours lie beside this module. Its fonts and pictures are GOV.UK's own: they
are not served, and the style sheet goes out without the rules that would ask for the fonts.
"""

import hashlib
import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from services.chassis.errors import NotFound

_OURS: Final = Path(__file__).parent / "static"
_GOVUK: Final = Path(__file__).resolve().parents[2] / "gen" / "assets" / "govuk-frontend"
_FILES: Final = {
    "govuk-frontend.min.css": (_GOVUK, "text/css"),
    "govuk-frontend.min.js": (_GOVUK, "text/javascript"),
    "kith.css": (_OURS, "text/css"),
    "kith.js": (_OURS, "text/javascript"),
    "kith.svg": (_OURS, "image/svg+xml"),
}
_FONT_FACE: Final = re.compile(rb"@font-face\{[^}]*\}")
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class Assets:
    """The files, read once. Raises OSError if set-up has not fetched them (`make setup`)."""

    def __init__(self) -> None:
        self._files = {
            name: (_FONT_FACE.sub(b"", (folder / name).read_bytes()), media_type)
            for name, (folder, media_type) in _FILES.items()
        }
        digest = hashlib.sha256()
        for content, _ in self._files.values():
            digest.update(content)
        self._version = digest.hexdigest()[:12]

    def url(self, name: str) -> str:
        """Return the address of a file. Raises KeyError."""
        if name not in self._files:
            raise KeyError(name)
        return f"/static/{self._version}/{name}"

    async def asset(self, request: Request) -> Response:
        """Answer with a file. Raises NotFound, also for an address of another release."""
        name, version = request.path_params["name"], request.path_params["version"]
        if name not in self._files or version != self._version:
            raise NotFound("NO_SUCH_PAGE", "")
        content, media_type = self._files[name]
        return Response(content, media_type=media_type, headers=_FOR_EVER)
