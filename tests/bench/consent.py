"""How fast consent decides, beside a server that decides nothing.

A PostgreSQL of its own (fsync on) is filled by COPY. Then two processes are asked in turns, round by round, by the same
client over gRPC: consent itself, and the same server with the same chain (token, access rule, validation) whose
`Decide` answers at once. Figures are to be compared within a run: machines and their neighbours differ.

`python -m tests.bench.consent` is that server.
"""

import asyncio
import json
import random
import statistics
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import asyncpg
import grpc

from deploy.local.postgres import Postgres
from deploy.local.process import Process, RunningProcess
from kith.access.v1 import purpose_pb2
from kith.consent.v1 import consent_pb2, consent_service_pb2
from kith.consent.v1.consent_service_pb2_grpc import (
    ConsentServiceServicer,
    ConsentServiceStub,
    add_ConsentServiceServicer_to_server,
)
from services.chassis import telemetry
from services.chassis.caller import TokenVerifier
from services.chassis.config import ServiceSettings, load
from services.chassis.server import run, serve
from tests.bench.machine import processor_ms
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.fixtures.service_process import ServiceProcess, service_process
from tests.service.chassis.answers import bearer
from tests.service.chassis.issuer import Issuer, running_issuer

_PER_CHILD: Final = 4
_CONCURRENT: Final = 16
_SEQUENTIAL: Final = 100
_ROUND_SECONDS: Final = 1.0
_ROUNDS: Final = 15
_KNOWN: Final = 5000
_ROWS_AT_ONCE: Final = 50_000


@dataclass(frozen=True, slots=True)
class Known:
    """A consent that is there, and for whom it is asked about."""

    consent_id: UUID
    child_id: UUID
    organisation_id: UUID


@dataclass(frozen=True, slots=True)
class Target:
    """A process that answers `Decide`."""

    name: str
    pid: int
    decide: Callable[..., Awaitable[consent_service_pb2.DecideResponse]]


class Empty(ConsentServiceServicer):
    """Answers at once what consent answers."""

    async def Decide(self, request: Any, _context: Any) -> Any:
        """The same answer to every question."""
        answer = consent_service_pb2.Answer(
            outcome=consent_service_pb2.Answer.OUTCOME_PERMIT,
            reason=consent_service_pb2.Answer.REASON_CONSENT,
        )
        return consent_service_pb2.DecideResponse(
            answers=[answer for _ in request.questions], policy_version="-"
        )


async def serve_empty() -> None:
    """Serve `Empty` as any service is served."""
    config = load(ServiceSettings)
    telemetry.start("consent", config)
    async with TokenVerifier(config.issuer or "") as verifier:
        await serve(
            "consent",
            config,
            [(add_ConsentServiceServicer_to_server, Empty())],
            error_domain="consent.kith",
            verifier=verifier,
        )


def rows(count: int, draw: random.Random, today: date) -> Iterator[tuple[Any, ...]]:
    """Consents as they stand in the table: four of each child, of which most hold, to two recipients."""
    now = datetime.now(UTC)
    organisations = [UUID(int=draw.getrandbits(128), version=4) for _ in range(200)]
    child_id = UUID(int=draw.getrandbits(128), version=4)
    for number in range(count):
        if number % _PER_CHILD == 0:
            child_id = UUID(int=draw.getrandbits(128), version=4)
        recorder, *recipients = draw.sample(organisations, 3)
        state = (
            consent_pb2.Consent.STATE_GIVEN if draw.random() < 0.7 else consent_pb2.Consent.STATE_SUPERSEDED
        )
        yield (
            UUID(int=draw.getrandbits(128), version=4),
            child_id,
            recorder,
            consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT,
            recipients,
            consent_pb2.Consent.GIVER_PARENTAL_RESPONSIBILITY,
            consent_pb2.Consent.METHOD_PAPER,
            "2026-1",
            today - timedelta(days=draw.randrange(1, 200)),
            today + timedelta(days=draw.randrange(1, 150)),
            state,
            1,
            now,
        )


_COLUMNS: Final = (
    "id", "child_id", "recording_organisation_id", "scope", "recipient_organisation_ids", "giver", "method",
    "wording_version", "start_date", "expire_date", "state", "version", "update_time",
)  # fmt: skip


