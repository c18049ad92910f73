"""Nothing of a child can be read in what OpenSearch has on its disk or in a snapshot of it (DESIGN 5 no. 4; G7)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from kith.childindex.v1 import child_pb2
from tests.e2e.canary_scan import Canaries
from tests.fixtures.eventually import eventually
from tests.fixtures.opensearch import OpenSearch
from tests.fixtures.postgres import ServiceDatabases
from tests.service.chassis.issuer import Issuer
from tests.service.search.lookup import facts, query
from tests.service.search.served import served_town

pytestmark = pytest.mark.engine("opensearch")

PLANTED = (
    "Zebrafinch",
    "Goldhammer",
    "Kestrelwood",
    "ZY47 3QX",
    "ZY473QX",
    "9434765919",
    "Q123456789012",
    "2011-07-23",
)
PROOF = "Wrynecksbane"


def _child() -> child_pb2.Facts:
    child = facts(
        "Zebrafinch",
        "Goldhammer",
        born=(2011, 7, 23),
        postcode="ZY47 3QX",
        nhs_number="9434765919",
        upn="Q123456789012",
        school_name="Kestrelwood Academy",
    )
    child.names.add(given_name="Zebrafinch", family_name="Kestrelwood", use=child_pb2.Name.USE_FORMER)
    return child


def _files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.read_bytes()


def _found(folder: Path) -> set[str]:
    """The planted texts in a folder; the search proves itself by what was put there in plain sight."""
    canaries, proof = Canaries(PLANTED), Canaries([PROOF])
    found: set[str] = set()
    proven = False
    for data in _files(folder):
        found |= canaries.within(data)
        proven = proven or bool(proof.within(data))
    assert proven
    return found


async def test_g7_no_planted_name_lies_in_the_data_folder_or_a_snapshot(
    service_database: ServiceDatabases,
    issuer: Issuer,
    opensearch: OpenSearch,
    secret_version: str,
    tmp_path: Path,
) -> None:
    """Registered, indexed, searched rightly and wrongly, changed, flushed and copied."""
    async with served_town(service_database, issuer, opensearch.url, secret_version, tmp_path) as served:
        await served.town.register(_child(), local_id="files-1")
        name = await served.replica.filled()
        served.engine.forced = True
        for given in ("Zebrafinch", "Zebrafynch"):
            answer = await served.town.find(query(given, "Goldhammer", born=(2011, 7, 23)))
            assert [match.name.given_name for match in answer.matches] == ["Zebrafinch"]
        async with served.replica.running():
            await eventually(lambda: served.replica.keeper.live)
    # In plain sight, in an index of its own, so that the search is known to see what is there.
    await opensearch.ask("PUT", "/in-plain-sight", {})
    await opensearch.ask("PUT", "/in-plain-sight/_doc/1?refresh=true", {"name": PROOF})
    await opensearch.ask("POST", f"/{name},in-plain-sight/_flush?force=true")
    assert _found(opensearch.data) == set()

    place = {"location": str(opensearch.snapshots), "compress": False}
    await opensearch.ask("PUT", "/_snapshot/kept", {"type": "fs", "settings": place})
    taken = await opensearch.ask("PUT", "/_snapshot/kept/one?wait_for_completion=true", {"indices": "*"})
    assert taken["snapshot"]["state"] == "SUCCESS"
    assert name in taken["snapshot"]["indices"]
    assert _found(opensearch.snapshots) == set()
    await opensearch.ask("DELETE", "/_snapshot/kept/one")
    await opensearch.ask("DELETE", "/_snapshot/kept")
    await opensearch.ask("DELETE", "/in-plain-sight")
