"""Ways a name is written wrongly, or rightly in another way (DOMAIN 4.4).

Each returns its input where it does not apply.
"""

import unicodedata
from random import Random

from deploy.demo.names import groups, nicknames

NHS_LENGTH = 35
_NEIGHBOURS = {
    "a": "sqz",
    "b": "vn",
    "c": "xv",
    "d": "sf",
    "e": "wr",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "uo",
    "j": "hk",
    "k": "jl",
    "l": "k",
    "m": "n",
    "n": "bm",
    "o": "ip",
    "p": "o",
    "q": "wa",
    "r": "et",
    "s": "ad",
    "t": "ry",
    "u": "yi",
    "v": "cb",
    "w": "qe",
    "x": "zc",
    "y": "tu",
    "z": "xa",
}
_MISREAD = {"o": "0", "O": "0", "l": "1", "I": "l", "i": "1", "S": "5", "B": "8"}
_PLAIN_LETTERS = str.maketrans({"ł": "l", "Ł": "L", "đ": "d", "ø": "o", "ß": "ss", "’": "'", "ı": "i"})
_PREFIXES = (
    "Abdul-",
    "Abdur-",
    "Al-",
    "O’",
    "O'",
    "Mac",
    "Mc",
    "D’",
    "de ",
    "bin ",
    "ibn ",
    "Ibn ",
    "Ben ",
    "Md ",
    "Mohd ",
)


def respelt(name: str, rng: Random) -> str:
    """Returns another spelling of a name that is written in Latin letters in several ways."""
    others = groups("spellings.txt").get(name.lower())
    return rng.choice(others) if others else name


def sound_alike(name: str, rng: Random) -> str:
    """Returns a name that sounds the same."""
    others = groups("sound_alikes.txt").get(name.lower())
    return rng.choice(others) if others else name


def nickname(name: str, rng: Random) -> str:
    """Returns what a child of that name may be called."""
    called = nicknames().get(name.lower())
    return rng.choice(called) if called else name


def mistyped(name: str, rng: Random) -> str:
    """Hits a neighbouring key for one letter."""
    places = [place for place, letter in enumerate(name) if letter.lower() in _NEIGHBOURS]
    if not places:
        return name
    place = rng.choice(places)
    hit = rng.choice(_NEIGHBOURS[name[place].lower()])
    return name[:place] + (hit.upper() if name[place].isupper() else hit) + name[place + 1 :]


def double_dropped(name: str) -> str:
    """Drops the second of the first two equal letters that follow each other."""
    for place in range(1, len(name)):
        if name[place].lower() == name[place - 1].lower() and name[place].isalpha():
            return name[:place] + name[place + 1 :]
    return name


def misread(name: str, rng: Random) -> str:
    """Reads one character wrongly, as scanned text does (O as 0, l as 1)."""
    places = [place for place, letter in enumerate(name) if letter in _MISREAD]
    if not places:
        return name
    place = rng.choice(places)
    return name[:place] + _MISREAD[name[place]] + name[place + 1 :]


def transposed(name: str, rng: Random) -> str:
    """Swaps two neighbouring letters after the first."""
    if len(name) < 4:
        return name
    place = rng.randrange(1, len(name) - 1)
    return name[:place] + name[place + 1] + name[place] + name[place + 2 :]


def unmarked(name: str) -> str:
    """Loses diacritics and turns the curly apostrophe into a straight one."""
    letters = unicodedata.normalize("NFKD", name.translate(_PLAIN_LETTERS))
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def unjoined(name: str, rng: Random) -> str:
    """Writes a hyphen, an apostrophe or a space in another way: as a space, as nothing."""
    joined = "".join(letter for letter in name if letter not in "’' ")
    return joined.replace("-", rng.choice(("", " ")))


def first_half(name: str) -> str:
    """Returns what stands before the hyphen of a double-barrelled name."""
    return name.partition("-")[0]


def second_half(name: str) -> str:
    """Returns what stands behind the last hyphen of a double-barrelled name."""
    return name.rpartition("-")[2]


def prefix_lost(name: str) -> str:
    """Loses Abdul-, Al-, O', Mac, Mc, de, bin, ibn or Md in front."""
    for prefix in _PREFIXES:
        rest = name.removeprefix(prefix)
        if rest != name and rest and rest[0].isupper():
            return rest
    return name


def truncated(name: str) -> str:
    """Cuts at the 35 characters that NHS systems hold."""
    return name[:NHS_LENGTH].rstrip()


def recased(name: str, rng: Random) -> str:
    """Writes all in capitals, or none."""
    return rng.choice((name.upper(), name.lower()))


def swapped(given: str, family: str) -> tuple[str, str]:
    """Returns given and family name in each other's place."""
    return family, given


def middle_as_first(given: str, other_given: str) -> tuple[str, str]:
    """Returns the middle name in front, the given name behind it."""
    return (other_given, given) if other_given else (given, other_given)


def placeholder(gender: str, twin: int | None, rng: Random) -> str:
    """Returns what stands for the given name of a child not yet named.

    `twin` counts from 1, None for a single birth.
    """
    if twin is not None:
        return rng.choice((f"Twin {'I' * twin}", f"Baby {twin}", f"Twin {twin}"))
    return rng.choice(
        (
            "Baby",
            "Female Infant" if gender == "female" else "Male Infant",
            "Baby Girl" if gender == "female" else "Baby Boy",
        )
    )
