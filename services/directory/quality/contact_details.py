"""Whether a telephone number, e-mail address or web address can be one. Pure."""

import re
from typing import Final
from urllib.parse import urlsplit

_SEPARATORS: Final = re.compile(r"[\s().\-–/]")
_EXTENSION: Final = re.compile(r"(?:ext\.?|extension|x|#)\s*\d{1,6}$|\(?option \d\)?$", re.IGNORECASE)
# Emergency and help lines, and Childline's 0800 1111.
_SHORT: Final = re.compile(r"999|112|10[15]|111|119|116\d{3}|1800[12]0\d{9,10}|08001111|0845464\d")
# Areas, mobiles, freephone and the like; no national number is shorter than nine digits after the nought.
_NATIONAL: Final = re.compile(r"0[1-35789]\d{8,9}")
_ABROAD: Final = re.compile(r"00(?!44)[1-9]\d{6,13}")
_EMAIL: Final = re.compile(
    r"(?!\.)[\w!#$%&'*+/=?^`{|}~.-]{1,64}(?<!\.)@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}",
    re.IGNORECASE | re.ASCII,
)
_HOST: Final = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}", re.IGNORECASE)


def phone(text: str) -> bool:
    """Whether it can be dialled in the United Kingdom as it stands."""
    digits = _SEPARATORS.sub("", _EXTENSION.sub("", text.strip()))
    if digits.startswith("+"):
        digits = "00" + digits[1:]
    if digits.startswith("0044"):
        # Written `+44 (0)20` as often as not.
        digits = "0" + digits[4:].removeprefix("0")
    return any(form.fullmatch(digits) for form in (_NATIONAL, _SHORT, _ABROAD))


def email(text: str) -> bool:
    """Whether it has the form of an e-mail address."""
    return _EMAIL.fullmatch(text.strip()) is not None and ".." not in text


def url(text: str) -> bool:
    """Whether it is the address of a page that everybody can reach by its name."""
    try:
        parts = urlsplit(text.strip())
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if host is None or parts.scheme not in {"http", "https"} or re.search(r"\s", text.strip()):
        return False
    try:
        return _HOST.fullmatch(host.encode("idna").decode("ascii")) is not None
    except UnicodeError:
        return False