async def fill(database: ServiceDatabase, count: int) -> list[Known]:
    """Copy the consents in; returns some that hold."""
    connection = await asyncpg.connect(database.superuser_dsn)
    draw = random.Random(7)
    known: list[Known] = []
    made = rows(count, draw, datetime.now(UTC).date())
    try:
        left = count
        while left > 0:
            batch = [row for _, row in zip(range(min(left, _ROWS_AT_ONCE)), made, strict=False)]
            await connection.copy_records_to_table("consent", records=batch, columns=_COLUMNS)
            held = [row for row in batch if row[10] == consent_pb2.Consent.STATE_GIVEN]
            share = max(1, _KNOWN * len(batch) // count)
            known += [Known(row[0], row[1], row[4][0]) for row in draw.sample(held, min(share, len(held)))]
            left -= len(batch)
        await connection.execute("VACUUM ANALYZE consent")
    finally:
        await connection.close()
    return known


def request(one: Known) -> consent_service_pb2.DecideRequest:
    """What child_index asks when it opens a record with one sensitive involvement."""
    return consent_service_pb2.DecideRequest(
        child_ids=[str(one.child_id)],
        questions=[
            consent_service_pb2.Question(
                action=consent_service_pb2.Question.ACTION_SEE,
                consent_id=str(one.consent_id),
                scope=consent_pb2.Consent.SCOPE_SENSITIVE_INVOLVEMENT,
                organisation_id=str(one.organisation_id),
                purpose=purpose_pb2.PURPOSE_PROVIDE_SERVICE,
            )
        ],
    )


async def one_by_one(target: Target, asked: Sequence[Any], metadata: Any) -> list[float]:
    """How long each of some calls takes, in milliseconds."""
    took = []
    for message in asked:
        began = time.perf_counter()
        await target.decide(message, metadata=metadata, timeout=10)
        took.append((time.perf_counter() - began) * 1000)
    return took


async def at_once(target: Target, asked: Sequence[Any], metadata: Any) -> tuple[float, float]:
    """How many calls a second are answered, and how much of the server's processor one takes, in milliseconds."""
    ends = time.perf_counter() + _ROUND_SECONDS
    done = 0

    async def work(first: int) -> None:
        nonlocal done
        number = first
        while time.perf_counter() < ends:
            await target.decide(asked[number % len(asked)], metadata=metadata, timeout=10)
            number += _CONCURRENT
            done += 1

    used, began = processor_ms(target.pid), time.perf_counter()
    await asyncio.gather(*(work(first) for first in range(_CONCURRENT)))
    passed = time.perf_counter() - began
    return done / passed, (processor_ms(target.pid) - used) / done


@asynccontextmanager
async def empty_process(issuer: Issuer, folder: Path) -> AsyncIterator[Target]:
    """Run the server that decides nothing."""
    log = folder / "empty.log"
    row = Process(
        "empty",
        [sys.executable, "-m", "tests.bench.consent"],
        {"KITH_LOCAL_MODE": "1", "KITH_ISSUER": issuer.url},
        health=lambda: _begun(log),
    )
    process = RunningProcess(row, folder)
    process.start()
    try:
        await process.ready()
        port = next(json.loads(line)["port"] for line in _lines(log) if '"taking calls"' in line)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Target("empty handler", process.pid, ConsentServiceStub(channel).Decide)
    finally:
        await process.stop()


async def _begun(log: Path) -> bool:
    return any('"taking calls"' in line for line in _lines(log))


def _lines(log: Path) -> list[str]:
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill, ask both in turns."""
    postgres = Postgres.start(folder / "postgres")
    try:
        with running_issuer() as issuer:
            database = await ServiceDatabases(postgres, folder)("consent")
            began = time.perf_counter()
            known = await fill(database, size)
            report.remark(f"{size:,} consents, copied in {time.perf_counter() - began:.0f} s")
            async with (
                service_process(database, issuer.url, folder) as running,
                empty_process(issuer, folder) as empty,
            ):
                await compare(running, empty, issuer, known, report)
    finally:
        postgres.stop()


async def compare(
    running: ServiceProcess, empty: Target, issuer: Issuer, known: Sequence[Known], report: Report
) -> None:
    """Ask both in turns."""
    real = Target("Decide", running.process.pid, ConsentServiceStub(running.channel).Decide)
    asked = [request(one) for one in known]
    took: dict[str, list[float]] = {real.name: [], empty.name: []}
    rates: dict[str, list[float]] = {real.name: [], empty.name: []}
    used: dict[str, list[float]] = {real.name: [], empty.name: []}
    permitted = 0
    for number in range(_ROUNDS + 1):
        metadata = _child_index(issuer)
        for target in (real, empty):
            durations = await one_by_one(target, random.Random(number).sample(asked, _SEQUENTIAL), metadata)
            rate, processor = await at_once(target, asked, metadata)
            # The first round warms up.
            if number:
                took[target.name] += durations
                rates[target.name].append(rate)
                used[target.name].append(processor)
    for message in asked[:200]:
        response = await real.decide(message, metadata=_child_index(issuer), timeout=10)
        permitted += response.answers[0].outcome == consent_service_pb2.Answer.OUTCOME_PERMIT
    ratios = [ours / theirs for ours, theirs in zip(rates[real.name], rates[empty.name], strict=True)]
    report.remark(
        f"{_ROUNDS} rounds; in each both were asked in turns, {_SEQUENTIAL} times one by one and then for"
        f" {_ROUND_SECONDS:.0f} s by {_CONCURRENT} at once"
    )
    for name in (real.name, empty.name):
        report.durations(f"{name}, one by one", took[name])
        report.add(f"{name}: calls per second, median of the rounds", statistics.median(rates[name]), "/s")
        report.add(f"{name}: processor of the server for a call", statistics.median(used[name]), "ms")
    report.add(
        "calls per second of Decide by those of the empty handler, median of the rounds' ratios",
        statistics.median(ratios),
    )
    report.ratio(f"{real.name}, one by one", f"{empty.name}, one by one")
    report.add("permitted of 200 asked about", permitted)


def _child_index(issuer: Issuer) -> Any:
    """The metadata with which child-index asks; a token lives longer than a round."""
    token = issuer.service_token("child-index", "consents.decide")
    return bearer(token, ("kith-service-authorization", f"Bearer {token}"))


PART = Part(
    "consent",
    "How fast consent decides, beside a server that decides nothing",
    "consents",
    small=100_000,
    full=1_000_000,
    measure=measure,
)

if __name__ == "__main__":
    run(serve_empty())
