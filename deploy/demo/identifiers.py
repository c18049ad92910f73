"""Identifiers from test ranges: NHS numbers that belong to nobody, UPNs of an authority that does not exist."""

NHS_TEST_PREFIX = "999"
NHS_TEST_SPACE = 1_000_000
_STRIDE = 618_033  # coprime to the space, so each serial number gives another middle part and neighbours look unlike
STORY_NHS_NUMBER = "9990000018"  # kept out of what NhsNumbers hands out
AUTHORITY = "999"  # no local authority has this number
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def nhs_check_digit(nine: str) -> int | None:
    """Returns the tenth digit of an NHS number (weights 10 to 2, modulo 11), or None where none exists."""
    rest = 11 - sum(int(digit) * (10 - place) for place, digit in enumerate(nine)) % 11
    return {11: 0, 10: None}.get(rest, rest)


class NhsNumbers:
    """Hands out NHS numbers of the 999 test range, each once, in a fixed order."""

    def __init__(self, seed: int) -> None:
        """Starts the order at a place given by the seed."""
        self._offset = seed * 7919 % NHS_TEST_SPACE
        self._serial = 0

    def next(self) -> str | None:
        """Returns the next number, or None when all of about 909,000 are gone; later children have none."""
        while self._serial < NHS_TEST_SPACE:
            nine = f"{NHS_TEST_PREFIX}{(self._serial * _STRIDE + self._offset) % NHS_TEST_SPACE:06d}"
            self._serial += 1
            check = nhs_check_digit(nine)
            if check is not None and f"{nine}{check}" != STORY_NHS_NUMBER:
                return f"{nine}{check}"
        return None


def upn(school: int, year: int, serial: int) -> str:
    """Returns a unique pupil number with its check letter.

    Authority, school (4 digits), year of issue, serial (3 digits).
    """
    twelve = f"{AUTHORITY}{school:04d}{year % 100:02d}{serial % 1000:03d}"
    return upn_check_letter(twelve) + twelve


def upn_check_letter(twelve: str) -> str:
    """Returns the letter that precedes twelve digits (weights 2 to 13, modulo 23)."""
    return _UPN_LETTERS[sum(int(digit) * (place + 2) for place, digit in enumerate(twelve)) % 23]
