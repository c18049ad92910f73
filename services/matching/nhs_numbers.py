"""NHS numbers: ten digits, the last a check digit. An invalid one counts as missing."""

_LENGTH = 10
_MODULUS = 11


def parse_nhs_number(text: str | None) -> str:
    """Gives the ten digits of a valid number, else an empty string."""
    digits = "".join(mark for mark in text or "" if mark.isascii() and mark.isdigit())
    if len(digits) != _LENGTH or len(set(digits)) == 1:
        return ""
    total = sum(int(digit) * weight for digit, weight in zip(digits, range(_LENGTH, 1, -1), strict=False))
    check = (_MODULUS - total % _MODULUS) % _MODULUS
    return digits if check == int(digits[-1]) else ""
