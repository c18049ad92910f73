"""Real postcodes of England, as many as the children of a sample would live in.

The benchmark measures how often postcodes and outcodes are shared, so it takes them from the country (ONSPD, OGL, in
the wheel of uk-postcodes-parsing). Nobody lives at any of them here, and none is ever shown.
"""

from importlib import import_module
from pkgutil import iter_modules
from random import Random

import uk_postcodes_parsing.outcodes as universe

# Scotland, Wales, Northern Ireland, islands, and no place at all.
_AREAS_ELSEWHERE = "AB DD DG EH FK G HS IV KA KW KY ML PA PH TD ZE CF LD LL NP SA BT GY IM JE BF BX GIR"
_ELSEWHERE = frozenset(_AREAS_ELSEWHERE.split())
CHILDREN_PER_POSTCODE = 8
"""About 11.95 million children (DOMAIN 4.2) on 1.48 million postcodes."""
_SAME_OUTCODE, _SAME_AREA = 0.35, 0.65  # [E] most moves are short


class Postcodes:
    """Whole outcodes, drawn until there are postcodes enough; each household gets one by chance."""

    def __init__(self, children: int, chance: Random) -> None:
        outcodes = [
            name
            for _, name, _ in iter_modules(universe.__path__)
            if name != "index" and _in_england(name.upper())
        ]
        chance.shuffle(outcodes)
        wanted = max(1, children // CHILDREN_PER_POSTCODE)
        self._all: list[str] = []
        self._of: dict[str, list[str]] = {}
        self._areas: dict[str, list[str]] = {}
        for name in outcodes:
            outcode = name.upper()
            found = [
                f"{outcode} {incode}"
                for incode in sorted(import_module(f"{universe.__name__}.{name}").INCODES)
            ]
            self._of[outcode] = found
            self._areas.setdefault(_area(outcode), []).extend(found)
            self._all += found
            if len(self._all) >= wanted:
                break

    def home(self, chance: Random) -> str:
        """Any postcode."""
        return chance.choice(self._all)

    def moved(self, home: str, chance: Random) -> str:
        """Where a household of `home` lived before, or lives now: most often near by."""
        luck = chance.random()
        outcode = home.partition(" ")[0]
        if luck < _SAME_OUTCODE:
            return chance.choice(self._of[outcode])
        return chance.choice(self._areas[_area(outcode)] if luck < _SAME_AREA else self._all)


def _area(outcode: str) -> str:
    return outcode.rstrip("ABCDEFGHJKLMNPQRSTUVWXY").rstrip("0123456789") or outcode


def _in_england(outcode: str) -> bool:
    return _area(outcode) not in _ELSEWHERE
