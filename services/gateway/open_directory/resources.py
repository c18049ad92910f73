"""What the open API has: each collection, with what it lists and the parameters it takes."""

from dataclasses import dataclass
from typing import Final

from kith.directory.v1 import publication_service_pb2 as publication_pb2
from services.gateway.open_directory import parameters
from services.gateway.open_directory.parameters import Parameter


@dataclass(frozen=True, slots=True)
class Resource:
    """A collection at `/{name}`, its items at `/{name}/{id}`. `schema` names an item in the OpenAPI document."""

    name: str
    kind: publication_pb2.PublicationKind
    schema: str
    noun: str
    parameters: tuple[Parameter, ...]
    item_parameters: tuple[Parameter, ...] = ()


RESOURCES: Final = (
    Resource(
        "services",
        publication_pb2.PUBLICATION_KIND_SERVICE,
        "Service",
        "service",
        (*parameters.PAGING, parameters.MINIMAL, *parameters.FINDING),
    ),
    Resource(
        "service_at_locations",
        publication_pb2.PUBLICATION_KIND_SERVICE_AT_LOCATION,
        "ServiceAtLocation",
        "service at a location",
        (*parameters.PAGING, parameters.MINIMAL, *parameters.FINDING),
    ),
    Resource(
        "organizations",
        publication_pb2.PUBLICATION_KIND_ORGANIZATION,
        "Organization",
        "organization",
        (
            *parameters.PAGING,
            parameters.MINIMAL,
            parameters.SEARCH,
            parameters.TERM,
            parameters.TAXONOMY,
            parameters.MODIFIED_AFTER,
            parameters.FULL,
        ),
        (parameters.FULL_SERVICE,),
    ),
    Resource(
        "taxonomies",
        publication_pb2.PUBLICATION_KIND_TAXONOMY,
        "Taxonomy",
        "taxonomy",
        (*parameters.PAGING, parameters.SEARCH),
    ),
    Resource(
        "taxonomy_terms",
        publication_pb2.PUBLICATION_KIND_TAXONOMY_TERM,
        "TaxonomyTerm",
        "taxonomy term",
        (
            *parameters.PAGING,
            parameters.SEARCH,
            parameters.TAXONOMY,
            parameters.PARENT,
            parameters.TOP_ONLY,
        ),
    ),
)
