"""The OpenAPI 3.1 document of the open API, made from the tables that it is served by."""

from typing import Any, Final

from services.gateway.open_directory import problems, schemas
from services.gateway.open_directory.answers import JSON, NDJSON
from services.gateway.open_directory.parameters import MINIMAL, Parameter
from services.gateway.open_directory.problems import Kind
from services.gateway.open_directory.resources import RESOURCES, Resource

_ALWAYS: Final = (problems.TOO_MANY_REQUESTS, problems.CONTENT_NOT_TAKEN, problems.ADDRESS_TOO_LONG)
_ASKING: Final = (problems.UNAVAILABLE, problems.DEFECT)
_DESCRIPTION: Final = """\
Services for children, young people and families, by the Open Referral UK 3.0 profile of the Human Services Data
Specification. Open to everybody; no key, no cookie. What is looked for is not stored.

Every answer that is not a stream has an `ETag`: send it back as `If-None-Match` and get 304 while nothing has changed.
To keep a copy, stream everything once with `format=ndjson`, then ask with `modified_after`; what has gone no longer
stands in the list that `minimal=true` gives.

A request with a parameter that is not known, or not valid, is refused."""


def document(address: str) -> dict[str, Any]:
    """Return the document. `address` is where the API is, without a trailing slash."""
    paths: dict[str, Any] = {
        "/": {
            "get": _operation("getInformation", "What this API is", [], _ok(schemas.reference("Information")))
        },
        "/openapi.json": {"get": _operation("getOpenApi", "This document", [], _ok({"type": "object"}))},
    }
    for resource in RESOURCES:
        paths[f"/{resource.name}"] = {"get": _listing(resource)}
        paths[f"/{resource.name}/{{id}}"] = {"get": _one(resource)}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Service directory", "version": "1", "description": _DESCRIPTION},
        "servers": [{"url": address}],
        "paths": paths,
        "components": {
            "schemas": schemas.schemas(),
            "responses": {kind.name: _problem(kind) for kind in problems.KINDS},
            "headers": {
                "ETag": {"description": "Changes with the answer.", "schema": {"type": "string"}},
                "LastModified": {"description": "When it last changed.", "schema": {"type": "string"}},
                "RetryAfter": {"description": "Seconds to wait.", "schema": {"type": "integer"}},
            },
        },
    }


def _listing(resource: Resource) -> dict[str, Any]:
    page = schemas.page_of(resource.schema)
    if MINIMAL in resource.parameters:
        items = page["properties"]["contents"]["items"]
        page["properties"]["contents"]["items"] = {"anyOf": [items, schemas.reference("Minimal")]}
    ok = _ok(page)
    ok["content"][NDJSON] = {"schema": {"type": "string", "description": "An item in every line."}}
    name = f"list{_camel(resource.name)}"
    asked = [_parameter(one) for one in resource.parameters]
    return _operation(name, f"Pages of {_plural(resource)}", asked, ok, problems.NOT_FOUND, *_ASKING)


def _one(resource: Resource) -> dict[str, Any]:
    schema = {"type": "string", "format": "uuid"}
    asked = [
        {"name": "id", "in": "path", "required": True, "schema": schema, "description": "Its id."},
        *map(_parameter, resource.item_parameters),
    ]
    ok = _ok(schemas.reference(resource.schema))
    ok["headers"]["Last-Modified"] = {"$ref": "#/components/headers/LastModified"}
    return _operation(
        f"get{resource.schema}",
        f"One {resource.noun}, with everything nested in it",
        asked,
        ok,
        problems.NOT_FOUND,
        *_ASKING,
    )


def _operation(
    name: str, summary: str, asked: list[dict[str, Any]], ok: dict[str, Any], *failures: Kind
) -> dict[str, Any]:
    kinds = (problems.BAD_PARAMETER, *_ALWAYS, *failures)
    return {
        "operationId": name,
        "summary": summary,
        "parameters": asked,
        "responses": {
            "200": ok,
            "304": {"description": "It is as the client has it."},
            **{str(kind.status): {"$ref": f"#/components/responses/{kind.name}"} for kind in kinds},
        },
    }


def _ok(schema: dict[str, Any]) -> dict[str, Any]:
    return {
        "description": "As asked for.",
        "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
        "content": {JSON: {"schema": schema}},
    }


def _parameter(one: Parameter) -> dict[str, Any]:
    schema = dict(one.schema)
    if one.most > 1:
        schema = {"type": "array", "items": schema, "maxItems": one.most}
    return {"name": one.name, "in": "query", "description": one.description, "schema": schema}


def _problem(kind: Kind) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": kind.title,
        "content": {problems.MEDIA_TYPE: {"schema": schemas.reference("Problem")}},
    }
    if kind in {problems.TOO_MANY_REQUESTS, problems.UNAVAILABLE}:
        response["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
    return response


def _camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _plural(resource: Resource) -> str:
    return resource.name.replace("_", " ")
