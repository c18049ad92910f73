"""Which child somebody means: by the id the index gave their organisation, or their own key (DESIGN 5 no. 2)."""

from uuid import UUID

from kith.childindex.v1 import child_index_service_pb2 as pb
from services.chassis.child_ids import ChildIds
from services.chassis.database import Connection
from services.child_index import store
from services.child_index.match_keys import MatchKeys
from services.child_index.refusals import ChildNotVisible


class ChildRefs:
    """Turns what an organisation calls a child into the internal id, and back."""

    def __init__(self, child_ids: ChildIds, keys: MatchKeys) -> None:
        self._child_ids = child_ids
        self._keys = keys

    async def internal(self, connection: Connection, ref: pb.ChildRef, organisation_id: str) -> UUID:
        """The internal id; a made-up `child_id` leads to a child that does not exist. Raises ChildNotVisible."""
        if ref.WhichOneof("value") == "child_id":
            return self._child_ids.inward(UUID(ref.child_id), organisation_id)
        child_id = await store.child_of_local_key(connection, self.local_key(ref.local_key, organisation_id))
        if child_id is None:
            raise ChildNotVisible
        return child_id

    def outward(self, child_id: UUID, organisation_id: str) -> str:
        """The id of a child for an organisation."""
        return str(self._child_ids.outward(child_id, organisation_id))

    def local_key(self, key: pb.LocalKey, organisation_id: str) -> list[bytes]:
        """The hashes of an organisation's own key, the one to store first."""
        return self._keys.local_key(organisation_id, key.system, key.local_id)
