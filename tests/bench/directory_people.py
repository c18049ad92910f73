"""How fast the directory says how to reach people: `BatchGetPractitioners` of 20, as every child page asks it.

A PostgreSQL of its own (fsync on) is filled by COPY: a team with a rota for each service, one practitioner in ten away,
half of those covered. Beside it stands the same call for somebody who does not exist: the chain, one round trip and no
answer to put together. Both are asked in turns by one client over gRPC.
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg

from deploy.local.postgres import Postgres
from kith.directory.v1.directory_service_pb2 import BatchGetPractitionersRequest
from kith.directory.v1.directory_service_pb2_grpc import DirectoryServiceStub
from services.directory.people import reach_store
from services.directory.people.duty import Rota, Shift
from services.directory.people.stored_rota import rota_text
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.fixtures.service_process import service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer

_ASKED: Final = 20
_OF_A_SERVICE: Final = 20
_SERVICES_OF_ORGANISATION: Final = 5
_ROUNDS: Final = 10
_CALLS: Final = 100
_AWAY: Final = 0.1
_TWENTY: Final = "20 practitioners, each of another team"
_NOBODY: Final = "somebody who is not there"
_NOW: Final = datetime.now(UTC)


_ORGANISATION: Final = (
    "id", "display_name", "kind", "phone", "adviser_display_name", "adviser_phone", "adviser_email", "update_time",
)  # fmt: skip
_SERVICE: Final = (
    "id", "organisation_id", "display_name", "description", "kind", "phone", "email", "version", "update_time",
)  # fmt: skip
_TEAM: Final = (
    "id", "organisation_id", "service_id", "display_name", "phone", "email", "rota", "version", "update_time",
)  # fmt: skip
_PRACTITIONER: Final = (
    "id", "service_id", "display_name", "job_title", "phone", "email", "state", "version", "update_time",
)  # fmt: skip
_ABSENCE: Final = ("id", "practitioner_id", "start_date", "end_date", "cover_practitioner_id")
_CONTACTS: Final = ("organisation_id", "safeguarding", "out_of_hours_team_id", "version", "update_time")


@dataclass(frozen=True)
class Filled:
    """The ids that were filled in, and of which service each practitioner is."""

    practitioners: Sequence[UUID]
    by_service: Sequence[Sequence[UUID]]


async def fill(database: ServiceDatabase, count: int) -> Filled:
    """Copy so many practitioners in, with all that stands around them."""
    draw = random.Random(11)

    def new() -> UUID:
        return UUID(int=draw.getrandbits(128), version=4)

    services = [new() for _ in range(max(1, count // _OF_A_SERVICE))]
    organisations = [new() for _ in range(max(1, len(services) // _SERVICES_OF_ORGANISATION))]
    owners = [organisations[place % len(organisations)] for place in range(len(services))]
    practitioners = [new() for _ in range(count)]
    by_service = [practitioners[place :: len(services)] for place in range(len(services))]
    teams = [new() for _ in services]
    nights = new()
    connection = await asyncpg.connect(database.superuser_dsn)
    try:
        for table, columns, records in (
            (
                "organisation",
                _ORGANISATION,
                ((one, "Org", 1, "1", "Adviser", "2", "", _NOW) for one in organisations),
            ),
            (
                "service",
                _SERVICE,
                (
                    (one, owner, "Service", "", 1, "3", "", 1, _NOW)
                    for one, owner in zip(services, owners, strict=True)
                ),
            ),
            ("team", _TEAM, _teams(draw, teams, services, owners, by_service, nights)),
            (
                "practitioner",
                _PRACTITIONER,
                (
                    (one, services[place % len(services)], f"Worker {place}", "Worker", "4", "", 1, 0, _NOW)
                    for place, one in enumerate(practitioners)
                ),
            ),
            ("absence", _ABSENCE, _absences(draw, new, by_service)),
            ("organisation_contacts", _CONTACTS, ((one, "[]", nights, 1, _NOW) for one in organisations)),
        ):
            await connection.copy_records_to_table(table, records=records, columns=columns)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()
    return Filled(practitioners, by_service)


def _teams(
    draw: random.Random,
    teams: Sequence[UUID],
    services: Sequence[UUID],
    owners: Sequence[UUID],
    by_service: Sequence[Sequence[UUID]],
    nights: UUID,
) -> Iterator[tuple[Any, ...]]:
    always = Rota({day: [Shift(0, 24 * 60)] for day in range(1, 8)})
    yield nights, owners[0], None, "Nights", "9", "", rota_text(always), 1, _NOW
    for team, service, owner, staff in zip(teams, services, owners, by_service, strict=True):
        # Around the clock in three shifts, so that at any hour a name is looked up.
        rota = Rota(
            {
                day: [Shift(8 * 60 * turn, 8 * 60 * (turn + 1), draw.choice(staff)) for turn in range(3)]
                for day in range(1, 8)
            },
            {_NOW.date() + timedelta(days=30 * place): [] for place in range(1, 9)},
        )
        yield team, owner, service, "Duty", "8", "", rota_text(rota), 1, _NOW


def _absences(
    draw: random.Random, new: Callable[[], UUID], by_service: Sequence[Sequence[UUID]]
) -> Iterator[tuple[Any, ...]]:
    today = _NOW.date()
    for staff in by_service:
        for one in staff:
            if draw.random() < _AWAY:
                cover = draw.choice(staff)
                covered = cover != one and draw.random() < 0.5
                yield (
                    new(),
                    one,
                    today - timedelta(days=2),
                    today + timedelta(days=9),
                    cover if covered else None,
                )


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill, ask in turns."""
    postgres = Postgres.start(folder / "postgres")
    try:
        with running_issuer() as issuer:
            database = await ServiceDatabases(postgres, folder)("directory")
            began = time.perf_counter()
            filled = await fill(database, size)
            report.remark(f"{size:,} practitioners, copied in {time.perf_counter() - began:.0f} s")
            async with service_process(database, issuer.url, folder) as running:
                await _ask(DirectoryServiceStub(running.channel), issuer, filled, report)
            await _statement(database, filled, report)
    finally:
        postgres.stop()


