"""The keys of a whole child, each visible or not: what is stored of them (DESIGN 5 no. 5, 7). Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from services.child_index.facts import describe
from services.child_index.match_keys import MatchKeys
from services.child_index.shield import KnownChild, KnownRecord, visible_facts
from services.matching import prepare


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A row of `child_key`."""

    record_id: UUID
    child_id: UUID
    key: int
    version: str
    visible: bool


def key_rows(child: KnownChild, keys: MatchKeys) -> list[KeyRow]:
    """All keys of a child's records, of every version made here."""
    veiled = veil(child.records, keys) if child.veiled else None
    visible = {
        (one.record_id, key, version): (not one.look_alike if veiled is None else key in veiled)
        for one in child.records
        for key, version in keys.stored(prepare(describe(one.record.facts))).items()
    }
    # What several records say together may make keys that none of them has.
    visible |= {(child.records[0].record_id, key, version): True for key, version in (veiled or {}).items()}
    return [
        KeyRow(record_id, child.child_id, key, version, shown)
        for (record_id, key, version), shown in visible.items()
    ]


def veil(records: Sequence[KnownRecord], keys: MatchKeys) -> dict[int, str]:
    """The keys of what is visible of a veiled child, with their versions."""
    return keys.stored(prepare(describe(visible_facts(records))))
