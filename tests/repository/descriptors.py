"""The project's protos as descriptors, read from the image that `make protos` writes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from buf.validate import validate_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
    ServiceDescriptorProto,
)

from kith.access.v1 import access_pb2
from tests.repository.tree import ROOT

# protoc's stubs give an extension a type that the stubs of google.protobuf do not take.
_RULE: Any = access_pb2.rule
_FIELD: Any = validate_pb2.field

# Field numbers in descriptor.proto, of which the path of a comment is made.
_SERVICE, _METHOD = 6, 2


@dataclass(frozen=True)
class Method:
    """An RPC with its access rule and its comment; `rule` is None when it has none."""

    name: str  # kith.childindex.v1.ChildIndexService.GetChild
    descriptor: MethodDescriptorProto
    rule: access_pb2.Rule | None
    comment: str


@dataclass(frozen=True)
class Field:
    """A field of a message, under its full name."""

    name: str  # kith.childindex.v1.Name.given_name
    message: str  # kith.childindex.v1.Name
    descriptor: FieldDescriptorProto

    @property
    def rules(self) -> validate_pb2.FieldRules:
        """What protovalidate checks of it."""
        rules: validate_pb2.FieldRules = self.descriptor.options.Extensions[_FIELD]
        return rules

    @property
    def repeated(self) -> bool:
        """Whether it holds several values."""
        return self.descriptor.label == FieldDescriptorProto.LABEL_REPEATED


@cache
def protos() -> tuple[FileDescriptorProto, ...]:
    """The files of kith.*, in order."""
    image = FileDescriptorSet.FromString((ROOT / "gen" / "kith.binpb").read_bytes())
    return tuple(file for file in image.file if file.package.startswith("kith."))


def methods() -> Iterator[Method]:
    """Every RPC of every service."""
    for file in protos():
        for index, service in enumerate(file.service):
            yield from _methods(file, index, service)


def _methods(file: FileDescriptorProto, index: int, service: ServiceDescriptorProto) -> Iterator[Method]:
    comments = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    for number, method in enumerate(service.method):
        extensions = method.options.Extensions
        has_rule = method.options.HasExtension(_RULE)
        yield Method(
            name=f"{file.package}.{service.name}.{method.name}",
            descriptor=method,
            rule=extensions[_RULE] if has_rule else None,
            comment=comments.get((_SERVICE, index, _METHOD, number), "").strip(),
        )


@cache
def messages() -> dict[str, DescriptorProto]:
    """Every message of kith.*, nested ones too, by full name."""
    found: dict[str, DescriptorProto] = {}

    def add(prefix: str, message: DescriptorProto) -> None:
        name = f"{prefix}.{message.name}"
        found[name] = message
        for nested in message.nested_type:
            add(name, nested)

    for file in protos():
        for message in file.message_type:
            add(file.package, message)
    return found


def fields(message: str) -> Iterator[Field]:
    """The fields of one message."""
    for field in messages()[message].field:
        yield Field(f"{message}.{field.name}", message, field)


def all_fields() -> Iterator[Field]:
    """The fields of all messages."""
    for message in messages():
        yield from fields(message)


def request_fields() -> Iterator[Field]:
    """The fields that a caller can fill: those of every request and of every message of ours inside one."""
    waiting = [method.descriptor.input_type.lstrip(".") for method in methods()]
    seen: set[str] = set()
    while waiting:
        message = waiting.pop()
        if message in seen:
            continue
        seen.add(message)
        for field in fields(message):
            yield field
            inner = field.descriptor.type_name.lstrip(".")
            if inner in messages():
                waiting.append(inner)
