"""Ways an address is written wrongly or in part (DOMAIN 4.4).

A former address is no noise: it is the age of the copy.
"""

from random import Random


def letter_for_digit(postcode: str) -> str:
    """Writes O for the last 0, or I for the last 1 where there is no 0; other postcodes stay."""
    for digit, letter in (("0", "O"), ("1", "I")):
        head, found, tail = postcode.rpartition(digit)
        if found:
            return head + letter + tail
    return postcode


def partial(postcode: str, rng: Random) -> str:
    """Returns the outward part, or that with the sector."""
    outward, _, inward = postcode.partition(" ")
    return outward if rng.random() < 0.7 else f"{outward} {inward[:1]}"


def hand_typed(postcode: str, rng: Random) -> str:
    """Writes it without the space, in small letters, or both."""
    return rng.choice((postcode.replace(" ", ""), postcode.lower(), postcode.replace(" ", "").lower()))


def flat_moved(lines: tuple[str, ...]) -> tuple[str, ...]:
    """Moves the flat number from its own line to the street's, or the other way round."""
    if lines and lines[0].startswith("Flat ") and len(lines) > 1:
        if "," in lines[0]:
            flat, _, rest = lines[0].partition(", ")
            return (flat, rest, *lines[1:])
        return (f"{lines[0]}, {lines[1]}", *lines[2:])
    return lines
