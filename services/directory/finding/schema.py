"""The fields of the index, and what of a listing stands in each."""

from typing import Any, Final
from uuid import UUID

from tantivy import Schema, SchemaBuilder

from services.directory.finding.listing import Listing, Part

STEMMED: Final = "stemmed"
PLAIN: Final = "plain"
"""Names of the analyzers of words.py in the index."""

SPREAD: Final = "spread"
"""A number of up to 0.01 that follows from the id: by it what is worth the same has one order, in every replica."""
WORDS: Final = "words"
"""All words of all parts, not cut to their stems: what a misspelt word is compared with."""
NO_PARENT: Final = "none"
_RAW: Final = "raw"
_OLDEST: Final = 1000
"""Years; the greatest age where none is stated."""


def build() -> Schema:
    """Return the schema. Nothing is stored: what is found is read from the database."""
    builder = SchemaBuilder()
    for raw in ("key", "term_id", "taxonomy_id", "organization_id", "parent_id", "opening", "mark"):
        builder.add_text_field(raw, tokenizer_name=_RAW, index_option="basic")
    for part in (*Part, "accessibility"):
        builder.add_text_field(part, tokenizer_name=STEMMED, index_option="position")
    builder.add_text_field(WORDS, tokenizer_name=PLAIN, index_option="basic")
    builder.add_text_field("name_key", fast=True, tokenizer_name=_RAW, index_option="basic")
    builder.add_unsigned_field("name_start", fast=True, indexed=True)
    builder.add_integer_field("kind", indexed=True)
    builder.add_integer_field("row", fast=True)
    builder.add_integer_field("modified", fast=True, indexed=True)
    builder.add_float_field(SPREAD, fast=True)
    for number in ("from_age", "to_age", "minimum_age", "maximum_age", "latitude", "longitude"):
        builder.add_float_field(number, fast=True, indexed=True)
    return builder.build()


def key(kind: int, publication_id: UUID) -> str:
    """Return what names a publication in the index."""
    return f"{kind}.{publication_id}"


def fields(kind: int, publication_id: UUID, row: int, modified: int, listing: Listing) -> dict[str, Any]:
    """Return the document; `modified` in microseconds of the epoch."""
    low, high = listing.minimum_age, listing.maximum_age
    # With the id, so that no two are equal and every replica has the same order.
    name_key = f"{' '.join(listing.name.casefold().split())}\0{publication_id}"
    found: dict[str, Any] = {
        "key": key(kind, publication_id),
        "kind": kind,
        "row": row,
        SPREAD: (publication_id.int >> 64) / 2**64 / 100,
        "modified": modified,
        "name_key": name_key,
        "name_start": int.from_bytes(name_key.encode()[:8], "big"),
        "accessibility": listing.accessibility,
        "term_id": sorted(listing.term_ids),
        "taxonomy_id": sorted(listing.taxonomy_ids),
        "organization_id": listing.organization_id,
        "parent_id": listing.parent_id or NO_PARENT,
        "opening": sorted(opening.token for opening in listing.openings),
        "mark": sorted(listing.marks),
        "from_age": low or 0.0,
        "to_age": float(_OLDEST) if high is None else high,
        "latitude": [point[0] for point in listing.points],
        "longitude": [point[1] for point in listing.points],
        **{str(part): text for part, text in listing.words.items()},
        WORDS: list(listing.words.values()),
    }
    if low is not None:
        found["minimum_age"] = low
    if high is not None:
        found["maximum_age"] = high
    return found
