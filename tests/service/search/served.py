"""The lookup path with a real OpenSearch in it, which a test can take away."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prometheus_client import REGISTRY

from services.search.store import Candidate
from tests.fixtures.postgres import ServiceDatabases
from tests.service.chassis.issuer import Issuer
from tests.service.search.lookup import Lookup, lookup
from tests.service.search.replica import Replica, projection_server, running_replica


class RealEngine:
    """What the search service is given as its index and as what keeps it in step; `forced` overrules the latter."""

    def __init__(self) -> None:
        self.replica: Replica | None = None
        self.forced: bool | None = None
        self.asked = 0

    @property
    def in_step(self) -> bool:
        """Whether the search service is to ask OpenSearch."""
        assert self.replica is not None
        return self.replica.projector.in_step if self.forced is None else self.forced

    async def candidates_of_many(self, questions: Sequence[Mapping[int, int]]) -> list[list[Candidate]]:
        """As the index answers."""
        assert self.replica is not None
        self.asked += 1
        return await self.replica.index.candidates_of_many(questions)


@dataclass
class Served:
    """A town that can be searched, the replica that keeps its index, and what stands between."""

    town: Lookup
    replica: Replica
    engine: RealEngine


def served_by(engine: str) -> float:
    """How many lookups an engine has served."""
    return REGISTRY.get_sample_value("kith_lookup_served_by_total", {"engine": engine}) or 0.0


@asynccontextmanager
async def served_town(
    service_database: ServiceDatabases, issuer: Issuer, url: str, secret_version: str, folder: Path
) -> AsyncIterator[Served]:
    """A town on a database of its own, with an index in the OpenSearch at `url`."""
    engine = RealEngine()
    stand_in: Any = engine
    async with (
        lookup(service_database, engine=stand_in, person_limit=100_000) as town,
        projection_server(town.database, issuer) as address,
        running_replica(url, address, issuer, secret_version, folder) as replica,
    ):
        engine.replica = replica
        yield Served(town, replica, engine)
