"""A service that exists only for these tests, described at run time: no proto of the project is needed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from buf.validate import validate_pb2
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from kith.access.v1 import access_pb2

PACKAGE = "kith.tests.things.v1"
SERVICE = f"{PACKAGE}.ThingsService"
RULE: Any = access_pb2.rule
FIELD_RULES: Any = validate_pb2.field

READ = access_pb2.Rule(scope="things.read")
PURPOSE = access_pb2.Rule(scope="things.read", purpose_required=True)
INTERNAL = access_pb2.Rule(scope="things.read", services=["search"])
_Options = descriptor_pb2.MethodOptions


def service_file(
    package: str, methods: dict[str, tuple[access_pb2.Rule | None, Any]]
) -> descriptor_pb2.FileDescriptorProto:
    """Describe a service whose methods take a `Thing` and return one."""
    file = descriptor_pb2.FileDescriptorProto(
        name=package.replace(".", "/") + "/things.proto",
        package=package,
        syntax="proto3",
        dependency=["kith/access/v1/access.proto", "buf/validate/validate.proto"],
    )
    thing = file.message_type.add(name="Thing")
    name = thing.field.add(
        name="name", number=1, type="TYPE_STRING", label="LABEL_OPTIONAL", json_name="name"
    )
    name.options.Extensions[FIELD_RULES].string.max_len = 10
    thing.field.add(
        name="page_token", number=2, type="TYPE_STRING", label="LABEL_OPTIONAL", json_name="pageToken"
    )
    parts = thing.field.add(
        name="parts", number=3, type="TYPE_STRING", label="LABEL_REPEATED", json_name="parts"
    )
    parts.options.Extensions[FIELD_RULES].repeated.items.string.uuid = True
    service = file.service.add(name="ThingsService")
    for method_name, (rule, idempotency) in methods.items():
        type_name = f".{package}.Thing"
        method = service.method.add(name=method_name, input_type=type_name, output_type=type_name)
        if rule is not None:
            method.options.Extensions[RULE].CopyFrom(rule)
        if idempotency is not None:
            method.options.idempotency_level = idempotency
    return file


_POOL = descriptor_pool.Default()
_POOL.AddSerializedFile(
    service_file(
        PACKAGE,
        {
            "GetThing": (READ, _Options.NO_SIDE_EFFECTS),
            "FindThings": (PURPOSE, _Options.NO_SIDE_EFFECTS),
            "MakeThing": (READ, None),
            "MatchThings": (INTERNAL, _Options.NO_SIDE_EFFECTS),
            "LaterThing": (READ, None),
        },
    ).SerializeToString()
)
FILE = _POOL.FindFileByName(PACKAGE.replace(".", "/") + "/things.proto")
Thing: Any = message_factory.GetMessageClass(FILE.message_types_by_name["Thing"])
METHODS = tuple(method.name for method in FILE.services_by_name["ThingsService"].methods)

Handler = Callable[[Any, Any], Awaitable[Any]]


class Things:
    """The servicer. `handler` answers every method but `LaterThing`, which nobody wrote yet."""

    def __init__(self) -> None:
        self.handler: Handler = echo
        self.calls = 0

    async def answer(self, request: Any, context: Any) -> Any:
        self.calls += 1
        return await self.handler(request, context)

    def not_there(self, request: Any, context: Any) -> Any:
        """What generated base classes have."""
        raise NotImplementedError("Method not implemented!")


async def echo(request: Any, context: Any) -> Any:
    """Return the request."""
    await asyncio.sleep(0)
    return request


def add_things_to_server(things: Things, server: Any) -> None:
    """What `add_ThingsServiceServicer_to_server` would be."""
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            things.not_there if name == "LaterThing" else things.answer,
            request_deserializer=Thing.FromString,
            response_serializer=Thing.SerializeToString,
        )
        for name in METHODS
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))


def method(channel: grpc.aio.Channel, name: str) -> Any:
    """A stub for one method."""
    return channel.unary_unary(
        f"/{SERVICE}/{name}",
        request_serializer=Thing.SerializeToString,
        response_deserializer=Thing.FromString,
    )
