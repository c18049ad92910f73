"""What it takes to reach people now, in as few round trips as can be: every child page asks for it."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from services.chassis.database import Connection


async def practitioners(connection: Connection, ids: Collection[UUID], today: date) -> list[Any]:
    """Return rows of those of the practitioners that exist, with all that is known of how to reach them.

    `absent` whether they are out of office, `cover_...` who covers and is there; `team_...` their team or the duty team
    of their service, `late_...` the out-of-hours team of their organisation; `posts` JSON or null.
    """
    return await connection.fetch(_PRACTITIONERS, list(ids), today)


async def teams(
    connection: Connection, team_ids: Collection[UUID], service_ids: Collection[UUID]
) -> list[Any]:
    """Return rows `team_...`, `late_...` of those of the teams, and duty teams of the services, that exist."""
    return await connection.fetch(_TEAMS, list(team_ids), list(service_ids))


async def those_there(connection: Connection, ids: Collection[UUID], today: date) -> dict[UUID, str]:
    """Return the names of those of the practitioners who are there today: who have not left and are not away."""
    if not ids:
        return {}
    return {row["id"]: row["display_name"] for row in await connection.fetch(_THOSE_THERE, list(ids), today)}


_PRACTITIONERS = """
SELECT p.id, s.organisation_id, p.service_id, p.team_id, p.display_name, p.job_title, p.role, p.engagement, p.phone,
       p.email, p.state, p.training_date, p.lapse_date, p.version, p.update_time,
       o.adviser_display_name, o.adviser_phone, o.adviser_email,
       away.id IS NOT NULL AS absent, away.end_date AS absence_end_date,
       cover.id AS cover_id, cover.display_name AS cover_display_name, cover.phone AS cover_phone,
       cover.email AS cover_email,
       team.id AS team_line_id, team.display_name AS team_display_name, team.phone AS team_phone,
       team.email AS team_email, team.version AS team_version, team.rota AS team_rota,
       late.id AS late_line_id, late.display_name AS late_display_name, late.phone AS late_phone,
       late.email AS late_email, late.version AS late_version, late.rota AS late_rota,
       (SELECT jsonb_agg(jsonb_build_array(f.service_id, f.team_id, f.role) ORDER BY f.service_id)
          FROM further_post AS f WHERE f.practitioner_id = p.id) AS posts
  FROM practitioner AS p
  JOIN service AS s ON s.id = p.service_id
  JOIN organisation AS o ON o.id = s.organisation_id
  LEFT JOIN LATERAL (
       SELECT a.id, a.end_date, a.cover_practitioner_id
         FROM absence AS a
        WHERE a.practitioner_id = p.id AND a.start_date <= $2 AND (a.end_date IS NULL OR a.end_date >= $2)
        ORDER BY a.end_date DESC NULLS FIRST, a.id
        LIMIT 1) AS away ON true
  LEFT JOIN practitioner AS cover
    ON cover.id = away.cover_practitioner_id
   AND cover.state = 1
   AND NOT EXISTS (
       SELECT FROM absence AS a
        WHERE a.practitioner_id = cover.id AND a.start_date <= $2 AND (a.end_date IS NULL OR a.end_date >= $2))
  LEFT JOIN team ON team.id = coalesce(p.team_id, (SELECT d.id FROM team AS d WHERE d.service_id = p.service_id))
  LEFT JOIN organisation_contacts AS c ON c.organisation_id = s.organisation_id
  LEFT JOIN team AS late ON late.id = c.out_of_hours_team_id
 WHERE p.id = ANY($1::uuid[])
"""

_TEAMS = """
SELECT team.service_id AS service_id,
       team.id AS team_line_id, team.display_name AS team_display_name, team.phone AS team_phone,
       team.email AS team_email, team.version AS team_version, team.rota AS team_rota,
       late.id AS late_line_id, late.display_name AS late_display_name, late.phone AS late_phone,
       late.email AS late_email, late.version AS late_version, late.rota AS late_rota
  FROM team
  LEFT JOIN organisation_contacts AS c ON c.organisation_id = team.organisation_id
  LEFT JOIN team AS late ON late.id = c.out_of_hours_team_id
 WHERE team.id = ANY($1::uuid[]) OR team.service_id = ANY($2::uuid[])
"""

_THOSE_THERE = """
SELECT p.id, p.display_name
  FROM practitioner AS p
 WHERE p.id = ANY($1::uuid[])
   AND p.state = 1
   AND NOT EXISTS (
       SELECT FROM absence AS a
        WHERE a.practitioner_id = p.id AND a.start_date <= $2 AND (a.end_date IS NULL OR a.end_date >= $2))
"""
