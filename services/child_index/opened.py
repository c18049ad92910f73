"""Source records opened for a decision, and the children they make up as the matcher sees them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kith.childindex.v1 import child_pb2
from services.chassis.access import Decision
from services.chassis.seal import Sealer
from services.child_index.facts import Record, describe_child
from services.child_index.store import SealedRecord
from services.matching import Features, Model, prepare, score


@dataclass(frozen=True, slots=True)
class OpenedChild:
    """A child's opened records, and what they say together, in the matcher's form."""

    child_id: UUID
    records: list[Record]
    features: list[Features]


def open_children(sealer: Sealer, sealed: Sequence[SealedRecord], decision: Decision) -> list[OpenedChild]:
    """Open the records for a decision of the access policy and put them together by child, in the order given."""
    opened = sealer.open_many([one.sealed for one in sealed], decision)
    by_child: defaultdict[UUID, list[Record]] = defaultdict(list)
    for one, plaintext in zip(sealed, opened, strict=True):
        facts = child_pb2.Facts.FromString(plaintext)
        by_child[one.sealed.child_id].append(Record(facts, one.update_time))
    return [
        OpenedChild(child_id, records, [prepare(described) for described in describe_child(records)])
        for child_id, records in by_child.items()
    ]


def best_features(
    query: Features, children: Sequence[OpenedChild], model: Model
) -> list[tuple[UUID, Features]]:
    """For each child the one form of it that fits the query best, so that a child is never its own rival."""
    return [(child.child_id, _best(query, child.features, model)) for child in children]


def _best(query: Features, forms: Sequence[Features], model: Model) -> Features:
    if len(forms) == 1:
        return forms[0]
    return max(forms, key=lambda form: score(query, form, model).bits)
