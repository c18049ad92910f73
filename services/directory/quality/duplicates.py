"""Whether two entries are of the same thing: which to compare, how alike they are, and why (issue 7, no. 4). Pure."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Final
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from services.directory.quality.checks import parts, plain_words

Document = Mapping[str, Any]

PROPOSED_FROM: Final = 50
"""The score from which a pair is shown to an editor."""
LARGEST_BLOCK: Final = 60
"""What more entries than these have in common, such as a council's switchboard, makes no two of them alike."""
_DESCRIPTION_CHARACTERS: Final = 600
_SHORTEST_TOKEN: Final = 3
_WORDS: Final = 6
"""The longest words of a name, of which two together are a key."""
_BEGINNING: Final = 4
# Words that half of all names have.
_COMMON: Final = frozenset(
    """
    and the for with service services support group centre center family families children childrens child young people
    youth club project community local limited ltd cic charity
    """.split()  # noqa: SIM905 - a list of words
)
_NOT_DIGIT: Final = re.compile(r"\D")


@dataclass(frozen=True, slots=True)
class Profile:
    """What of an entry is compared."""

    name: str
    tokens: frozenset[str]
    description: str
    phones: frozenset[str]
    emails: frozenset[str]
    pages: frozenset[str]
    postcodes: frozenset[str]
    numbers: frozenset[tuple[str, str]]
    """(register, number) of an organisation."""
    organisation: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing by which two are alike or not; `points` for (above 0) or against."""

    part: str
    points: int
    sentence: str


def profile(document: Document, locations: Iterable[Document] = (), organisation: str = "") -> Profile:
    """Return what is compared of a document; `locations` are those it names, `organisation` the name of its own."""
    name = plain_words(document.get("name") or "")
    contacts = [contact for contact, _ in parts(document, "contacts")]
    phones = [phone for phone, _ in parts(document, "phones")]
    phones += [phone for contact in contacts for phone in contact.get("phones") or ()]
    addresses = [address for place in (document, *locations) for address in place.get("addresses") or ()]
    emails = [document.get("email"), *(contact.get("email") for contact in contacts)]
    numbers = document.get("organization_identifiers") or ()
    return Profile(
        name=name,
        tokens=frozenset(word for word in name.split() if len(word) >= _SHORTEST_TOKEN) - _COMMON,
        description=plain_words(document.get("description") or "")[:_DESCRIPTION_CHARACTERS],
        phones=_some(_dialled(phone.get("number") or "") for phone in phones),
        emails=_some((email or "").strip().casefold() for email in emails),
        pages=_some(_page(document.get(name) or "") for name in ("url", "website")),
        postcodes=_some(_packed(address.get("postal_code") or "") for address in addresses),
        numbers=frozenset(
            (one.get("identifier_scheme") or "", _packed(one.get("identifier") or ""))
            for one in numbers
            if one.get("identifier")
        ),
        organisation=plain_words(organisation),
    )


def block_keys(profile: Profile) -> list[int]:
    """Return the 64-bit keys of which two entries must share one to be compared at all.

    What many things of one publisher or one house have (a number to ring, a site, a postcode) is a key together with
    the beginning of a word of the name alone.
    """
    # The longest words, or all of a name that has none of its own.
    words = sorted(sorted(profile.tokens, key=len, reverse=True)[:_WORDS]) or [profile.name]
    districts = {postcode[:-3] for postcode in profile.postcodes} or {""}
    together = combinations(words, 2) if len(words) > 1 else zip(words, strict=True)
    texts = {f"words {' '.join(some)} {district}" for some in together for district in districts}
    ways = [*profile.phones, *profile.emails, *profile.pages, *profile.postcodes]
    texts |= {f"way {way} {word[:_BEGINNING]}" for way in ways for word in words}
    texts |= {f"number {register} {number}" for register, number in profile.numbers}
    texts |= {f"name {profile.name}"} if profile.name else set()
    texts |= {f"says {profile.description}"} if profile.description else set()
    return sorted(
        int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), signed=True) for text in texts
    )


def compare(one: Profile, other: Profile) -> tuple[int, list[Reason]]:
    """Return how alike two are, 0 to 100, and why, the weightiest reason first; the same in either order."""
    reasons = [*_names(one, other), *_descriptions(one, other)]
    reasons += _shared("phone", one.phones, other.phones, 20, -8, "telephone number")
    reasons += _shared("email", one.emails, other.emails, 15, -4, "e-mail address")
    reasons += _shared("postal_code", one.postcodes, other.postcodes, 18, -18, "postcode")
    reasons += _shared("number", one.numbers, other.numbers, 80, -60, "registered number")
    reasons += _pages(one, other)
    reasons.sort(key=lambda reason: (-abs(reason.points), reason.part))
    return max(0, min(100, sum(reason.points for reason in reasons))), reasons


def _names(one: Profile, other: Profile) -> Iterable[Reason]:
    # Words in another order, and words written as one.
    alike = max(
        fuzz.token_sort_ratio(one.name, other.name),
        fuzz.ratio(one.name.replace(" ", ""), other.name.replace(" ", "")),
    )
    if one.tokens and one.tokens == other.tokens:
        alike = max(alike, 95)
    steps = ((95, 42, "the same name"), (85, 30, "nearly the same name"), (70, 12, "similar names"))
    yield next(
        (Reason("name", points, f"They have {said}.") for least, points, said in steps if alike >= least),
        Reason("name", -25, "Their names differ."),
    )
    if one.organisation and other.organisation:
        same = fuzz.token_sort_ratio(one.organisation, other.organisation) >= 85  # noqa: PLR2004 - as for names
        said = "have the same name" if same else "have different names"
        yield Reason("organization", 12 if same else -6, f"Their organisations {said}.")


def _descriptions(one: Profile, other: Profile) -> Iterable[Reason]:
    if not one.description or not other.description:
        return
    alike = fuzz.token_sort_ratio(one.description, other.description)
    if alike >= 90:  # noqa: PLR2004 - per cent
        yield Reason("description", 24, "Their descriptions are almost the same.")
    elif alike < 50:  # noqa: PLR2004 - per cent
        yield Reason("description", -6, "Their descriptions differ.")


def _pages(one: Profile, other: Profile) -> Iterable[Reason]:
    if one.pages & other.pages:
        yield Reason("url", 20, "They have the same web page.")
    elif {page.split("/")[0] for page in one.pages} & {page.split("/")[0] for page in other.pages}:
        yield Reason("url", 6, "Their web pages are of the same site.")


def _shared(
    part: str, one: frozenset[Any], other: frozenset[Any], shared: int, different: int, said: str
) -> Iterable[Reason]:
    if one & other:
        yield Reason(part, shared, f"They share a {said}.")
    elif one and other:
        yield Reason(part, different, f"They have no {said} in common.")


def _some(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(text for text in texts if text)


def _dialled(number: str) -> str:
    digits = _NOT_DIGIT.sub("", number)
    return f"0{digits[2:].removeprefix('0')}" if digits.startswith("44") else digits.removeprefix("0044")


def _packed(text: str) -> str:
    return re.sub(r"[\s-]", "", text).upper()


def _page(url: str) -> str:
    try:
        parsed = urlsplit(url if "//" in url else f"//{url}")
        host = (parsed.hostname or "").removeprefix("www.")
    except ValueError:
        return ""
    path = parsed.path.rstrip("/")
    return f"{host}{path}" if host else ""