async def _ask(stub: DirectoryServiceStub, issuer: Issuer, filled: Filled, report: Report) -> None:
    draw = random.Random(5)
    chosen: dict[str, Callable[[], Sequence[UUID]]] = {
        _TWENTY: lambda: draw.sample(filled.practitioners, _ASKED),
        "20 practitioners of one service": lambda: draw.choice(filled.by_service)[:_ASKED],
        "5 practitioners": lambda: draw.sample(filled.practitioners, 5),
        _NOBODY: lambda: [UUID(int=draw.getrandbits(128), version=4)],
    }
    took: dict[str, list[float]] = {name: [] for name in chosen}
    for number in range(_ROUNDS + 1):
        metadata = bearer(issuer.token(scope="directory.read"))
        for name, choose in chosen.items():
            for _ in range(_CALLS):
                request = BatchGetPractitionersRequest(ids=[str(one) for one in choose()])
                began = time.perf_counter()
                answer = await stub.BatchGetPractitioners(request, metadata=metadata)
                # The first round warms up.
                if number:
                    took[name].append((time.perf_counter() - began) * 1000)
                assert name == _NOBODY or len(answer.practitioners) == len(request.ids)
    for name, durations in took.items():
        report.durations(name, durations)
    report.ratio(_TWENTY, _NOBODY)


async def _statement(database: ServiceDatabase, filled: Filled, report: Report) -> None:
    """How long the statement takes by itself, prepared, with the way to the server and back."""
    connection = await asyncpg.connect(database.app_dsn)
    draw, took = random.Random(3), []
    try:
        for number in range(_ROUNDS * _CALLS):
            ids = draw.sample(filled.practitioners, _ASKED)
            began = time.perf_counter()
            await reach_store.practitioners(connection, ids, _NOW.date())
            # Planned anew for each at first.
            if number >= _CALLS:
                took.append((time.perf_counter() - began) * 1000)
    finally:
        await connection.close()
    report.durations("the statement alone", took)


PART = Part(
    "directory_people",
    "How fast the directory says how to reach people",
    "practitioners",
    small=20_000,
    full=100_000,
    measure=measure,
)
