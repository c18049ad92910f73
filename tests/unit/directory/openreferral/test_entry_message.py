"""Documents in the form of the contract and as they are stored say the same (issue 7 item 8)."""

import pytest

from kith.directory.v1.entry_pb2 import ENTRY_KIND_SERVICE, EntryKind
from services.directory.editing import entry_message
from services.directory.openreferral import reading
from tests.unit.directory.openreferral.documents import ENTRY_ID, good


@pytest.mark.parametrize("kind", [kind for kind in EntryKind.values() if kind])
def test_a_document_comes_back_as_it_was_stored(kind: EntryKind) -> None:
    stored = reading.read(kind, good(kind), ENTRY_ID).document
    found_kind, value = entry_message.value(entry_message.document(kind, stored))
    again = reading.read(found_kind, value, ENTRY_ID)
    assert (found_kind, again.document, again.faults) == (kind, stored, ())


def test_the_messages_json_is_hsds_json() -> None:
    """The names of the standard's objects are the names of the contract's fields."""
    kind = ENTRY_KIND_SERVICE
    _, value = entry_message.value(entry_message.document(kind, good(kind)))
    assert value["service_at_locations"][0]["location_id"]
    assert value["schedules"][0]["opens_at"] == "16:00"
    assert value["kith"]["kind"] == "KIND_COMMUNITY"
