"""What may be changed about practitioners: made, changed, moved, gone, away, trained. Each in the caller's transaction.

Whoever changes one holds the lock of the row, and so tells of the change with the next version (F7).
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from kith.directory.v1 import people_service_pb2 as pb
from kith.directory.v1.directory_pb2 import Practitioner as PractitionerMessage
from services.chassis import outbox
from services.chassis.database import Connection
from services.chassis.errors import InvalidArgument
from services.directory.people import events, ownership, practitioner_store
from services.directory.people.absence import MOST_AHEAD, Absence
from services.directory.people.dates import to_date
from services.directory.people.practitioner import Post, Practitioner, Training
from services.directory.people.refusals import (
    AbsenceNotFound,
    ChangedSince,
    OtherOrganisation,
    PractitionerHasLeft,
    TeamNotFound,
    TooManyAbsences,
)
from services.directory.refusals import PractitionerNotFound, ServiceNotFound

_LONGEST_TRAINING: Final = timedelta(days=5 * 366)


async def create(connection: Connection, details: Sequence[pb.NewPractitioner], now: datetime) -> list[UUID]:
    """Create practitioners of services of the caller's organisation; returns their ids in order.

    The making of one is not told: nothing can hang on somebody who was not there.
    """
    services = await practitioner_store.services(connection, {UUID(one.service_id) for one in details})
    made = [_new(one, services, now) for one in details]
    for one in made:
        ownership.require_own(one.organisation_id)
    await _require_teams(connection, {(one.team_id, one.organisation_id) for one in made})
    await practitioner_store.add(connection, made)
    return [one.id for one in made]


async def change(
    connection: Connection, changes: Sequence[pb.PractitionerChange], now: datetime
) -> list[UUID]:
    """Change how practitioners are called and reached; returns their ids in order. Raises ChangedSince."""
    ids = _each_once([one.practitioner_id for one in changes], "changes")
    known = await _lock_own(connection, ids, staying=True)
    changed = [_changed(known[id_], one, now) for id_, one in zip(ids, changes, strict=True)]
    await _require_teams(connection, {(one.team_id, one.organisation_id) for one in changed})
    await practitioner_store.save(connection, changed)
    for practitioner, one in zip(changed, changes, strict=True):
        if one.HasField("further_posts"):
            await _replace_posts(connection, practitioner, one.further_posts)
    await outbox.write(connection, [events.practitioner_changed(one) for one in changed])
    return ids


async def move(connection: Connection, request: pb.MovePractitionerRequest, now: datetime) -> UUID:
    """Move a practitioner to another service of the organisation; returns the id.

    Of two moves at once the second is refused, since the practitioner is no longer where it says (ChangedSince).
    """
    practitioner_id, service_id = UUID(request.practitioner_id), UUID(request.service_id)
    known = (await _lock_own(connection, [practitioner_id], staying=True))[practitioner_id]
    if str(known.service_id) != request.from_service_id.lower():
        raise ChangedSince
    organisation_id = (await practitioner_store.services(connection, [service_id])).get(service_id)
    if organisation_id is None:
        raise ServiceNotFound
    if organisation_id != known.organisation_id:
        raise OtherOrganisation
    moved = known.moved(
        service_id,
        now,
        team_id=_id(request.team_id),
        role=request.role,
        job_title=request.job_title if request.HasField("job_title") else known.job_title,
        phone=request.phone if request.HasField("phone") else known.phone,
    )
    await _require_teams(connection, {(moved.team_id, moved.organisation_id)})
    await practitioner_store.save(connection, [moved])
    # The main post is none beside itself.
    await practitioner_store.drop_post(connection, practitioner_id, service_id)
    await outbox.write(connection, [events.practitioner_moved(moved)])
    return practitioner_id


async def leave(connection: Connection, ids: Collection[UUID], now: datetime) -> None:
    """Record that practitioners left, once each; whoever had left before stays as they are."""
    known = await _lock_own(connection, ids, staying=False)
    left = [practitioner for one in known.values() if (practitioner := one.left(now)) is not one]
    await practitioner_store.save(connection, left)
    await outbox.write(connection, [events.practitioner_left(one) for one in left])


async def train(connection: Connection, details: Sequence[pb.AssessorDetails], now: datetime) -> list[UUID]:
    """Record who is trained to assess; returns their ids. Raises InvalidArgument for days that cannot be."""
    ids = _each_once([one.practitioner_id for one in details], "assessors")
    trainings = [_training(one, f"assessors[{place}]", now.date()) for place, one in enumerate(details)]
    known = await _lock_own(connection, ids, staying=True)
    changed = [
        practitioner
        for id_, training in zip(ids, trainings, strict=True)
        if (practitioner := known[id_].trained(training, now)) is not known[id_]
    ]
    await practitioner_store.save(connection, changed)
    await outbox.write(connection, [events.assessor_changed(one) for one in changed])
    return ids


async def be_away(connection: Connection, request: pb.RecordAbsenceRequest, today: date) -> Absence:
    """Record that a practitioner is out of office. Raises TooManyAbsences, and InvalidArgument for its days."""
    start = to_date(request.start_date, "start_date")
    end = to_date(request.end_date, "end_date") if request.HasField("end_date") else None
    if end is not None and end < max(start, today):
        raise InvalidArgument([("end_date", "must be neither past nor before the start")])
    practitioner_id, cover_id = UUID(request.practitioner_id), _id(request.cover_practitioner_id)
    if cover_id == practitioner_id:
        raise InvalidArgument([("cover_practitioner_id", "must be somebody else")])
    await _lock_own(connection, [practitioner_id], staying=True)
    if cover_id is not None:
        cover = (await practitioner_store.found(connection, [cover_id])).get(cover_id)
        if cover is None:
            raise PractitionerNotFound
        if cover.has_left:
            raise PractitionerHasLeft
    if await practitioner_store.absences_ahead(connection, practitioner_id, today) >= MOST_AHEAD:
        raise TooManyAbsences(MOST_AHEAD)
    absence = Absence(uuid4(), practitioner_id, start, end, cover_id)
    await practitioner_store.add_absence(connection, absence)
    return absence


async def be_back(connection: Connection, absence_id: UUID, today: date) -> None:
    """End an absence with yesterday, or take it back if it has not begun before today."""
    absence = await practitioner_store.lock_absence(connection, absence_id, today)
    if absence is None:
        raise AbsenceNotFound
    await _lock_own(connection, [absence.practitioner_id], staying=False)
    if absence.start_date >= today:
        await practitioner_store.drop_absence(connection, absence_id)
    else:
        await practitioner_store.end_absence(connection, absence_id, today - timedelta(days=1))


async def _lock_own(
    connection: Connection, ids: Collection[UUID], *, staying: bool
) -> Mapping[UUID, Practitioner]:
    """Lock practitioners that the caller may change; with `staying` none of them may have left."""
    known = await practitioner_store.lock(connection, ids)
    if any(one not in known for one in ids):
        raise PractitionerNotFound
    for practitioner in known.values():
        ownership.require_own(practitioner.organisation_id)
        if staying and practitioner.has_left:
            raise PractitionerHasLeft
    return known


async def _require_teams(connection: Connection, placed: Collection[tuple[UUID | None, UUID]]) -> None:
    """Raise TeamNotFound or OtherOrganisation unless each team is of the organisation beside it."""
    wanted = {team_id for team_id, _ in placed if team_id is not None}
    known = await practitioner_store.teams(connection, wanted) if wanted else {}
    if any(one not in known for one in wanted):
        raise TeamNotFound
    if any(known[team_id] != organisation_id for team_id, organisation_id in placed if team_id is not None):
        raise OtherOrganisation


async def _replace_posts(
    connection: Connection, practitioner: Practitioner, details: pb.FurtherPosts
) -> None:
    posts = [Post(UUID(one.service_id), _id(one.team_id), one.role) for one in details.posts]
    services = await practitioner_store.services(connection, {one.service_id for one in posts})
    for post in posts:
        if post.service_id not in services:
            raise ServiceNotFound
        if post.service_id == practitioner.service_id:
            raise InvalidArgument([("changes.further_posts", "must not name the main service")])
        # Whoever works for another organisation as well is named there by somebody who answers for both.
        if services[post.service_id] != practitioner.organisation_id and not ownership.is_administrator():
            raise OtherOrganisation
    await _require_teams(connection, {(one.team_id, services[one.service_id]) for one in posts})
    await practitioner_store.replace_posts(connection, practitioner.id, posts)


def _new(details: pb.NewPractitioner, services: Mapping[UUID, UUID], now: datetime) -> Practitioner:
    service_id = UUID(details.service_id)
    if service_id not in services:
        raise ServiceNotFound
    return Practitioner(
        id=uuid4(),
        organisation_id=services[service_id],
        service_id=service_id,
        team_id=_id(details.team_id),
        display_name=details.display_name,
        job_title=details.job_title,
        role=details.role,
        engagement=details.engagement or PractitionerMessage.ENGAGEMENT_EMPLOYED,
        phone=details.phone,
        email=details.email,
        state=PractitionerMessage.STATE_ACTIVE,
        training=None,
        version=0,
        update_time=now,
    )


def _changed(known: Practitioner, change: pb.PractitionerChange, now: datetime) -> Practitioner:
    if change.HasField("version") and change.version != known.version:
        raise ChangedSince
    return known.changed(
        now,
        display_name=change.display_name if change.HasField("display_name") else known.display_name,
        job_title=change.job_title if change.HasField("job_title") else known.job_title,
        phone=change.phone if change.HasField("phone") else known.phone,
        email=change.email if change.HasField("email") else known.email,
        role=change.role if change.HasField("role") else known.role,
        engagement=change.engagement if change.HasField("engagement") else known.engagement,
        team_id=_id(change.team_id) if change.HasField("team_id") else known.team_id,
    )


def _training(details: pb.AssessorDetails, field: str, today: date) -> Training | None:
    if not details.HasField("training_date"):
        return None
    day = to_date(details.training_date, f"{field}.training_date")
    lapse = to_date(details.lapse_date, f"{field}.lapse_date")
    # A day's grace: where the sender is, it may be tomorrow already.
    if day > today + timedelta(days=1):
        raise InvalidArgument([(f"{field}.training_date", "must not be in the future")])
    if not day < lapse <= day + _LONGEST_TRAINING:
        raise InvalidArgument([(f"{field}.lapse_date", "must be after the training, by 5 years at most")])
    return Training(day, lapse)


def _each_once(ids: Sequence[str], field: str) -> list[UUID]:
    found = [UUID(one) for one in ids]
    if len(set(found)) < len(found):
        raise InvalidArgument([(field, "must name each practitioner once")])
    return found


def _id(text: str) -> UUID | None:
    return UUID(text) if text else None
