"""Style sheets and the icon, kept in memory under an address that changes with their content.

govuk-frontend's style sheet comes from set-up (`make setup`). Where it is missing the pages are plain and work all the
same: nobody should be unable to log in for want of a style sheet.
"""

import hashlib
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_OURS: Final = Path(__file__).parent / "static"
_GOVUK: Final = Path(__file__).resolve().parents[2] / "gen" / "assets" / "govuk-frontend"
_MEDIA_TYPES: Final = {".css": "text/css", ".svg": "image/svg+xml"}
_FILES: Final = {
    path.name: path.read_bytes()
    for path in (_GOVUK / "govuk-frontend.min.css", _OURS / "login.css", _OURS / "kith.svg")
    if path.exists()
}
_VERSION: Final = hashlib.sha256(b"".join(_FILES.values())).hexdigest()[:12]
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}

PATH: Final = "/static/{version}/{name}"
STYLESHEETS: Final = [f"/static/{_VERSION}/{name}" for name in _FILES if name.endswith(".css")]
ICON: Final = f"/static/{_VERSION}/kith.svg"


async def answer(request: Request) -> Response:
    """Answer with a file of this release."""
    name = request.path_params["name"]
    if request.path_params["version"] != _VERSION or name not in _FILES:
        return PlainTextResponse("There is no such file.", 404)
    return Response(_FILES[name], media_type=_MEDIA_TYPES[Path(name).suffix], headers=_FOR_EVER)
