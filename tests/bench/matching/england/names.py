"""More names than the demo town has, and other spellings of them, from reference data where it is present."""

import csv
from collections import defaultdict
from functools import cache
from pathlib import Path
from random import Random

import pyarrow.dataset as ds
from name_variants import ALL_TABLES
from rapidfuzz.distance import JaroWinkler

from deploy.demo.names import family_name, given_names, name_list
from deploy.demo.noise.names import unmarked
from deploy.demo.weighted import Weighted

# Countries whose top names are given to the children of an origin of the demo town.
_COUNTRIES = {
    "british": "GB US AU NZ CA",
    "irish": "IE",
    "pakistani": "PK",
    "bangladeshi": "BD",
    "indian": "IN NP",
    "tamil": "LK IN MY",
    "west_african": "GH NG ML",
    "caribbean": "JM US",
    "east_european": "PL RO UA LT LV BG HU SK CZ RU AL",
    "portuguese": "PT BR ES IT FR",
    "arabic": "EG IQ MA DZ TR IR SA JO LB TN LY KW",
    "chinese": "CN TW",
}
_SURNAME_FILES = {"british": "smashew_surnames_uk.txt", "indian": "smashew_surnames_hi.txt"}
_FROM_LISTS = 0.4  # [E] of names, where there is a list for the origin
_RANK_OFFSET = 20  # [E] weight of the nth name is 1 / (n + offset)
_ALIKE = 0.7
_LEAST_LETTERS = 3


class Names:
    """Draws names; without the folder of reference data from the demo town's lists alone."""

    def __init__(self, shared: Path | None) -> None:
        folder = shared / "names" if shared and (shared / "names").is_dir() else None
        self.sources = ["deploy/demo/name_lists"] + (["shared names"] if folder else [])
        self._given = _forenames(folder) if folder else {}
        self._family = _surnames(folder) if folder else {}
        self._called = nicknames(shared)
        self._spellings = spellings(shared)

    def given(self, origin: str, gender: str, father: str, chance: Random) -> tuple[str, str]:
        """A given name and other given names, '' for none."""
        given, other = given_names(origin, gender, father, chance)
        wider = self._given.get((origin, gender))
        if wider and chance.random() < _FROM_LISTS:
            return wider.pick(chance), other
        return given, other

    def family(self, origin: str, chance: Random) -> str:
        """A household's family name."""
        wider = self._family.get(origin)
        return wider.pick(chance) if wider and chance.random() < _FROM_LISTS else family_name(origin, chance)

    def called(self, given: str) -> tuple[str, ...]:
        """What a child of that name may be called."""
        return self._called.get(given.lower(), ())

    def are_one(self, given: str, other: str) -> bool:
        """Whether one of the names is a short form or another spelling of the other."""
        return any(
            two in self.called(one) or two in self._spellings.get(unmarked(one).lower(), ())
            for one, two in ((given, other), (other, given))
        )

    def father(self, origin: str, chance: Random) -> str:
        """A man's given name."""
        return name_list(origin).given("male", chance)


@cache
def spellings(shared: Path | None) -> dict[str, tuple[str, ...]]:
    """Lower-case name → the same name in other Latin spellings. Held out: only test seeds use it.

    From name-variants, and from Wikidata's "said to be the same as" where that is present: pairs alike enough to be
    spellings rather than translations (Jaro-Winkler ≥ 0.7).
    """
    found: defaultdict[str, set[str]] = defaultdict(set)
    for table in ALL_TABLES.values():
        for cluster in table.values():
            forms = {form for form in cluster["forms"] if form.isascii() and form.isalpha()}
            for form in forms:
                found[form].update(other.title() for other in forms if other != form)
    folder = shared / "wikidata_alt" if shared else None
    if folder and folder.is_dir():
        table = ds.dataset(folder, format="parquet", partitioning="hive").to_table(
            columns=["original_name", "alt_name"],
            filter=ds.field("name_variant_type") == "said_to_be_the_same_as",
        )
        for row in table.to_pylist():
            one, other = row["original_name"], row["alt_name"]
            if one and other and _is_spelling(one, other):
                found[one.lower()].add(other)
    return {name: tuple(sorted(others)) for name, others in sorted(found.items()) if others}


@cache
def nicknames(shared: Path | None) -> dict[str, tuple[str, ...]]:
    """Lower-case name → what a child of that name may be called, from NHS England's list where it is present."""
    from deploy.demo.names import nicknames as short_list

    found = {name: set(called) for name, called in short_list().items()}
    path = shared / "nickname" / "nhsengland_names.csv" if shared else None
    if path and path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            name, *called = [cell.strip() for cell in line.split(",") if cell.strip()] or [""]
            if called:
                found.setdefault(name, set()).update(cell.title() for cell in called)
    return {name: tuple(sorted(called)) for name, called in found.items() if name and called}


def _is_spelling(one: str, other: str) -> bool:
    plain, changed = unmarked(one).lower(), unmarked(other).lower()
    return (
        min(len(plain), len(changed)) >= _LEAST_LETTERS
        and plain != changed
        and plain.isascii()
        and changed.isascii()
        and JaroWinkler.similarity(plain, changed) >= _ALIKE
    )


def _forenames(folder: Path) -> dict[tuple[str, str], Weighted[str]]:
    by_country: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    with (folder / "common-forenames-by-country.csv").open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            name = _latin(row["Localized Name"], row["Romanized Name"])
            if name:
                gender = "female" if row["Gender"] == "F" else "male"
                by_country[row["Country"], gender].append(name)
    return {
        (origin, gender): weighted
        for origin, countries in _COUNTRIES.items()
        for gender in ("female", "male")
        if (weighted := _ranked([by_country[country, gender] for country in countries.split()]))
    }


def _surnames(folder: Path) -> dict[str, Weighted[str]]:
    by_country: defaultdict[str, list[str]] = defaultdict(list)
    with (folder / "common-surnames-by-country.csv").open(encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            name = _latin(row["Localized Name"], row["Romanized Name"])
            if name:
                by_country[row["Country"]].append(name)
    made = {}
    for origin, countries in _COUNTRIES.items():
        lists = [by_country[country] for country in countries.split()]
        if file := _SURNAME_FILES.get(origin):
            # Alphabetical: their own ranks say nothing, so all weigh the same at the end of the ranking.
            lists = [
                [*chain, *sorted((folder / file).read_text(encoding="utf-8").split())] for chain in lists[:1]
            ]
        if weighted := _ranked(lists):
            made[origin] = weighted
    return made


def _latin(written: str, romanized: str) -> str:
    name = written if written and unmarked(written).isascii() else romanized
    return name if name and len(name) >= _LEAST_LETTERS - 1 and unmarked(name).isascii() else ""


def _ranked(lists: list[list[str]]) -> Weighted[str] | None:
    weights: dict[str, float] = {}
    for names in lists:
        for rank, name in enumerate(dict.fromkeys(names)):
            weights[name] = weights.get(name, 0.0) + 1 / (rank + _RANK_OFFSET)
    return Weighted(weights) if weights else None
