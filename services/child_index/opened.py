"""Source records opened for a decision: what the caller may see of each child, in the matcher's form too.

`open_children` is for every answer to a caller: what a shield hides never leaves it. `open_in_full` is for those who
decide where a record belongs, and for whoever sets shields.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from kith.childindex.v1 import child_pb2
from services.chassis.access import Decision
from services.chassis.caller import Kind
from services.chassis.seal import Sealer
from services.child_index.facts import Record, describe_child
from services.child_index.shield import Extent, KnownChild, KnownRecord, sight
from services.child_index.store import SealedRecord
from services.matching import Features, Model, prepare, score


@dataclass(frozen=True, slots=True)
class OpenedChild:
    """What the caller may see of a child's records, and what that says together, in the matcher's form."""

    child_id: UUID
    records: list[Record]
    features: list[Features]
    shielded: bool = False
    """Whether the caller is to be told to ring the index desk: then `records` has the visible facts only."""
    extent: Extent = Extent.ALL
    """Whose involvements, CAF indicator and lead professional the caller may see."""


def open_children(sealer: Sealer, sealed: Sequence[SealedRecord], decision: Decision) -> list[OpenedChild]:
    """Open the records for a decision of the access policy, as far as its caller may see them, in the order given."""
    caller = decision.caller
    seen = [
        (child, sight(child, caller.organisation_id, system=caller.kind is Kind.SYSTEM))
        for child in open_in_full(sealer, sealed, decision)
    ]
    return [
        OpenedChild(
            child.child_id,
            list(one.records),
            prepare_records(one.records),
            shielded=one.shielded,
            extent=one.extent,
        )
        for child, one in seen
    ]


def open_in_full(sealer: Sealer, sealed: Sequence[SealedRecord], decision: Decision) -> list[KnownChild]:
    """Open all there is, whatever hides it. Nothing of it may be told to the caller."""
    opened = sealer.open_many([one.sealed for one in sealed], decision)
    by_child: defaultdict[UUID, list[KnownRecord]] = defaultdict(list)
    of_child: dict[UUID, SealedRecord] = {}
    for one, plaintext in zip(sealed, opened, strict=True):
        of_child[one.sealed.child_id] = one
        by_child[one.sealed.child_id].append(
            KnownRecord(
                one.sealed.record_id,
                one.organisation_id,
                Record(child_pb2.Facts.FromString(plaintext), one.update_time),
                look_alike=one.look_alike,
                own=one.own,
                shown=one.shown,
            )
        )
    return [
        KnownChild(
            child_id,
            of_child[child_id].sealed.wrapped,
            of_child[child_id].shielded,
            tuple(records),
            of_child[child_id].seen,
        )
        for child_id, records in by_child.items()
    ]


def prepare_records(records: Sequence[Record]) -> list[Features]:
    """What records say of their child together, in the matcher's form."""
    return [prepare(described) for described in describe_child(records)]


def best_features(
    query: Features, children: Sequence[OpenedChild], model: Model
) -> list[tuple[UUID, Features]]:
    """For each child the one form of it that fits the query best, so that a child is never its own rival."""
    return [(child.child_id, best_form(query, child.features, model)) for child in children]


def best_form(query: Features, forms: Sequence[Features], model: Model) -> Features:
    """The form that fits the query best."""
    if len(forms) == 1:
        return forms[0]
    return max(forms, key=lambda form: score(query, form, model).bits)
