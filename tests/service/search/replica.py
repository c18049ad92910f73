"""A replica of search without its gRPC port: the parts that keep the index, run or one step at a time."""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from joserfc.jwk import ECKey
from opensearchpy import AsyncOpenSearch

from kith.childindex.v1 import projection_service_pb2
from kith.childindex.v1.projection_service_pb2_grpc import add_ProjectionServiceServicer_to_server
from services.chassis.caller import TokenVerifier
from services.chassis.channel import own_connect
from services.chassis.config import ServiceSettings
from services.chassis.database import Database
from services.chassis.kafka import KafkaSettings
from services.chassis.keyring import Keyring
from services.chassis.paging import PageTokens
from services.chassis.server import Server
from services.chassis.service_identity import ServiceIdentity
from services.child_index.projection_service import ProjectionService
from services.search.consumer import Projector
from services.search.generations_store import GenerationsStore
from services.search.keeper import Keeper
from services.search.neighbours import Source
from services.search.reconcile import Reconciler
from services.search.store import ChildrenIndex, IndexUnavailable, opensearch
from tests.service.chassis.issuer import Issuer
from tests.service.search.children import KEY_VERSION, Children


@dataclass
class Replica:
    """What `services.search.__main__` puts together."""

    client: AsyncOpenSearch
    index: ChildrenIndex
    generations: GenerationsStore
    source: Source
    keeper: Keeper
    projector: Projector
    reconciler: Reconciler

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the index and follow the changes, without a broker: they are asked for every second."""
        tasks = [asyncio.create_task(work()) for work in (self.keeper.run, self.projector.run)]
        try:
            yield
            for task in tasks:
                if task.done():
                    await task
        finally:
            for task in tasks:
                task.cancel()
            for task in tasks:
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def filled(self) -> str:
        """Look until there is an index in use; returns its name."""
        while True:
            await self.keeper.look()
            stored = await self.generations.load()
            if stored is not None and stored.value.live and not stored.value.next:
                return stored.value.live

    async def in_index(self) -> dict[str, int]:
        """The children that a search may find, with their versions."""
        await self.index.refresh()
        return {child_id: one.version for child_id, one in (await self.index.held("")).items()}

    async def agrees(self, children: Children) -> bool:
        """Fail unless the index has every child at its version, under its keys, and no other (G5)."""
        try:
            found = await self.in_index()
            named = {child_id: await self.named_by(children.keys[child_id]) for child_id in [*found][:5]}
        except IndexUnavailable:
            return False
        assert found == children.versions
        assert named == {child_id: [child_id] for child_id in named}
        return True

    async def named_by(self, keys: list[int]) -> list[str]:
        """The children that a search by these keys names."""
        weights: Mapping[int, int] = dict.fromkeys(keys, 1)
        (found,) = await self.index.candidates_of_many([weights])
        return [str(one.child_id) for one in found]


@asynccontextmanager
async def running_replica(
    url: str, child_index: str, issuer: Issuer, secret_version: str, folder: Path
) -> AsyncIterator[Replica]:
    """Put a replica together; it takes no step by itself."""
    key_file = folder / "service-search.json"
    if not key_file.exists():
        key = ECKey.generate_key("P-256", {"kid": "search-1"})
        key_file.write_text(json.dumps(key.as_dict(private=True)), encoding="utf-8")
    async with AsyncExitStack() as stack:
        identity = await stack.enter_async_context(ServiceIdentity("search", key_file, issuer.url))
        channel = await stack.enter_async_context(
            own_connect(child_index, projection_service_pb2.DESCRIPTOR, identity=identity)
        )
        client = await stack.enter_async_context(opensearch(url))
        index = ChildrenIndex(client, f"k1-s{secret_version}")
        generations, source = GenerationsStore(client, index.alias), Source(channel, KEY_VERSION)
        keeper = Keeper(index, generations, source, silent_seconds=1.0, unusable_seconds=2.0)
        projector = Projector(index, generations, source, keeper, KafkaSettings())
        reconciler = Reconciler(index, generations, source, settle_seconds=0.0)
        yield Replica(client, index, generations, source, keeper, projector, reconciler)


@asynccontextmanager
async def projection_server(pool: Database, issuer: Issuer) -> AsyncIterator[str]:
    """Serve the projections of a child index's database; gives the address."""
    keyring = Keyring({"page_token": "1"}, {"page_token": {"1": os.urandom(32)}})
    async with TokenVerifier(issuer.url) as verifier:
        server = Server(
            "child_index",
            ServiceSettings(local_mode=True),
            [(add_ProjectionServiceServicer_to_server, ProjectionService(pool, PageTokens(keyring)))],
            error_domain="childindex.kith",
            verifier=verifier,
        )
        await server.start()
        try:
            yield f"127.0.0.1:{server.port}"
        finally:
            await server.drain()
