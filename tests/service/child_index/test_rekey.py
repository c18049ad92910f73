"""A new secret or key schema comes into use while children are registered and found (DESIGN 6; G1, G10)."""

import asyncio
import base64
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio

from kith.childindex.v1 import child_pb2
from services import matching
from services.chassis.errors import Unavailable
from services.chassis.keyring import Keyring
from services.chassis.seal import Sealer
from services.child_index import key_version_store, match_keys, projection_store, rekey
from services.child_index.key_versions import to_project
from services.child_index.match_keys import MatchKeys
from services.child_index.rekey import Rekeyer
from services.matching import KEY_SCHEMA
from tests.fixtures.eventually import eventually
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.service.child_index.index import USES, Index, agency, child, person, query, replica

SCHOOL, CLINIC, POLICE = agency(1), agency(2), agency(3)
CHILDREN = 12
SECRETS = {use: {version: os.urandom(32) for version in ("1", "2")} for use in USES}
NUMBERS = ("9434765919", "9434765870")


def keyring(*listed: str) -> Keyring:
    """The secrets of the index: `match` and `identifier` have these versions, the first one active."""
    rotated = {"match", "identifier"}
    active = {use: listed[0] if use in rotated else "1" for use in USES}
    kept = {use: {one: SECRETS[use][one] for one in (listed if use in rotated else ("1",))} for use in USES}
    return Keyring(active, kept)


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a dozen children are a long way, and nobody waits for replicas that are none."""
    monkeypatch.setattr(rekey, "_PAGE", 7)
    monkeypatch.setattr(rekey, "_AT_ONCE", 3)
    monkeypatch.setattr(rekey, "LOOKED_SECONDS", 0.0)
    monkeypatch.setattr("services.child_index.key_versions.LOOKED_SECONDS", 0.0)


@pytest_asyncio.fixture(loop_scope="session")
async def database(service_database: ServiceDatabases) -> ServiceDatabase:
    return await service_database("child_index")


Replicas = Callable[..., Awaitable[Index]]


@pytest_asyncio.fixture(loop_scope="session")
async def replica_with(database: ServiceDatabase) -> AsyncIterator[Replicas]:
    """Replicas of one index whose keyrings list what is said, the active one first."""
    async with AsyncExitStack() as stack:

        async def made(*listed: str) -> Index:
            return await stack.enter_async_context(replica(database.app_url_file, keyring(*listed)))

        yield made


def rekeyer(index: Index) -> Rekeyer:
    return Rekeyer(index.database, Sealer(index.keyring), MatchKeys(index.keyring))


def facts(number: int, **more: Any) -> child_pb2.Facts:
    """One child after the other, no two of them alike."""
    syllables = ("bra", "dol", "fen", "gup", "hask", "jor", "kel", "lim", "morv", "nys")
    family = "".join(syllables[int(digit)] for digit in f"{number * 7919 + 1000:05}").capitalize()
    return child("Ottilie", family, born=(2008 + number % 12, 1 + number % 12, 2 + number % 26), **more)


async def found(index: Index, one: child_pb2.Facts) -> list[UUID]:
    """The children that somebody finds who knows name and date of birth."""
    name, born = one.names[0], one.birth_date.date
    answer = await index.find(
        person(POLICE), query(name.given_name, name.family_name, (born.year, born.month, born.day))
    )
    return [index.internal(match.child_id, POLICE) for match in answer.matches]


async def filled(index: Index, count: int = CHILDREN) -> dict[UUID, child_pb2.Facts]:
    """Register children; returns them by their internal ids."""
    made = {}
    for number in range(count):
        one = facts(number)
        made[index.internal(await index.register(SCHOOL, one, f"local-{number}"), SCHOOL)] = one
    return made


async def all_are_found(index: Index, children: dict[UUID, child_pb2.Facts]) -> bool:
    for child_id, one in children.items():
        assert await found(index, one) == [child_id]
    return True


async def given(index: Index) -> int:
    """How many children's records have keys of the new secret."""
    (row,) = await index.rows(
        "SELECT count(DISTINCT child_id) AS given FROM source_record WHERE $1 = ANY(key_versions)", match("2")
    )
    number: int = row["given"]
    return number


