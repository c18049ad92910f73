"""Name lists by community, and true names drawn from them.

Lists are hand-made (name_lists/), weights fall with the rank.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from deploy.demo import frequencies as rates
from deploy.demo.weighted import Weighted

LISTS = Path(__file__).parent / "name_lists"
SYLLABLE_OFFSET = 40  # [E] syllables are nearly even, so that no made surname is as common as Smith
RARE_ENDINGS = Weighted({"": 0.75, "s": 0.15, "e": 0.10})  # [E]
RANK_OFFSET = (
    40  # [E] weight of the nth name is 1 / (n + offset): the top name 1.5 % of a long list, as in ONS tables
)
MUSLIM = frozenset({"pakistani", "bangladeshi", "somali", "arabic"})
FAMILY_FIRST = frozenset({"chinese", "somali", "tamil"})


def _entries(text: str, offset: int = RANK_OFFSET) -> dict[str, float]:
    weights: dict[str, float] = {}
    for rank, entry in enumerate(text.split()):
        name, _, weight = entry.partition(":")
        weights.setdefault(name.replace("_", " "), float(weight) if weight else 1 / (rank + offset))
    return weights


def _sections(path: Path) -> Iterator[tuple[str, str]]:
    section, body = "", ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            if section:
                yield section, body
            section, body = line.strip("[]"), ""
        elif not line.startswith("#"):
            body += " " + line
    yield section, body


@dataclass(frozen=True)
class NameList:
    """The names of one community. `rare` makes surnames of syllables; None where the list has none."""

    girls: Weighted[str]
    boys: Weighted[str]
    families: Weighted[str]
    women: Weighted[str] | None
    men: Weighted[str] | None
    english: Weighted[str] | None
    starts: Weighted[str] | None
    ends: Weighted[str] | None

    def given(self, gender: str, rng: Random) -> str:
        """Returns a given name."""
        return (self.girls if gender == "female" else self.boys).pick(rng)


@cache
def name_list(community: str) -> NameList:
    """Returns the names of a community, read once."""
    syllables = ("starts", "ends")
    found = {
        key: _entries(body, SYLLABLE_OFFSET if key in syllables else RANK_OFFSET)
        for key, body in _sections(LISTS / f"{community}.txt")
    }
    for name in ("Muhammad", "Mohamed"):
        if name in found["boys"]:
            _weigh_explicit(found["boys"], name)
    made = {key: Weighted(weights) for key, weights in found.items()}
    return NameList(
        girls=made["girls"],
        boys=made["boys"],
        families=made["families"],
        women=made.get("women"),
        men=made.get("men"),
        english=made.get("english"),
        starts=made.get("starts"),
        ends=made.get("ends"),
    )


def _weigh_explicit(weights: dict[str, float], name: str) -> None:
    """Reads an explicit weight in a list of given names as a share in % of that list."""
    others = sum(weight for other, weight in weights.items() if other != name)
    share = weights[name] / 100
    weights[name] = others * share / (1 - share)


@cache
def groups(file: str) -> dict[str, tuple[str, ...]]:
    """Returns, for each name of a file of variants, the lower-cased name and all others on its lines."""
    found: dict[str, list[str]] = {}
    for line in (LISTS / file).read_text(encoding="utf-8").splitlines():
        if not line or line.startswith("#"):
            continue
        names = [entry.partition(":")[0] for entry in line.split()]
        for name in names:
            mates = found.setdefault(name.lower(), [])
            mates.extend(other for other in names if other != name and other not in mates)
    return {name: tuple(others) for name, others in found.items() if others}


@cache
def nicknames() -> dict[str, tuple[str, ...]]:
    """Returns what a child of each name may be called; keys are lower case."""
    lines = (LISTS / "nicknames.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith("#"))
    return {name.lower(): tuple(called) for name, *called in pairs}


@cache
def muhammads() -> Weighted[str]:
    """Returns the spellings of Muhammad on birth certificates, with their weights [P3]; agencies know more of them."""
    first = next(
        line
        for line in (LISTS / "spellings.txt").read_text(encoding="utf-8").splitlines()
        if line.startswith("Muhammad")
    )
    return Weighted({name: weight for name, weight in _entries(first).items() if weight >= 8})


def family_name(community: str, rng: Random) -> str:
    """Returns a household's family name in its masculine or only form: common from the list, or rare from syllables."""
    names = name_list(community)
    if names.starts and names.ends and rng.random() < rates.RARE_SURNAME.get(community, 0):
        rare = names.starts.pick(rng) + names.ends.pick(rng)
        return rare + RARE_ENDINGS.pick(rng) if community == "british" else rare
    family = names.families.pick(rng)
    if community == "portuguese":
        return f"{family} {names.families.pick(rng)}"
    return family


def personal_family(community: str, gender: str, family: str, rng: Random) -> str:
    """Returns the family name as one child bears it.

    Gendered, or the child's own where the system has no shared one.
    """
    names = name_list(community)
    if community == "east_european" and gender == "female":
        for ending in ("ski", "cki"):
            if family.endswith(ending):
                return family[:-1] + "a"
    own = names.women if gender == "female" else names.men
    if own and rng.random() < rates.PERSONAL_SURNAME.get(community, 0):
        return own.pick(rng)
    if community == "indian" and family in ("Singh", "Kaur"):
        return "Kaur" if gender == "female" else "Singh"
    return family


def given_names(community: str, gender: str, father: str, rng: Random) -> tuple[str, str]:
    """Returns a given name and other given names ('' for none) after the naming system of the community."""
    names = name_list(community)
    given = names.given(gender, rng)
    if given == "Muhammad":
        given = muhammads().pick(rng)
    if community == "somali":
        return given, father
    if community == "indian" and rng.random() < rates.SINGH_KAUR:
        return given, "Kaur" if gender == "female" else "Singh"
    if (
        community in MUSLIM
        and gender == "male"
        and given not in muhammads().values
        and rng.random() < rates.MUHAMMAD_IN_FRONT
    ):
        return muhammads().pick(rng), given
    if community in ("chinese", "tamil", "portuguese") or rng.random() >= rates.MIDDLE_NAME:
        return given, ""
    middle = names.given(gender, rng)
    return given, middle if middle != given else ""


def usual_given(community: str, given: str, other_given: str, rng: Random) -> str | None:
    """Returns the name a child goes by where it is not the given name, else None."""
    if community == "chinese" and rng.random() < 0.5:
        return _english(rng)
    called = nicknames().get(given.lower())
    if called:
        return rng.choice(called) if rng.random() < rates.USUAL_NAME_IF_NICKNAME else None
    if not other_given or other_given in ("Singh", "Kaur"):
        return None
    wanted = given in muhammads().values or rng.random() < rates.USUAL_NAME
    return other_given.split(maxsplit=1)[0] if wanted else None


def _english(rng: Random) -> str:
    english = name_list("chinese").english
    return english.pick(rng) if english else ""
