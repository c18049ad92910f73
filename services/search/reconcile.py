"""Compares the index with the child index and mends what differs (G5; R12).

By itself every few minutes, and `python -m services.search.reconcile [--keys]` by hand. First the numbers of children
and the sums of their check numbers in 4,096 ranges of ids, one query on each side: in a range that agrees no child is
missing, stale, surplus or newer. Ranges that differ are read on both sides; what differs there is looked at once more
after a pause, since changes go on meanwhile. With `keys` every range is read, and the keys compared as well.
"""

import argparse
import asyncio
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from kith.childindex.v1 import projection_service_pb2
from services.chassis import telemetry
from services.chassis.config import load
from services.chassis.keyring import Keyring
from services.chassis.server import run
from services.chassis.service_identity import ServiceIdentity
from services.chassis.telemetry import describe, log
from services.chassis.tls import Certificates
from services.search import documents, metrics
from services.search.config import Config
from services.search.generations_store import GenerationsStore
from services.search.neighbours import MOST_IDS, Source
from services.search.projection import projection
from services.search.store import ChildrenIndex

_SETTLE_SECONDS: Final = 3.0
"""What was on its way when it was compared has arrived by then."""
_KEPT_MILLISECONDS: Final = 24 * 60 * 60 * 1000
_FIRST_SECONDS: Final = 10.0
_CHILDREN_IN_RANGE: Final = 4000
_MOST_DIGITS: Final = 3


@dataclass
class Drift:
    """The children that differed, by their internal ids."""

    missing: list[str] = field(default_factory=list)
    """The index did not have them."""
    stale: list[str] = field(default_factory=list)
    """It had an older version, or other keys."""
    surplus: list[str] = field(default_factory=list)
    """The child index does not have them."""
    newer: list[str] = field(default_factory=list)
    """The index had a version that the child index has not reached: it was restored from a backup."""

    @property
    def counts(self) -> dict[str, int]:
        """How many of each kind."""
        return {kind: len(found) for kind, found in vars(self).items()}


class NotComparable(Exception):
    """There is no index in use, or the next one is being filled: compare later."""


