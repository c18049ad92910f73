"""A source: another publisher whose services are taken in, and how. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID, uuid5

from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from kith.directory.v1.import_run_pb2 import ImportSource

LONGEST_PUBLISHER_ID: Final = 200


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the publisher, and what it stands for here.

    `taxonomy` empty: of any taxonomy. Of the rest one: a term of ours, the kind of the service, or nothing.
    """

    taxonomy: str
    term: str
    taxonomy_term_id: UUID | None = None
    kind: ServiceMessage.Kind = ServiceMessage.KIND_UNSPECIFIED


@dataclass(frozen=True)
class Source:
    """A publisher. Times are UTC; `base_url` is empty for one that sends CSV."""

    id: UUID
    kind: ImportSource.Kind
    display_name: str
    organisation_id: UUID
    base_url: str
    allowed_hosts: tuple[str, ...]
    licence: str
    attribution: str
    interval_hours: int
    full_interval_hours: int
    loss_limit_percent: int
    default_kind: ServiceMessage.Kind
    terms: tuple[Term, ...]
    columns: Mapping[str, str]
    paused: bool
    next_run_time: datetime | None
    """When it is to be asked again; None if only by hand."""
    full_run_time: datetime | None
    """When the last full run began that came to an end; None: the next one is full."""
    modified_after: datetime | None
    """From when on changes have not been asked for."""
    update_time: datetime

    @cached_property
    def known_terms(self) -> dict[tuple[str, str], Term]:
        """The terms by (taxonomy, term), both without case."""
        return {(term.taxonomy.casefold(), term.term.casefold()): term for term in self.terms}

    def entry_id(self, kind: str, publisher_id: str) -> UUID:
        """Return the id here of what the publisher calls `publisher_id`: always the same, and nobody else's.

        Never the publisher's own, though it may be a UUID: a feed could name an entry that is not its own.
        """
        return uuid5(self.id, f"{kind}/{publisher_id}")

    def mapped_otherwise(self, other: "Source") -> bool:
        """Whether what a publisher sends stands for something else than by another state of the source."""
        mine, theirs = (self.terms, self.default_kind), (other.terms, other.default_kind)
        return mine != theirs or dict(self.columns) != dict(other.columns) or self.base_url != other.base_url

    def full_due(self, now: datetime) -> bool:
        """Whether the next run has to ask for everything: only so is noticed what has vanished."""
        last = self.full_run_time
        return last is None or now >= last + timedelta(hours=self.full_interval_hours)

    def after_run(self, now: datetime) -> datetime | None:
        """Return when it is to be asked again, after a run that ended now."""
        return now + timedelta(hours=self.interval_hours) if self.interval_hours else None


@dataclass(slots=True)
class Problem:
    """What is wrong or worth knowing of a record: where (JSON pointer of the publisher's record), and a name for it.

    `fatal`: the record cannot be taken in. Never holds a value of the record.
    """

    field: str
    reason: str
    fatal: bool = True


@dataclass(slots=True)
class Record:
    """One object of a publisher as it is staged. `document` is None if it cannot be taken in."""

    id: UUID
    kind: int
    publisher_id: str
    display_name: str
    document: dict[str, Any] | None
    confidential: bool = False
    problems: list[Problem] = field(default_factory=list)
