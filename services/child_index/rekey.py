"""`python -m services.child_index.rekey` gives every record keys of the versions that are active now.

After the secret `match` or `identifier` got a new version in the keyring, or with a release that has a new key schema.
Writes and look-ups go on; what is done stays done, so a run that was cut off is simply started again. With --remove-old
it then takes away the keys of other versions, once nobody asks by them any more.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Final
from uuid import UUID

from tqdm import tqdm

from services.chassis import access, database, telemetry
from services.chassis.config import load
from services.chassis.database import Database
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.chassis.server import run
from services.child_index import key_version_store as versions_store
from services.child_index import store
from services.child_index.child_keys import key_rows
from services.child_index.config import Config
from services.child_index.disclosure import SERVICE
from services.child_index.key_versions import LOOKED_SECONDS, same_secret
from services.child_index.match_keys import MatchKeys
from services.child_index.opened import open_in_full

_PAGE: Final = 2000
_AT_ONCE: Final = 50
"""Children in a transaction: those who register one of them, and whoever follows the changes, wait for as long."""
_SETTINGS: Final = {"statement_timeout": "120s"}

Progress = Callable[[int], object]


class Rekeyer:
    """Makes and removes keys, some children at a time."""

    def __init__(self, pool: Database, sealer: Sealer, keys: MatchKeys) -> None:
        self._pool = pool
        self._sealer = sealer
        self._keys = keys
        # Keys are made of facts, and nobody asks: nothing of them goes anywhere but into their own hashes.
        self._decision = access.own_work(SERVICE, "rekey")

    async def make(self, progress: Progress) -> None:
        """Give every record its keys of the active versions. `progress` is told of children done."""
        wanted = self._keys.active
        async with self._pool.transaction() as connection:
            await versions_store.begin(connection, wanted)
            shared_with = same_secret(wanted[0], await versions_store.known(connection))
        while True:
            async for children in self._children(wanted):
                lacking = [child_id for child_id, lacks in children if lacks]
                for some in _portions(lacking):
                    await self._give(some, wanted, shared_with)
                progress(len(children))
            async with self._pool.transaction() as connection:
                await store.lock_shields(connection)
                # A replica that does not know them yet may have written meanwhile: those once more.
                if await versions_store.complete(connection, wanted, self._keys.versions):
                    return

    async def remove_old(self, progress: Progress) -> bool:
        """Take away the keys of all versions but the active ones; False if those are not complete."""
        kept = self._keys.active
        async with self._pool.transaction() as connection:
            await store.lock_shields(connection)
            known = await versions_store.known(connection)
            if not all(known.get(version) for version in kept):
                return False
            await versions_store.end_others(connection, kept)
        # By then every replica has noticed.
        await asyncio.sleep(2 * LOOKED_SECONDS)
        async for children in self._children(kept):
            for some in _portions([child_id for child_id, _ in children]):
                async with self._pool.transaction() as connection:
                    await versions_store.lock_children(connection, some)
                    await versions_store.remove_others(connection, some, kept)
            progress(len(children))
        return True

    async def _children(self, versions: Sequence[str]) -> AsyncIterator[list[tuple[UUID, bool]]]:
        """All children, page by page, and whether they lack keys of these versions."""
        after = UUID(int=0)
        while True:
            async with self._pool.connection() as connection:
                page = await versions_store.children_after(connection, after, versions, _PAGE)
            if not page:
                return
            yield page
            after = page[-1][0]

    async def _give(
        self, child_ids: Sequence[UUID], wanted: Sequence[str], shared_with: Sequence[str]
    ) -> None:
        async with self._pool.transaction() as connection:
            await versions_store.lock_children(connection, child_ids)
            sealed = await versions_store.records_of(connection, child_ids)
            known = open_in_full(self._sealer, sealed, self._decision)
            rows = [row for child in known for row in key_rows(child, self._keys) if row.version in wanted]
            identifiers = [
                (hash_, one.record_id, child.child_id, version)
                for child in known
                for one in child.records
                for hash_, version in self._keys.identifiers(one.record.facts).items()
                if version in wanted
            ]
            record_ids = [one.record_id for child in known for one in child.records]
            await versions_store.add(connection, rows, identifiers, record_ids, wanted, shared_with)


def _portions(child_ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    return [child_ids[start : start + _AT_ONCE] for start in range(0, len(child_ids), _AT_ONCE)]


async def _report(pool: Database, keys: MatchKeys) -> None:
    async with pool.connection() as connection:
        known = await versions_store.known(connection)
        records = await versions_store.records_with(connection)
        local = await versions_store.local_keys_with(connection)
    total = sum(local.values())
    for version in sorted({*known, *records, *keys.active}):
        state = "complete" if known.get(version) else "not complete"
        active = ", active" if version in keys.active else ""
        _say(f"{version}: {records.get(version, 0):,} of {total:,} records, {state}{active}")
    for version, number in sorted(local.items()):
        if version != keys.identifier_version:
            _say(
                f"{number:,} local ids are known by {version} until their agencies send them again: keep its secret"
            )


async def _command(config: Config, *, dry_run: bool, remove_old: bool) -> None:
    telemetry.start(SERVICE, config)
    keyring = Keyring.load(config.keyring_file)
    keys = MatchKeys(keyring)
    async with database.pool(
        config.database_url_file, name=f"{SERVICE}-rekey", max_size=2, settings=_SETTINGS
    ) as pool:
        if not dry_run:
            rekeyer = Rekeyer(pool, Sealer(keyring), keys)
            async with pool.connection() as connection:
                about = await versions_store.count_children(connection)
            with tqdm(total=about, unit=" children", desc="keys made") as bar:
                await rekeyer.make(bar.update)
            if remove_old:
                with tqdm(total=about, unit=" children", desc="old keys removed") as bar:
                    await rekeyer.remove_old(bar.update)
        await _report(pool, keys)


def _say(line: str) -> None:
    print(line)  # noqa: T201 - a command line talks to a person


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m services.child_index.rekey", description=__doc__)
    parser.add_argument("--dry-run", action="store_true", help="say how far it is and change nothing")
    parser.add_argument(
        "--remove-old", action="store_true", help="take away the keys of other versions afterwards"
    )
    options = parser.parse_args()
    run(_command(load(Config), dry_run=options.dry_run, remove_old=options.remove_old))
