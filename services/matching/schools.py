"""The words of a school's name that tell it from others: "St Mary's CE Primary School" is mary."""

from functools import lru_cache

from services.matching.letters import fold
from services.matching.variants import name_lists

_MOST_WORDS = 3
_SHORTEST_POSSESSIVE = 4


@lru_cache(maxsize=1 << 13)
def school_words(name: str) -> tuple[str, ...]:
    """The telling words in their order; all words when none tells."""
    words = tuple(_plain(word) for word in fold(name))
    telling = tuple(word for word in words if word not in name_lists().school_words)
    return (telling or words)[:_MOST_WORDS]


def _plain(word: str) -> str:
    """Mary's, Marys' and Mary are one."""
    return word.removesuffix("s") if len(word) > _SHORTEST_POSSESSIVE else word
