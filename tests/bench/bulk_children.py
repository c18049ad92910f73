"""Fills a child index with very many children, past its API: for measurements at 100,000 to 1,000,000 and more.

    python -m tests.bench.bulk_children --home FOLDER --children 1000000

What lies in the tables afterwards is what registrations would have left: facts sealed under a data key of each child,
hashed keys and identifiers, all made by the package's own code. Only the deciding is left out: the source says which
rows are of one child. There are no events, so a search engine is filled from `ListProjections`.

Two processes make and copy a part each. The indexes of the keys are made once at the end.
"""

import argparse
import asyncio
import multiprocessing
import struct
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID, uuid4

import asyncpg
from google.type import date_pb2

from deploy.demo.child_requests import facts
from deploy.demo.town import generate
from deploy.local.postgres import dsn
from deploy.local.postgres_server import SUPERUSER
from kith.childindex.v1 import child_pb2
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.child_index.facts import describe
from services.child_index.match_keys import MatchKeys
from services.matching import load_model, prepare
from tests.bench.matching.england.children import households
from tests.bench.matching.england.copies import Copyist
from tests.bench.matching.england.names import Names
from tests.bench.matching.england.postcodes import Postcodes

Source = Callable[[int], Iterator[Iterable[child_pb2.Facts]]]
"""Gives the records of one child after the other, without end or as many as there are; another part for each number."""

PARTS: Final = 2
_BATCH: Final = 2_000
_ORGANISATIONS: Final = [UUID(int=(0xB0C << 96) | (4 << 76) | (8 << 60) | n) for n in range(40)]
_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END: Final = struct.pack(">h", -1)
_CHILD: Final = struct.Struct(">hi16siqi")
_RECORD: Final = struct.Struct(">hi16si16si16si16si")
_KEY: Final = struct.Struct(">hiqi16si16si?")
_IDENTIFIER: Final = struct.Struct(">hi16si16si16s")
_TEXTS: Final = struct.Struct(">iiiii")
_TEXT_OID: Final = 25
_COLUMNS: Final = {
    "child": ("id", "version", "wrapped_key"),
    "source_record": (
        "id",
        "child_id",
        "organisation_id",
        "local_key_hash",
        "sealed_facts",
        "model_version",
        "local_key_version",
        "key_versions",
    ),
    "child_key": ("key", "source_record_id", "child_id", "visible", "version"),
    "identifier": ("hash", "source_record_id", "child_id", "version"),
}
_GENDERS: Final = {"female": child_pb2.Facts.GENDER_FEMALE, "male": child_pb2.Facts.GENDER_MALE}
_FILLED_AT_THE_END: Final = ("child_key", "identifier")


def town_children(part: int, *, size: int, seed: int = 1) -> Iterator[Iterable[child_pb2.Facts]]:
    """The children of the demo's town, each with the rows of all its agencies; a town of its own for each part."""
    rows = generate(size, seed * PARTS + part).rows()
    for _, of_child in groupby(rows, key=lambda row: row.truth_id):
        yield map(facts, of_child)


def england_children(
    part: int, *, size: int, seed: int = 31, shared: Path | None = None
) -> Iterator[Iterable[child_pb2.Facts]]:
    """Children of the whole country, each with one record; `shared` has further name lists, if there are any."""
    chance = Random(f"{seed}:{part}")
    postcodes = Postcodes(size, Random(seed))
    copyist = Copyist(postcodes, {}, chance)
    for home in households(Names(shared), postcodes, chance):
        for child in home.children:
            yield (_facts(copyist.copy(child, home)),)


