"""Entries for what did not come about through an editor: organisations and services of the partnership, Kith's terms.

The operator registers the partnership's organisations and services (DirectoryService); both are public at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kith.directory.v1 import entry_pb2
from kith.directory.v1.directory_pb2 import Service as ServiceMessage
from services.chassis.database import Connection
from services.directory.editing import publication_store, store, writing
from services.directory.editing.entry import Entry, Revision
from services.directory.editing.publishing import publish
from services.directory.entries import Organisation, Service
from services.directory.openreferral import confidentiality, vocabulary
from services.directory.openreferral.reading import Document
from services.directory.refusals import DocumentInvalid

THE_OPERATOR: Final = "operator"
"""Who wrote the first revision of what the operator registered."""


async def adopt_organisation(connection: Connection, organisation: Organisation, now: datetime) -> None:
    """Publish the first revision of an organisation. Raises DocumentInvalid."""
    value = _organization(organisation)
    document = writing.taken(entry_pb2.ENTRY_KIND_ORGANIZATION, value, organisation.id)
    await _adopt(connection, [(entry_pb2.ENTRY_KIND_ORGANIZATION, organisation.id, document)], now)


async def adopt_service(connection: Connection, service: Service, now: datetime) -> None:
    """Publish the first revision of a service. Raises DocumentInvalid, ConfidentialPlace."""
    document = writing.taken(entry_pb2.ENTRY_KIND_SERVICE, _service(service), service.id)
    await _adopt(connection, [(entry_pb2.ENTRY_KIND_SERVICE, service.organisation_id, document)], now)


async def adopt_older(
    connection: Connection, organisations: Sequence[Organisation], services: Sequence[Service], now: datetime
) -> None:
    """Publish what was registered before there were entries; what is wrong or tells too much is left out."""
    found = [
        (
            entry_pb2.ENTRY_KIND_ORGANIZATION,
            one.id,
            _mended(entry_pb2.ENTRY_KIND_ORGANIZATION, _organization(one)),
        )
        for one in organisations
    ]
    found += [
        (
            entry_pb2.ENTRY_KIND_SERVICE,
            one.organisation_id,
            _mended(entry_pb2.ENTRY_KIND_SERVICE, _service(one)),
        )
        for one in services
    ]
    await _adopt(connection, found, now)


async def adopt_vocabulary(connection: Connection, now: datetime) -> bool:
    """Publish Kith's own taxonomies and their terms, where they are not there or say something else.

    Returns whether one says something else than before: then all services are to be published anew.
    """
    wanted: dict[UUID, tuple[entry_pb2.EntryKind, Mapping[str, Any]]] = {
        UUID(one): (entry_pb2.ENTRY_KIND_TAXONOMY, said) for one, said in vocabulary.TAXONOMIES.items()
    }
    for term in vocabulary.TERMS:
        wanted[UUID(term.id)] = (entry_pb2.ENTRY_KIND_TAXONOMY_TERM, vocabulary.term(term))
    # Held for all replicas that start at once.
    await publication_store.take_turn(connection)
    known = await store.entries(connection, wanted)
    said = await store.documents(connection, wanted)
    await _adopt(
        connection,
        [
            (kind, None, writing.taken(kind, value, one))
            for one, (kind, value) in wanted.items()
            if one not in known
        ],
        now,
    )
    changed = []
    for one, (kind, value) in wanted.items():
        document = writing.taken(kind, value, one)
        if one in known and said.get(one) != document:
            entry = known[one].revised(now)
            await store.add_revisions(connection, [_approved(entry, document, now)])
            await store.change_entries(connection, [entry.published(entry.latest_revision, now)])
            changed.append(one)
    await publish(connection, changed, now)
    return bool(changed)


async def _adopt(
    connection: Connection, found: Sequence[tuple[entry_pb2.EntryKind, UUID | None, Document]], now: datetime
) -> None:
    entries = []
    for kind, organisation_id, document in found:
        entry = writing.new_entry(UUID(document["id"]), kind, organisation_id, now).published(1, now)
        if await store.add_entry(connection, entry, _approved(entry, document, now)):
            entries.append(entry.id)
    await publish(connection, entries, now)


def _approved(entry: Entry, document: Document, now: datetime) -> Revision:
    draft = writing.new_revision(
        entry,
        document,
        author=THE_OPERATOR,
        organisation_id=None,
        note="",
        provenance=writing.provenance(entry.organisation_id, now),
    )
    return replace(draft, state=entry_pb2.Revision.STATE_APPROVED, review_time=now)


def _organization(organisation: Organisation) -> dict[str, Any]:
    return {
        "id": str(organisation.id),
        "name": organisation.display_name,
        # The standard asks for one; nothing else is known yet.
        "description": organisation.display_name,
        "phones": [{"number": organisation.phone}] if organisation.phone else [],
    }


def _service(service: Service) -> dict[str, Any]:
    return {
        "id": str(service.id),
        "organization_id": str(service.organisation_id),
        "name": service.display_name,
        "description": service.description,
        "status": "active",
        "email": service.email,
        "phones": [{"number": service.phone}] if service.phone else [],
        "kith": {"kind": ServiceMessage.Kind.Name(service.kind)},
    }


def _mended(kind: int, value: dict[str, Any]) -> Document:
    if confidentiality.is_confidential(kind, value):
        value, _ = confidentiality.without(value)
    try:
        return writing.taken(kind, value, UUID(value["id"]))
    except DocumentInvalid:
        return writing.taken(kind, value | {"phones": [], "email": ""}, UUID(value["id"]))
