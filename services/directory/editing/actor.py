"""Who writes the directory, and what is theirs. Pure."""

from dataclasses import dataclass
from uuid import UUID

from services.chassis.caller import Caller
from services.chassis.errors import PermissionDenied
from services.directory.editing.entry import Entry
from services.directory.refusals import EntryNotFound

APPROVE = "directory.approve"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody with `directory.edit`. An editor of the whole directory has `directory.approve` too."""

    id: str
    organisation_id: UUID | None
    is_editor: bool

    @classmethod
    def of(cls, caller: Caller) -> "Actor":
        """Return who a caller is here; the operator and services are of no organisation."""
        try:
            organisation = UUID(caller.organisation_id)
        except ValueError:
            organisation = None
        return cls(caller.subject or caller.client_id, organisation, APPROVE in caller.scopes)

    def owns(self, organisation_id: UUID | None) -> bool:
        """Whether what belongs to an organisation is theirs to write; vocabularies, of nobody, are the editors'."""
        return self.is_editor or (organisation_id is not None and organisation_id == self.organisation_id)

    def must_own(self, entry: Entry | None) -> Entry:
        """Return the entry if it is theirs. Raises PermissionDenied; EntryNotFound for editors, who see all."""
        if entry is not None and self.owns(entry.organisation_id):
            return entry
        if self.is_editor:
            raise EntryNotFound
        raise PermissionDenied

    def must_see(self, entry: Entry | None) -> Entry:
        """Return the entry if they may read its revisions: it is theirs, or a vocabulary. Raises as `must_own`."""
        return entry if entry is not None and entry.organisation_id is None else self.must_own(entry)
