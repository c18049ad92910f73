"""Sources to take things in from, and a good service of a publisher."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from kith.directory.v1.directory_pb2 import Service
from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE
from kith.directory.v1.import_run_pb2 import ImportSource
from services.directory.importing.source import Source
from services.directory.importing.staging import Batch, Staged

SOURCE_ID = UUID(int=7)


def a_source(**changed: Any) -> Source:
    values: dict[str, Any] = {
        "id": SOURCE_ID,
        "kind": ImportSource.KIND_FEED,
        "display_name": "Riverside",
        "organisation_id": UUID(int=1),
        "base_url": "https://example.org/api",
        "allowed_hosts": ("example.org",),
        "licence": "OGL",
        "attribution": "",
        "interval_hours": 24,
        "full_interval_hours": 168,
        "loss_limit_percent": 20,
        "default_kind": Service.KIND_COMMUNITY,
        "terms": (),
        "columns": {},
        "paused": False,
        "next_run_time": None,
        "full_run_time": None,
        "modified_after": None,
        "update_time": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Source(**values | changed)


def the_service(batch: Batch) -> Staged:
    """The one service of a batch."""
    [found] = [one for one in batch.staged.values() if one.record.kind == ENTRY_KIND_SERVICE]
    return found