async def versions_of_keys(index: Index) -> set[str]:
    rows = await index.rows("SELECT version FROM child_key UNION SELECT version FROM identifier")
    return {row["version"] for row in rows}


def match(secret: str) -> str:
    return f"k{KEY_SCHEMA}-s{secret}"


async def test_every_child_is_found_before_while_and_after_the_keys_are_made_anew(
    replica_with: Replicas,
) -> None:
    """Whatever is asked of whichever replica; and the same child registered again stays one (CI-16)."""
    old = await replica_with("1")
    children = await filled(old)
    new = await replica_with("2", "1")
    assert await all_are_found(new, children)
    in_order = sorted(children)
    # The child in the middle is kept from it, so that some have new keys and some have not.
    async with old.database.transaction() as connection:
        await connection.execute("SELECT FROM child WHERE id = $1 FOR NO KEY UPDATE", in_order[CHILDREN // 2])
        making = asyncio.create_task(rekeyer(new).make(lambda _: None))
        await eventually(lambda: given(old))
        for number, index in enumerate((old, new, new, old)):
            one = facts(CHILDREN + number)
            children[index.internal(await index.register(SCHOOL, one), SCHOOL)] = one
            for child_id in (in_order[0], in_order[-1]):
                again = await index.register(CLINIC, children[child_id])
                assert index.internal(again, CLINIC) == child_id
        assert await all_are_found(old, children)
        assert await all_are_found(new, children)
        assert 0 < await given(old) < len(children)
    await making
    assert await all_are_found(old, children)
    assert await all_are_found(new, children)
    assert await rekeyer(new).remove_old(lambda _: None)
    assert await versions_of_keys(new) == {match("2")}
    last = await replica_with("2")
    assert await all_are_found(last, children)
    for child_id, one in children.items():
        assert last.internal(await last.register(POLICE, one), POLICE) == child_id


async def test_a_nhs_number_joins_across_secrets(replica_with: Replicas) -> None:
    """Identifiers have a secret of their own, which rotates as well."""
    old = await replica_with("1")
    one = facts(1, alias="Quillfeather")
    one.nhs_number = NUMBERS[0]
    child_id = old.internal(await old.register(SCHOOL, one), SCHOOL)
    new = await replica_with("2", "1")
    assert new.internal(await new.register(CLINIC, one), CLINIC) == child_id
    await rekeyer(new).make(lambda _: None)
    await rekeyer(new).remove_old(lambda _: None)
    assert {row["version"] for row in await new.rows("SELECT version FROM identifier")} == {"i2"}
    last = await replica_with("2", "1")
    assert last.internal(await last.register(POLICE, one), POLICE) == child_id
    (row,) = await last.rows("SELECT count(*) AS children FROM child")
    assert row["children"] == 1


async def test_a_local_id_leads_to_its_child_under_either_secret(replica_with: Replicas) -> None:
    """Local ids are not kept, so they are hashed anew when their agency sends them again."""
    old = await replica_with("1")
    child_id = old.internal(await old.register(SCHOOL, facts(1), "A1"), SCHOOL)
    new = await replica_with("2", "1")
    moved = facts(2)
    assert new.internal(await new.register(SCHOOL, moved, "A1"), SCHOOL) == child_id
    await rekeyer(new).make(lambda _: None)
    await rekeyer(new).remove_old(lambda _: None)
    last = await replica_with("2")
    assert last.internal(await last.register(SCHOOL, moved, "A1"), SCHOOL) == child_id
    (row,) = await last.rows("SELECT count(*) AS records FROM source_record")
    assert row["records"] == 1


async def test_what_a_shield_hides_stays_hidden_under_the_new_secret(replica_with: Replicas) -> None:
    """Keys of a shielded child are visible if its visible facts make them, whatever version they are of."""
    old = await replica_with("1")
    hidden = facts(1, alias="Quillfeather", postcode="ZY9 4AA")
    child_id = await old.register(SCHOOL, hidden)
    await old.shield(person(SCHOOL), child_id)
    new = await replica_with("2", "1")
    await rekeyer(new).make(lambda _: None)
    await rekeyer(new).remove_old(lambda _: None)
    internal = new.internal(child_id, SCHOOL)
    assert await found(new, hidden) == [internal]
    by_what_is_hidden = query("Ottilie", "Quillfeather", postcode="ZY9 4AA")
    assert not (await new.find(person(POLICE), by_what_is_hidden)).matches
    (row,) = await new.rows("SELECT count(*) AS hidden FROM child_key WHERE NOT visible")
    assert row["hidden"]


async def test_g10_nobody_is_looked_up_by_keys_that_not_all_have(replica_with: Replicas) -> None:
    """A replica that knows the new secret alone says so, until the keys are made: never a short list."""
    old = await replica_with("1")
    await filled(old, 3)
    hasty = await replica_with("2")
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await found(hasty, facts(1))
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await hasty.register(CLINIC, facts(50))
    assert await found(old, facts(50)) == []


async def test_one_that_does_not_know_the_new_secret_may_write_until_all_have_it(
    replica_with: Replicas,
) -> None:
    """What it writes on the way is caught up with; afterwards it would leave children that nobody finds."""
    old = await replica_with("1")
    children = await filled(old, 12)
    new = await replica_with("2", "1")
    seen = 0

    async def in_between() -> None:
        one = facts(60)
        children[old.internal(await old.register(CLINIC, one), CLINIC)] = one
        child_id = next(iter(children))
        await old.register(SCHOOL, children[child_id], "local-0")

    tasks = []

    def progress(count: int) -> None:
        nonlocal seen
        if not seen:
            tasks.append(asyncio.create_task(in_between()))
        seen += count

    await rekeyer(new).make(progress)
    await asyncio.gather(*tasks, return_exceptions=True)
    await rekeyer(new).make(lambda _: None)
    assert await all_are_found(new, children)
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await old.register(CLINIC, facts(61))
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await old.shield(person(SCHOOL), old.outward(next(iter(children)), SCHOOL))
    assert await all_are_found(old, children)


async def test_the_projection_is_of_the_version_asked_for_and_whole(replica_with: Replicas) -> None:
    """So no index is filled from half a key table, and one of the old secret does not drift."""
    old = await replica_with("1")
    children = await filled(old, 5)
    new = await replica_with("2", "1")
    before = await projected(new, match("1"))
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await projected(new, match("2"))
    await rekeyer(new).make(lambda _: None)
    assert await projected(new, match("1")) == before
    after = await projected(new, match("2"))
    assert after.keys() == before.keys() == {str(one) for one in children}
    assert not {key for keys in after.values() for key in keys} & {
        key for keys in before.values() for key in keys
    }
    await rekeyer(new).remove_old(lambda _: None)
    assert await projected(new, match("2")) == after
    with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
        await projected(new, match("1"))


async def projected(index: Index, version: str) -> dict[str, list[int]]:
    """The visible keys of all children as search gets them."""
    async with index.database.connection() as connection:
        versions = await to_project(connection, version)
        rows = await projection_store.projections_after(
            connection, *projection_store.id_range(""), 1000, versions
        )
    return {str(row["child_id"]): row["keys"] or [] for row in rows}


async def test_a_new_key_schema_under_the_same_secret(
    replica_with: Replicas, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that both schemas have are the same hashes; each release finds by its own until the new one is complete."""
    old = await replica_with("1")
    children = await filled(old, 12)
    document_keys = matching.document_keys

    def with_another(features: Any) -> frozenset[str]:
        made = sorted(document_keys(features))
        return frozenset([*made[1:], f"another {made[0]}"])

    with monkeypatch.context() as next_release:
        next_release.setattr(match_keys, "KEY_SCHEMA", KEY_SCHEMA + 1)
        next_release.setattr(match_keys, "document_keys", with_another)
        next_release.setattr("services.search.projection.KEY_SCHEMA", KEY_SCHEMA + 1)
        new = await replica_with("1")
        with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
            await found(new, facts(1))
        task = rekeyer(new)
        async with new.database.transaction() as connection:
            await key_version_store.begin(connection, [f"k{KEY_SCHEMA + 1}-s1"])
        assert await all_are_found(old, children)
        await task.make(lambda _: None)
        assert await all_are_found(new, children)
        with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
            await old.register(CLINIC, facts(70))
        with pytest.raises(Unavailable, match="KEYS_NOT_MADE"):
            await found(old, facts(1))
        await task.remove_old(lambda _: None)
        assert await versions_of_keys(new) == {f"k{KEY_SCHEMA + 1}-s1"}
        assert await all_are_found(new, children)


async def test_the_first_child_of_an_index_needs_nobody_to_make_keys(replica_with: Replicas) -> None:
    index = await replica_with("2", "1")
    assert await found(index, facts(1)) == []
    children = await filled(index, 2)
    assert await all_are_found(index, children)
    assert await projected(index, match("2"))


def command(
    database: ServiceDatabase, folder: Path, listed: Sequence[str]
) -> tuple[list[str], dict[str, str]]:
    """The command as an operator runs it, and its settings."""
    stored = {
        use: {
            "active": listed[0] if use in {"match", "identifier"} else "1",
            "keys": {one: base64.urlsafe_b64encode(SECRETS[use][one]).decode() for one in ("1", "2")},
        }
        for use in USES
    }
    keyring_file = folder / "keyring.json"
    keyring_file.write_text(json.dumps(stored), encoding="utf-8")
    nowhere = "127.0.0.1:9"
    settings = {
        "KITH_LOCAL_MODE": "1",
        "KITH_ISSUER": f"http://{nowhere}",
        "KITH_SERVICE_KEY_FILE": str(folder / "none"),
        "KITH_KEYRING_FILE": str(keyring_file),
        "KITH_DATABASE_URL_FILE": str(database.app_url_file),
        "KITH_DIRECTORY_ADDRESS": nowhere,
        "KITH_CONSENT_ADDRESS": nowhere,
        "KITH_AUDIT_ADDRESS": nowhere,
    }
    return [sys.executable, "-m", "services.child_index.rekey"], {**os.environ, **settings}


async def ran(arguments: Sequence[str], settings: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *arguments, env=settings, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    return said.decode()


async def test_killed_in_the_middle_it_goes_on_when_it_is_started_again(
    replica_with: Replicas, database: ServiceDatabase, tmp_path: Path
) -> None:
    """By kill -9: nobody is lost meanwhile, nothing is done twice, and no fact of a child is printed (G7)."""
    old = await replica_with("1")
    children = await filled(old, 60)
    arguments, settings = command(database, tmp_path, ("2", "1"))
    said = await ran([*arguments, "--dry-run"], settings)
    assert f"{match('2')}: 0 of 60 records, not complete, active" in said
    assert await versions_of_keys(old) == {match("1")}

    # The child in the middle is kept from it, so that it stops there however fast it is.
    middle = sorted(children)[55]
    async with old.database.transaction() as connection:
        await connection.execute("SELECT FROM child WHERE id = $1 FOR UPDATE", middle)
        process = await asyncio.create_subprocess_exec(
            *arguments, env=settings, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        half = await eventually(lambda: given(old))
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert 0 < half < len(children)
    new = await replica_with("2", "1")
    assert await all_are_found(new, children)
    said = await ran([*arguments, "--remove-old"], settings)
    assert f"{match('2')}: 60 of 60 records, complete, active" in said
    assert "60 local ids are known by i1" in said
    assert not [one for one in children.values() if one.names[0].family_name.lower() in said.lower()]
    assert await versions_of_keys(new) == {match("2")}
    assert await all_are_found(await replica_with("2"), children)