def _facts(row: Mapping[str, str | None]) -> child_pb2.Facts:
    """A row of synthetic England as an agency's system would send it."""
    year, month, day = (int(part) for part in (row["birth_date"] or "0-0-0").split("-"))
    return child_pb2.Facts(
        names=[
            child_pb2.Name(
                given_name=row["given_name"] or "",
                family_name=row["family_name"] or "",
                other_given_names=row["other_names"] or "",
            )
        ],
        birth_date=child_pb2.BirthDate(date=date_pb2.Date(year=year, month=month, day=day)),
        gender=_GENDERS.get(row["gender"] or "", child_pb2.Facts.GENDER_UNSPECIFIED),
        addresses=[child_pb2.Address(postcode=row["postcode"])] if row["postcode"] else [],
    )


SOURCES: Final = {"town": town_children, "england": england_children}


@dataclass(frozen=True, slots=True)
class Filled:
    """How much was written, and how long it took: copying, then the indexes."""

    children: int
    records: int
    copy_seconds: float
    index_seconds: float


def fill(address: str, keyring_file: Path, source: Source, children: int) -> Filled:
    """Write `children` children of the source to the child index at `address`, a superuser's DSN."""
    began = time.perf_counter()
    indexes = asyncio.run(_without_indexes(address))
    shares = [children // PARTS + (part < children % PARTS) for part in range(PARTS)]
    with multiprocessing.get_context("spawn").Pool(PARTS) as pool:
        work = [(address, keyring_file, source, part, share) for part, share in enumerate(shares)]
        records = sum(pool.starmap(_fill_part, work))
    copied = time.perf_counter()
    asyncio.run(_with_indexes(address, indexes))
    return Filled(children, records, copied - began, time.perf_counter() - copied)


class _Rows:
    """Rows of the four tables in the form that COPY reads."""

    def __init__(self, keyring: Keyring) -> None:
        self._sealer = Sealer(keyring)
        self._keys = MatchKeys(keyring)
        # What stands at the end of every record.
        versions = self._keys.versions
        self._decided = b"".join(
            (
                _text(load_model().model_version),
                _text(self._keys.identifier_version),
                _field(_TEXTS.pack(1, 0, _TEXT_OID, len(versions), 1) + b"".join(map(_text, versions))),
            )
        )
        self.parts: dict[str, list[bytes]] = {table: [] for table in _COLUMNS}
        self.records = 0

    @property
    def key_versions(self) -> tuple[str, ...]:
        """The versions of which every record has its keys."""
        return self._keys.versions

    def add(self, records: Iterable[child_pb2.Facts]) -> None:
        """Add a child with its records."""
        child_id = uuid4()
        wrapped = self._sealer.new_data_key(child_id)
        head = _CHILD.pack(3, 16, child_id.bytes, 8, 1, len(wrapped))
        self.parts["child"].append(head + wrapped)
        for one in records:
            record_id = uuid4()
            sealed = self._sealer.seal(wrapped, record_id, child_id, one.SerializeToString())
            self._add_record(child_id, record_id, sealed, one)

    def _add_record(self, child_id: UUID, record_id: UUID, sealed: bytes, record: child_pb2.Facts) -> None:
        organisation = _ORGANISATIONS[self.records % len(_ORGANISATIONS)]
        local = self._keys.local_key(str(organisation), "bulk", record_id.hex)[0]
        ids = (16, record_id.bytes, 16, child_id.bytes)
        self.parts["source_record"] += (
            _RECORD.pack(8, *ids, 16, organisation.bytes, 16, local, len(sealed)),
            sealed,
            self._decided,
        )
        keys = self._keys.stored(prepare(describe(record)))
        self.parts["child_key"] += [
            _KEY.pack(5, 8, key, *ids, 1, True) + _text(version) for key, version in keys.items()
        ]
        self.parts["identifier"] += [
            _IDENTIFIER.pack(4, 16, hash_, *ids) + _text(version)
            for hash_, version in self._keys.identifiers(record).items()
        ]
        self.records += 1


def _field(value: bytes) -> bytes:
    return struct.pack(">i", len(value)) + value


def _text(value: str) -> bytes:
    return _field(value.encode())


def _fill_part(address: str, keyring_file: Path, source: Source, part: int, children: int) -> int:
    """Write a part; returns the number of records."""
    return asyncio.run(_copy(address, _Rows(Keyring.load(keyring_file)), islice(source(part), children)))


async def _copy(address: str, rows: _Rows, children: Iterable[Iterable[child_pb2.Facts]]) -> int:
    connection = await asyncpg.connect(address)
    try:
        # Nobody else is in the database, and what refers to what is right by construction.
        await connection.execute("SET session_replication_role = replica")
        await connection.execute("SET synchronous_commit = off")
        await connection.execute(_VERSIONS, rows.key_versions)
        for number, child in enumerate(children, 1):
            rows.add(child)
            if number % _BATCH == 0:
                await _send(connection, rows)
        await _send(connection, rows)
    finally:
        await connection.close()
    return rows.records


async def _send(connection: "asyncpg.Connection[asyncpg.Record]", rows: _Rows) -> None:
    for table, parts in rows.parts.items():
        body = _whole(_SIGNATURE + b"".join(parts) + _END)
        await connection.copy_to_table(table, source=body, columns=_COLUMNS[table], format="binary")
        parts.clear()


async def _whole(body: bytes) -> AsyncIterator[bytes]:
    yield body


async def _without_indexes(address: str) -> list[str]:
    """Drop what would be brought up to date for every row; returns the statements that make it again."""
    connection = await asyncpg.connect(address)
    try:
        constraints = await connection.fetch(_PRIMARY_KEYS, _FILLED_AT_THE_END)
        made_again = []
        for row in constraints:
            # Names from the catalogue, not of anyone's choosing.
            await connection.execute(f"ALTER TABLE {row['owner']} DROP CONSTRAINT {row['name']}")
            made_again.append(f"ALTER TABLE {row['owner']} ADD CONSTRAINT {row['name']} {row['made']}")
        for row in await connection.fetch(_INDEXES, _FILLED_AT_THE_END):
            await connection.execute(f"DROP INDEX {row['name']}")
            made_again.append(row["made"])
        return made_again
    finally:
        await connection.close()


async def _with_indexes(address: str, statements: Iterable[str]) -> None:
    connection = await asyncpg.connect(address)
    try:
        await connection.execute("SET maintenance_work_mem = '512MB'")
        for statement in statements:
            await connection.execute(statement)
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


_VERSIONS = """
INSERT INTO key_version (version, complete) SELECT version, true FROM unnest($1::text[]) AS v (version)
    ON CONFLICT DO NOTHING
"""

_PRIMARY_KEYS = """
SELECT c.conrelid::regclass::text AS owner, quote_ident(c.conname) AS name, pg_get_constraintdef(c.oid) AS made
  FROM pg_constraint AS c
 WHERE c.contype = 'p' AND c.conrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) AS t)
"""

_INDEXES = """
SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS made
  FROM pg_index AS i
 WHERE i.indrelid = ANY(SELECT t::regclass FROM unnest($1::text[]) AS t)
"""


def main() -> None:
    """Fill the child index of a fleet's state folder."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bulk_children", description=__doc__)
    parser.add_argument("--home", type=Path, required=True, help="state folder of a fleet that runs")
    parser.add_argument("--children", type=int, default=100_000, help="how many (default: %(default)s)")
    parser.add_argument("--source", choices=sorted(SOURCES), default="town", help="default: %(default)s")
    options = parser.parse_args()
    filled = fill(
        dsn(options.home / "postgres", "kith_child_index", SUPERUSER),
        options.home / "secrets" / "child_index.keyring.json",
        partial(SOURCES[options.source], size=options.children),
        options.children,
    )
    seconds = filled.copy_seconds + filled.index_seconds
    print(
        f"{filled.children:,} children with {filled.records:,} records:"
        f" {filled.copy_seconds:.1f} s, indexes {filled.index_seconds:.1f} s,"
        f" {filled.children / seconds:,.0f} children/s, {filled.records / seconds:,.0f} records/s"
    )


if __name__ == "__main__":
    main()
