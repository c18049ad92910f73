"""What is forgotten is in no dump (issue 7 item 6)."""

import subprocess
from uuid import uuid4

from deploy.local.postgres_server import BINARIES
from kith.directory.v1 import entry_pb2
from services.chassis import database
from services.directory.editing import store, workflow
from tests.fixtures.postgres import ServiceDatabase, ServiceDatabases
from tests.service.directory.editing.test_publishing import SERVICE, Shop

_CANARIES = ("Canary Avenue", "7QQ", "01632 960777", "53.7777")


def _dump(made: ServiceDatabase) -> str:
    command = [str(BINARIES / "pg_dump"), "--data-only", made.superuser_dsn]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


async def test_a_dump_has_nothing_of_where_a_refuge_is(service_database: ServiceDatabases) -> None:
    made = await service_database("directory")
    async with database.pool(made.app_url_file, name="directory") as db:
        shop = Shop(db)
        await shop.open()
        house = {
            "location_type": "physical",
            "name": "Rose House",
            "latitude": 53.7777,
            "longitude": -1.5,
            "description": "At 14 Canary Avenue, ZY7 7QQ",
        }
        async with db.transaction() as connection:
            place = await workflow.create(
                connection, shop.owner, entry_pb2.ENTRY_KIND_LOCATION, uuid4(), None, house, "", shop.now
            )
            await workflow.submit(connection, shop.owner, place.id, 1, shop.now)
            await workflow.approve(connection, shop.editor, place.id, 1, "14 Canary Avenue it is", shop.now)
            one = await shop.write(connection, "Rose")
            document = (await store.documents(connection, [one]))[one]
            document["phones"] = [{"number": "01632 960777"}]
            document["service_at_locations"] = [{"location_id": str(place.id)}]
            held = (await store.entries(connection, [one]))[one]
            note = "moved to 14 Canary Avenue"
            await workflow.update(connection, shop.owner, one, SERVICE, document, note, held.etag, shop.now)
            await workflow.submit(connection, shop.owner, one, 2, shop.now)
            await workflow.approve(connection, shop.editor, one, 2, "", shop.now)
        told = _dump(made)
        assert [canary for canary in _CANARIES if canary in told] == list(_CANARIES)
        async with db.transaction() as connection:
            held = (await store.entries(connection, [one]))[one]
            secret = {
                "organization_id": str(shop.organisation.id),
                "name": "Rose",
                "status": "active",
                "kith": {"kind": "KIND_FAMILY_SUPPORT", "confidential": True},
            }
            await workflow.update(
                connection, shop.owner, one, SERVICE, secret, "", held.etag, shop.tick(days=1)
            )
        kept = _dump(made)
        assert [canary for canary in _CANARIES if canary in kept] == []
        assert "Rose" in kept
