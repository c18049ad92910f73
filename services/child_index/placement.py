"""Where a record belongs, and whom it must not give away (DESIGN 5 no. 8, 11). Pure.

A record joins a child when that is certain *from what its sender may see*, so that no answer depends on what a shield
hides. Whatever else comes near a shielded child is a look-alike: stored as always, shown to nobody but its sender,
queued for an officer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from services.child_index.facts import Record
from services.child_index.opened import best_form, prepare_records
from services.child_index.shield import KnownChild, sight, visible_record
from services.matching import Action, Features, Model, decide_registration


@dataclass(frozen=True, slots=True)
class Placement:
    """The known child a record belongs to, None for one of its own; the children it may also be."""

    child: KnownChild | None
    proposed: tuple[UUID, ...]
    look_alike: bool


def place(
    record: Record,
    features: Features,
    known: Sequence[KnownChild],
    organisation_id: str,
    model: Model,
) -> Placement:
    """Decide for a record of an organisation's system. A record that is there stays with its child."""
    own = next((child for child in known if any(one.own for one in child.records)), None)
    if own is not None:
        return _again(record, features, own, known, model)
    decided = decide_registration(features, _as_seen(features, known, organisation_id, model), model)
    child = None
    if decided.action is Action.LINK:
        child = next(one for one in known if one.child_id == decided.keys[0])
    near = _near(record, features, child, known, model)
    if child is None:
        return Placement(None, tuple(dict.fromkeys((*decided.keys, *near))), look_alike=bool(near))
    return Placement(child, near, look_alike=not child.shielded and (bool(near) or child.veiled))


def look_alikes(child: KnownChild, others: Iterable[KnownChild], model: Model) -> dict[UUID, list[UUID]]:
    """The record ids, by child, that must be hidden because they may be of this shielded child."""
    forms = _all_forms(child)
    found: dict[UUID, list[UUID]] = {}
    for other in others:
        if other.child_id == child.child_id or other.veiled:
            continue
        ordinary = [one for one in other.records if not one.look_alike]
        alike = [one for one in ordinary if _resembles(prepare_records([one.record]), forms, model)]
        if not alike and _resembles(prepare_records([one.record for one in ordinary]), forms, model):
            alike = ordinary
        if alike:
            found[other.child_id] = [one.record_id for one in alike]
    return found


def _again(
    record: Record, features: Features, child: KnownChild, known: Sequence[KnownChild], model: Model
) -> Placement:
    """A record that says what it said before is as it was: an officer may have decided about just that."""
    written = next(one for one in child.records if one.own)
    if written.record.facts == record.facts:
        return Placement(child, (), written.look_alike)
    near = _near(record, features, child, known, model)
    return Placement(child, near, look_alike=written.look_alike or (bool(near) and not child.shielded))


def _as_seen(
    features: Features, known: Sequence[KnownChild], organisation_id: str, model: Model
) -> list[tuple[UUID, Features]]:
    """The children that the organisation's system may know of, as it may see them."""
    seen = []
    for child in known:
        supplied = any(str(one.organisation_id) == organisation_id for one in child.records)
        # Else that a hidden key is shared would show in whether another child stands clear.
        if child.veiled and not (child.seen or supplied):
            continue
        forms = prepare_records(sight(child, organisation_id, system=True).records)
        if child.shielded and supplied:
            forms += prepare_records([visible_record(child)])
        seen.append((child.child_id, best_form(features, forms, model)))
    return seen


def _near(
    record: Record, features: Features, child: KnownChild | None, known: Sequence[KnownChild], model: Model
) -> tuple[UUID, ...]:
    """The veiled children, other than the one it joins, that the record may be of, by itself or with what it joins."""
    rows = [features]
    if child is not None and not child.veiled:
        joined = [one.record for one in child.records if not one.look_alike and not one.own]
        rows += prepare_records([record, *joined])
    return tuple(
        one.child_id
        for one in known
        if one.veiled and one is not child and _resembles(rows, _all_forms(one), model)
    )


def _all_forms(child: KnownChild) -> list[Features]:
    """All that is known of a child, and the visible facts alone: that a hidden address differs proves nothing."""
    return prepare_records(child.all_records) + prepare_records([visible_record(child)])


def _resembles(rows: Iterable[Features], forms: Sequence[Features], model: Model) -> bool:
    """Whether people would be asked if these are the same child, or the machine would say so."""
    return any(
        decide_registration(row, [(0, form)], model).action is not Action.CREATE
        for row in rows
        for form in forms
    )
