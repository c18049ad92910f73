"""How to reach people and teams now, as the contract shows it."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from kith.directory.v1 import absence_pb2, directory_pb2, duty_pb2
from services.chassis.database import Connection
from services.directory.people import local_time, reach_store
from services.directory.people.cover import Answer, Line, answer
from services.directory.people.dates import from_date
from services.directory.people.duty_memory import DutyMemory

# Of the process: what it holds is the same for everybody.
_MEMORY = DutyMemory()


async def practitioners(
    connection: Connection, ids: Collection[UUID], now: datetime
) -> list[directory_pb2.Practitioner]:
    """Return those of the practitioners that exist, with who covers and who is on duty now.

    In two round trips, one where no rota names anybody for now.
    """
    today = local_time.today(now)
    rows = await reach_store.practitioners(connection, ids, today)
    answers = [_answer(row, now) for row in rows]
    there = await reach_store.those_there(connection, _named(answers), today)
    return [_practitioner(row, duty, there) for row, duty in zip(rows, answers, strict=True)]


async def in_order(
    connection: Connection, ids: Sequence[UUID], now: datetime
) -> list[directory_pb2.Practitioner]:
    """Return practitioners in the order of their ids, which all exist."""
    by_id = {one.id: one for one in await practitioners(connection, ids, now)}
    return [by_id[str(one)] for one in ids]


async def duty_cover(
    connection: Connection, team_ids: Collection[UUID], service_ids: Collection[UUID], now: datetime
) -> tuple[dict[UUID, duty_pb2.DutyCover], dict[UUID, duty_pb2.DutyCover]]:
    """Return who answers now, by team and by service; in two round trips at most."""
    rows = await reach_store.teams(connection, team_ids, service_ids)
    answers = [_answer(row, now) for row in rows]
    there = await reach_store.those_there(connection, _named(answers), local_time.today(now))
    by_team, by_service = {}, {}
    for row, found in zip(rows, answers, strict=True):
        if found is None:
            continue
        cover = _duty_cover(found, there)
        if row["team_line_id"] in team_ids:
            by_team[row["team_line_id"]] = cover
        if row["service_id"] in service_ids:
            by_service[row["service_id"]] = cover
    return by_team, by_service


def _answer(row: Mapping[str, Any], now: datetime) -> Answer | None:
    team = _line(row, "team", now)
    return None if team is None else answer(team, _line(row, "late", now))


def _line(row: Mapping[str, Any], which: str, now: datetime) -> Line | None:
    if row[f"{which}_line_id"] is None:
        return None
    return Line(
        row[f"{which}_line_id"],
        row[f"{which}_display_name"],
        row[f"{which}_phone"],
        row[f"{which}_email"],
        _MEMORY.on_duty(row[f"{which}_line_id"], row[f"{which}_version"], row[f"{which}_rota"], now),
    )


def _named(answers: Iterable[Answer | None]) -> set[UUID]:
    return {one.practitioner_id for one in answers if one is not None and one.practitioner_id is not None}


def _practitioner(
    row: Mapping[str, Any], duty: Answer | None, there: Mapping[UUID, str]
) -> directory_pb2.Practitioner:
    message = directory_pb2.Practitioner(
        id=str(row["id"]),
        organisation_id=str(row["organisation_id"]),
        service_id=str(row["service_id"]),
        display_name=row["display_name"],
        job_title=row["job_title"],
        phone=row["phone"],
        email=row["email"],
        state=row["state"],
        role=row["role"],
        engagement=row["engagement"],
        team_id=str(row["team_id"] or ""),
        version=row["version"],
    )
    message.update_time.FromDatetime(row["update_time"])
    for service_id, team_id, role in json.loads(row["posts"] or "[]"):
        message.further_posts.add(service_id=service_id, team_id=team_id or "", role=role)
    if row["absent"]:
        message.out_of_office.CopyFrom(_out_of_office(row))
    if duty is not None:
        message.duty_cover.CopyFrom(_duty_cover(duty, there))
    if row["training_date"] is not None:
        message.assessor.training_date.CopyFrom(from_date(row["training_date"]))
        message.assessor.lapse_date.CopyFrom(from_date(row["lapse_date"]))
    if row["adviser_display_name"] or row["adviser_phone"] or row["adviser_email"]:
        adviser = message.information_sharing_adviser
        adviser.display_name, adviser.phone = row["adviser_display_name"], row["adviser_phone"]
        adviser.email = row["adviser_email"]
    return message


def _out_of_office(row: Mapping[str, Any]) -> absence_pb2.OutOfOffice:
    end = row["absence_end_date"]
    return absence_pb2.OutOfOffice(
        end_date=None if end is None else from_date(end),
        cover_practitioner_id=str(row["cover_id"] or ""),
        cover_display_name=row["cover_display_name"] or "",
        cover_phone=row["cover_phone"] or "",
        cover_email=row["cover_email"] or "",
    )


def _duty_cover(found: Answer, there: Mapping[UUID, str]) -> duty_pb2.DutyCover:
    message = duty_pb2.DutyCover(
        state=found.state,
        team_id=str(found.line.id),
        team_display_name=found.line.display_name,
        phone=found.phone,
        email=found.line.email,
    )
    if found.practitioner_id is not None and found.practitioner_id in there:
        message.practitioner_id = str(found.practitioner_id)
        message.practitioner_display_name = there[found.practitioner_id]
    if found.until is not None:
        message.end_time.FromDatetime(found.until)
    return message
