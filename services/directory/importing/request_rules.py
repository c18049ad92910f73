"""What the contract cannot say of a request about a source: addresses, columns, mappings. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from uuid import UUID

import httpx2

from kith.directory.v1 import import_service_pb2 as pb
from kith.directory.v1.import_run_pb2 import ColumnMapping, ImportSource, TermMapping
from services.chassis.errors import InvalidArgument
from services.directory.importing.columns import FIELDS
from services.directory.importing.source import Source, Term


def hosts(kind: int, base_url: str, allowed: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts to be asked of a feed at `base_url`; none for CSV. Raises InvalidArgument."""
    if kind != ImportSource.KIND_FEED:
        if base_url or allowed:
            raise InvalidArgument([("base_url", "is only for a feed")])
        return ()
    own = _host(base_url)
    if own is None:
        raise InvalidArgument([("base_url", "must be an http or https address without a query")])
    named = tuple(dict.fromkeys(name.casefold() for name in allowed)) or (own,)
    if own not in named:
        raise InvalidArgument([("allowed_hosts", "must have the host of base_url")])
    return named


def columns(mappings: Iterable[ColumnMapping]) -> dict[str, str]:
    """Return heading -> field. Raises InvalidArgument for a field that there is not."""
    unknown = [
        (f"column_mappings[{number}].field", "must be one of the fields of a CSV")
        for number, mapping in enumerate(mappings)
        if mapping.field not in FIELDS
    ]
    if unknown:
        raise InvalidArgument(unknown)
    return {mapping.heading: mapping.field for mapping in mappings}


def terms(mappings: Iterable[TermMapping]) -> tuple[Term, ...]:
    """Return what terms stand for; a term that comes twice stands for what it came with last."""
    return tuple(
        {
            (mapping.taxonomy.casefold(), mapping.term.casefold()): Term(
                mapping.taxonomy,
                mapping.term,
                UUID(mapping.taxonomy_term_id) if mapping.taxonomy_term_id else None,
                mapping.service_kind,
            )
            for mapping in mappings
        }.values()
    )


def updated(source: Source, request: pb.UpdateSourceRequest) -> Source:
    """Return the source with what the request changes. Raises InvalidArgument."""
    for name in (
        "display_name",
        "licence",
        "attribution",
        "interval_hours",
        "full_interval_hours",
        "loss_limit_percent",
    ):
        if request.HasField(name):
            source = replace(source, **{name: getattr(request, name)})
    if request.HasField("default_service_kind"):
        source = replace(source, default_kind=request.default_service_kind)
    if request.HasField("location"):
        place = request.location
        named = hosts(source.kind, place.base_url, place.allowed_hosts)
        source = replace(source, base_url=place.base_url, allowed_hosts=named)
    if request.HasField("term_mappings"):
        source = replace(source, terms=terms(request.term_mappings.term_mappings))
    if request.HasField("column_mappings"):
        source = replace(source, columns=columns(request.column_mappings.column_mappings))
    if source.kind != ImportSource.KIND_FEED:
        source = replace(source, interval_hours=0)
    return source


def _host(base_url: str) -> str | None:
    """Return the `name` or `name:port` that an address leads to; None if it is no plain http(s) address."""
    try:
        url = httpx2.URL(base_url)
        name = url.raw_host.decode("ascii")
    except (httpx2.InvalidURL, ValueError):
        return None
    if url.scheme not in {"http", "https"} or not name or url.userinfo or url.query or url.fragment:
        return None
    return f"{name}:{url.port}" if url.port else name
