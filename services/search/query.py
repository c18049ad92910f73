"""A searcher's question as the matcher sees it, and the hashes to look under. Pure."""

from collections.abc import Iterable
from datetime import date
from typing import Final

from kith.childindex.v1 import child_pb2, match_pb2
from services.matching import (
    Description,
    Features,
    Name,
    PartialDate,
    born_at_age,
    hash_key,
    prepare,
    query_keys,
)

MOST_KEYS: Final = 100
_GENDERS: Final = {child_pb2.Facts.GENDER_FEMALE: "female", child_pb2.Facts.GENDER_MALE: "male"}
_USES: Final = {
    child_pb2.Name.USE_OFFICIAL: "official",
    child_pb2.Name.USE_FORMER: "former",
    child_pb2.Name.USE_NICKNAME: "nickname",
    child_pb2.Name.USE_ALIAS: "alias",
}


def features(query: match_pb2.Query, today: date) -> Features:
    """What is known of the child on a day, normalised: as the child index itself understands the question."""
    names = [Name(query.given_name or None, query.family_name or None, query.other_given_names or None)]
    names += [
        Name(
            name.given_name or None,
            name.family_name or None,
            name.other_given_names or None,
            _USES.get(name.use, "usual"),
        )
        for name in query.other_names
    ]
    return prepare(
        Description(
            names=tuple(names),
            birth_date=_birth_date(query.birth_date),
            gender=_GENDERS.get(query.gender),
            postcodes=(query.postcode,) if query.postcode else (),
            school=query.school_name or None,
            carers=tuple(_carers(query.carers)),
            born=born_at_age(query.age, today) if query.HasField("age") else None,
            estimated="E" in query.birth_date.accuracy,
        )
    )


def key_hashes(known: Features, secret: bytes) -> dict[int, int]:
    """The hashes of the query's keys with their weights, the heaviest 100."""
    boosts = sorted(query_keys(known).items(), key=lambda entry: -entry[1])[:MOST_KEYS]
    return {hash_key(secret, key): boost for key, boost in boosts}


def field_to_add(known: Features) -> str:
    """The field of `Query` that would help most where there is too little to search on."""
    has_given = any(form.given for form in known.forms)
    has_family = any(form.family for form in known.forms)
    if has_given and has_family:
        return "birth_date"
    return "family_name" if has_given else "given_name"


def _carers(carers: Iterable[child_pb2.Carer]) -> Iterable[Name]:
    named = (carer for carer in carers if carer.given_name or carer.family_name)
    return (Name(carer.given_name or None, carer.family_name or None) for carer in named)


def _birth_date(born: child_pb2.BirthDate) -> PartialDate | None:
    return PartialDate.known(born.date.year, born.date.month, born.date.day, born.accuracy)