class Reconciler:
    """Compares and mends."""

    def __init__(
        self,
        index: ChildrenIndex,
        generations: GenerationsStore,
        source: Source,
        *,
        settle_seconds: float = _SETTLE_SECONDS,
    ) -> None:
        self._index = index
        self._generations = generations
        self._source = source
        self._settle_seconds = settle_seconds

    async def run(self, every_seconds: int, keys_every_seconds: int) -> None:
        """Compare until cancelled, and with keys more rarely; the times are spread, so that replicas take turns."""
        last_with_keys = time.monotonic()
        pause = _FIRST_SECONDS
        while True:
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - nothing to guess
            pause = every_seconds
            keys = time.monotonic() - last_with_keys > keys_every_seconds
            try:
                await self.reconcile(keys=keys)
            except NotComparable:
                pause = _FIRST_SECONDS
            except Exception as error:  # noqa: BLE001 - a call or OpenSearch: whatever it is, it is tried again
                metrics.PROJECTION_COMPARED.labels(outcome="failed").inc()
                log.warning("could not compare with the child index, will try again", **describe(error))
            else:
                if keys:
                    last_with_keys = time.monotonic()

    async def reconcile(self, *, keys: bool = False) -> Drift:
        """Compare, mend and report. Raises NotComparable, IndexUnavailable, and what a call raises."""
        stored = await self._generations.load()
        if stored is None or not stored.value.live or stored.value.next:
            raise NotComparable
        live = stored.value.live
        drift = await self._settled(await self._suspects(keys=keys), keys=keys)
        await self._mend(drift, live)
        await self._sweep(live)
        for kind, count in drift.counts.items():
            metrics.PROJECTION_DRIFT.labels(kind=kind).set(count)
            if count:
                log.warning("the index differed from the child index", reason=kind, count=count, index=live)
        outcome = "differed" if any(drift.counts.values()) else "agreed"
        metrics.PROJECTION_COMPARED.labels(outcome=outcome).inc()
        return drift

    async def _suspects(self, *, keys: bool) -> list[str]:
        """Children that differ at a glance."""
        await self._index.refresh()
        held_sums = await self._index.summaries()
        sums = await self._source.summaries()
        if keys:
            prefixes = _ranges(max(_children(held_sums), _children(sums)))
        else:
            differing = {number for number, _ in held_sums.items() ^ sums.items()}
            prefixes = [f"{number:03x}" for number in sorted(differing)]
        suspects: list[str] = []
        for prefix in prefixes:
            held = {
                child_id: (one.version, one.keys_hash if keys else 0)
                for child_id, one in (await self._index.held(prefix)).items()
            }
            wanted = {
                one.child_id: (one.version, documents.keys_hash(one.key_hashes) if keys else 0)
                for one in await self._source.beginning_with(prefix)
            }
            suspects += [
                child_id
                for child_id in held.keys() | wanted.keys()
                if held.get(child_id) != wanted.get(child_id)
            ]
        return sorted(suspects)

    async def _settled(self, suspects: list[str], *, keys: bool) -> Drift:
        """Those of the suspects that differ still."""
        drift = Drift()
        if not suspects:
            return drift
        await asyncio.sleep(self._settle_seconds)
        await self._index.refresh()
        for ids in _portions(suspects):
            # The index first: what the child index says afterwards can only be as new or newer.
            versions = await self._index.versions(ids)
            hashes = await self._index.keys_hashes(ids) if keys else {}
            wanted = {one.child_id: one for one in await self._source.projections(ids)}
            for child_id in ids:
                held, found = versions.get(child_id), wanted.get(child_id)
                if found is None:
                    if held is not None:
                        drift.surplus.append(child_id)
                elif held is None:
                    drift.missing.append(child_id)
                elif held > found.version:
                    drift.newer.append(child_id)
                elif held < found.version or (
                    keys and hashes.get(child_id) != documents.keys_hash(found.key_hashes)
                ):
                    drift.stale.append(child_id)
        return drift

    async def _mend(self, drift: Drift, live: str) -> None:
        for ids in _portions([*drift.missing, *drift.stale]):
            await self._index.write(await self._source.projections(ids), [live])
        for ids in _portions(drift.surplus):
            await self._index.hide_surplus(await self._index.versions(ids), live)
        if drift.newer:
            # No write takes a document back, so a new index has to be made, and the changes followed anew.
            stored = await self._generations.load()
            if stored is not None and stored.value.live == live:
                metrics.PROJECTION_REBUILDS.labels(reason="ahead").inc()
                await self._generations.request(stored, ahead=True)

    async def _sweep(self, live: str) -> None:
        """Delete what has been hidden as surplus for a day, or write it if the child index has it after all."""
        held = await self._index.surplus_before(int(time.time() * 1000) - _KEPT_MILLISECONDS, MOST_IDS)
        back = await self._source.projections(sorted(held)) if held else []
        await self._index.write(back, [live])
        await self._index.remove(
            {child_id: version for child_id, version in held.items() if child_id not in _ids(back)}, live
        )


def _children(sums: Mapping[int, tuple[int, int]]) -> int:
    return sum(count for count, _ in sums.values())


def _ranges(children: int) -> list[str]:
    """Beginnings of ids that together are all, with some thousand children each."""
    digits = 1
    while digits < _MOST_DIGITS and children > _CHILDREN_IN_RANGE * 16**digits:
        digits += 1
    return [f"{number:0{digits}x}" for number in range(16**digits)]


def _ids(projections: Sequence[projection_service_pb2.Projection]) -> set[str]:
    return {one.child_id for one in projections}


def _portions(ids: Sequence[str]) -> Iterator[list[str]]:
    rest = iter(ids)
    while portion := list(islice(rest, MOST_IDS)):
        yield portion


async def _command(config: Config, *, keys: bool) -> None:
    """Compare once; what differed is in the log."""
    telemetry.start("search", config)
    async with (
        ServiceIdentity(
            "search", config.service_key_file, config.issuer, Certificates.of(config)
        ) as identity,
        projection(config, Keyring.load(config.keyring_file), identity) as made,
    ):
        drift = await Reconciler(made.index, made.generations, made.source).reconcile(keys=keys)
        log.info("compared with the child index", count=sum(drift.counts.values()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.search.reconcile", description=__doc__)
    parser.add_argument("--keys", action="store_true", help="compare the keys of every child too")
    run(_command(load(Config), keys=parser.parse_args().keys))
