"""A searcher's question as the matcher sees it, and the hashes to look under. Pure."""

from typing import Final

from kith.childindex.v1 import child_pb2, match_pb2
from services.matching import Description, Features, Name, PartialDate, hash_key, prepare, query_keys

MOST_KEYS: Final = 100
_GENDERS: Final = {child_pb2.Facts.GENDER_FEMALE: "female", child_pb2.Facts.GENDER_MALE: "male"}


def features(query: match_pb2.Query) -> Features:
    """What is known of the child, normalised."""
    date = query.birth_date.date
    return prepare(
        Description(
            names=(Name(query.given_name or None, query.family_name or None),),
            birth_date=PartialDate(date.year or None, date.month or None, date.day or None),
            gender=_GENDERS.get(query.gender),
            postcodes=(query.postcode,) if query.postcode else (),
        )
    )


def key_hashes(known: Features, secret: bytes) -> dict[int, int]:
    """The hashes of the query's keys with their weights, the heaviest 100."""
    boosts = sorted(query_keys(known).items(), key=lambda entry: -entry[1])[:MOST_KEYS]
    return {hash_key(secret, key): boost for key, boost in boosts}
