"""The index and what it is made from, put together from the settings: for the service and for what is run by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from kith.childindex.v1 import projection_service_pb2
from services.chassis.channel import own_connect
from services.chassis.keyring import Keyring
from services.chassis.service_identity import ServiceIdentity
from services.matching import KEY_SCHEMA
from services.search import documents
from services.search.config import Config
from services.search.generations_store import GenerationsStore
from services.search.neighbours import Source
from services.search.store import ChildrenIndex, opensearch


@dataclass(frozen=True, slots=True)
class Projection:
    """The index, which of its generations is in use, and the children that it is made from."""

    index: ChildrenIndex
    generations: GenerationsStore
    source: Source


def key_version(keyring: Keyring) -> str:
    """Which keys this release makes with the secret that is active."""
    version, _ = keyring.active("match")
    return documents.key_version(KEY_SCHEMA, version)


@asynccontextmanager
async def projection(
    config: Config, keyring: Keyring, identity: ServiceIdentity
) -> AsyncIterator[Projection]:
    """Open what is needed, and close it at the end. Raises BadSettings without the address of OpenSearch."""
    made_of = key_version(keyring)
    async with (
        own_connect(
            config.child_index_address, projection_service_pb2.DESCRIPTOR, identity=identity
        ) as channel,
        opensearch(config.needed_opensearch_url()) as client,
    ):
        index = ChildrenIndex(client, made_of)
        yield Projection(index, GenerationsStore(client, index.alias), Source(channel, made_of))
