"""Every event has a topic, a producer and a consumer (STYLE principle 12; DESIGN 5 no. 14 and 15).

Read as text: the name of an event message, of one of its kinds, or of a topic stands in the code that uses it.
"""

import re
from pathlib import Path

import pytest

from tests.repository import descriptors, tree

# Message -> package, of every envelope in a *_events.proto.
EVENTS = {
    message.name: file.package
    for file in descriptors.protos()
    if file.name.endswith("_events.proto")
    for message in file.message_type
    if message.name.endswith("Event")
}


def _owner(package: str) -> str | None:
    """The service that owns a package: child_index owns kith.childindex.v1. None while there is no such process."""
    noun = package.split(".")[1]
    return next((name for name in tree.services() if name.replace("_", "") == noun), None)


def _code(service: str) -> str:
    return "\n".join(
        (tree.ROOT / path).read_text(encoding="utf-8")
        for path in tree.files()
        if path.is_relative_to(Path("services", service)) and path.suffix == ".py"
    )


def _mentions(word: str, service: str) -> bool:
    return re.search(rf"\b{re.escape(word)}\b", _code(service)) is not None


def _topic(event: str) -> str:
    """ChildEvent of kith.childindex.v1 goes to kith.childindex.v1.child-events."""
    kebab = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", event).lower()
    return f"{EVENTS[event]}.{kebab}s"


BUILT = [event for event, package in EVENTS.items() if _owner(package)]


def test_there_are_events() -> None:
    assert EVENTS


@pytest.mark.parametrize("event", BUILT)
def test_event_has_a_topic_constant(event: str) -> None:
    constant = re.compile(rf'^\w*TOPIC\w*(: \w+(\[\w+\])?)? = "{re.escape(_topic(event))}"', re.MULTILINE)
    owner = _owner(EVENTS[event])
    assert owner is not None
    assert constant.search(_code(owner) + _code("chassis")), f'no constant …TOPIC… = "{_topic(event)}"'


@pytest.mark.parametrize("event", BUILT)
def test_each_kind_of_event_is_produced_by_its_owner(event: str) -> None:
    owner = _owner(EVENTS[event])
    assert owner is not None
    assert _mentions(event, owner), f"services/{owner} does not make {event}"
    kinds = {
        field.descriptor.name: field.descriptor.type_name.rpartition(".")[2]
        for field in descriptors.fields(f"{EVENTS[event]}.{event}")
        if field.descriptor.HasField("oneof_index")
    }
    unused = [name for name, kind in kinds.items() if not (_mentions(name, owner) or _mentions(kind, owner))]
    assert not unused, f"services/{owner} never makes: {unused}"


@pytest.mark.parametrize("event", BUILT)
def test_event_is_consumed_by_another_service(event: str) -> None:
    others = [name for name in tree.services() if name != _owner(EVENTS[event])]
    consumers = [name for name in others if _mentions(event, name)]
    assert consumers, f"nobody listens to {event}"
