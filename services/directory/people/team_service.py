"""`TeamService`: from the contract to teams and back, nothing else."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import grpc

from kith.directory.v1 import team_service_pb2 as pb
from kith.directory.v1.team_pb2 import Team as TeamMessage
from kith.directory.v1.team_service_pb2_grpc import TeamServiceServicer
from services.chassis import outbox
from services.chassis.database import Connection
from services.directory import store
from services.directory.page import Page
from services.directory.parts import Parts
from services.directory.people import (
    events,
    ownership,
    practitioner_store,
    reach,
    rota_message,
    team_store,
)
from services.directory.people.duty import Rota
from services.directory.people.refusals import (
    ChangedSince,
    OtherOrganisation,
    ServiceHasTeam,
    TeamNotFound,
)
from services.directory.people.team import Team
from services.directory.refusals import OrganisationNotFound, PractitionerNotFound, ServiceNotFound

Context = grpc.aio.ServicerContext[Any, Any]


class TeamService(TeamServiceServicer):
    """Keeps teams and their rotas, and says who answers now."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def CreateTeam(self, request: pb.CreateTeamRequest, _context: Context) -> pb.CreateTeamResponse:
        """Create a team. Raises OrganisationNotFound, ServiceNotFound, OtherOrganisation, ServiceHasTeam."""

        async def create(connection: Connection) -> pb.CreateTeamResponse:
            team = Team(
                id=uuid4(),
                organisation_id=UUID(request.organisation_id),
                service_id=UUID(request.service_id) if request.service_id else None,
                display_name=request.display_name,
                phone=request.phone,
                email=request.email,
                rota=Rota(),
                version=1,
                update_time=self._parts.clock(),
            )
            await _add(connection, team)
            return pb.CreateTeamResponse(team=_message(team))

        return await self._parts.writes.once(request, pb.CreateTeamResponse, create)

    async def UpdateTeam(self, request: pb.UpdateTeamRequest, _context: Context) -> pb.UpdateTeamResponse:
        """Change a team. Raises TeamNotFound, ChangedSince, PractitionerNotFound, InvalidArgument."""
        rota = rota_message.read(request.rota) if request.HasField("rota") else None

        async def update(connection: Connection) -> pb.UpdateTeamResponse:
            known = await team_store.lock(connection, UUID(request.team_id))
            if known is None:
                raise TeamNotFound
            ownership.require_own(known.organisation_id)
            if known.version != request.version:
                raise ChangedSince
            if rota is not None:
                named = rota.practitioner_ids
                if len(await practitioner_store.found(connection, named)) < len(named):
                    raise PractitionerNotFound
            team = replace(
                known,
                display_name=request.display_name if request.HasField("display_name") else known.display_name,
                phone=request.phone if request.HasField("phone") else known.phone,
                email=request.email if request.HasField("email") else known.email,
                rota=known.rota if rota is None else rota,
                version=known.version + 1,
                update_time=self._parts.clock(),
            )
            await team_store.save(connection, team)
            await outbox.write(connection, [events.contact_changed(team.id, team.version, team.update_time)])
            return pb.UpdateTeamResponse(team=_message(team))

        return await self._parts.writes.once(request, pb.UpdateTeamResponse, update)

    async def ListTeams(self, request: pb.ListTeamsRequest, _context: Context) -> pb.ListTeamsResponse:
        """List an organisation's teams by name, page by page."""
        page = Page(self._parts.page_tokens, request)
        async with self._parts.database.connection() as connection:
            found = await team_store.by_name(
                connection, UUID(request.organisation_id), page.after_id, page.limit
            )
        shown, token = page.cut(found, lambda team: team.id)
        return pb.ListTeamsResponse(teams=map(_message, shown), next_page_token=token)

    async def BatchGetDutyCover(
        self, request: pb.BatchGetDutyCoverRequest, _context: Context
    ) -> pb.BatchGetDutyCoverResponse:
        """Say who answers now, in two round trips to the database at most."""
        team_ids = {UUID(one) for one in request.team_ids}
        service_ids = {UUID(one) for one in request.service_ids}
        async with self._parts.database.connection() as connection:
            by_team, by_service = await reach.duty_cover(
                connection, team_ids, service_ids, self._parts.clock()
            )
        return pb.BatchGetDutyCoverResponse(
            by_team={str(id_): cover for id_, cover in by_team.items()},
            by_service={str(id_): cover for id_, cover in by_service.items()},
        )


async def _add(connection: Connection, team: Team) -> None:
    ownership.require_own(team.organisation_id)
    if not await store.organisation_exists(connection, team.organisation_id):
        raise OrganisationNotFound
    if team.service_id is not None:
        owner = (await practitioner_store.services(connection, [team.service_id])).get(team.service_id)
        if owner is None:
            raise ServiceNotFound
        if owner != team.organisation_id:
            raise OtherOrganisation
    if not await team_store.add(connection, team):
        raise ServiceHasTeam
    await outbox.write(connection, [events.contact_changed(team.id, team.version, team.update_time)])


def _message(team: Team) -> TeamMessage:
    message = TeamMessage(
        id=str(team.id),
        organisation_id=str(team.organisation_id),
        service_id=str(team.service_id or ""),
        display_name=team.display_name,
        phone=team.phone,
        email=team.email,
        rota=rota_message.written(team.rota),
        version=team.version,
    )
    message.update_time.FromDatetime(team.update_time)
    return message
