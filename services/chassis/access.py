"""Who may call what: the rule beside each method in the protos, denied by default (S1, S12; DESIGN 7).

A `Decision` is the proof that a rule was applied. Only this module makes one; opening sealed facts asks for
it (`seal.py`), so code that did not come through the policy holds nothing it could open.
"""

from collections.abc import Iterable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from typing import Any, Final
from weakref import WeakSet

from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor

from kith.access.v1 import access_pb2, purpose_pb2
from services.chassis.caller import Caller, Kind
from services.chassis.config import BadSettings
from services.chassis.errors import InvalidArgument, PermissionDenied

PURPOSE_KEY: Final = "kith-purpose"
_PREFIX: Final = "PURPOSE_"
PURPOSES: Final = frozenset(
    name.removeprefix(_PREFIX).lower().replace("_", "-")
    for name, number in purpose_pb2.Purpose.items()
    if number
)
"""The purposes a caller may state, as sent: `provide-service`."""


class MissingRule(BadSettings):
    """A method has no access rule, no scope in it, or streams: the server does not start."""


@dataclass(frozen=True, eq=False)
class Decision:
    """That this caller may do this. `method` is `/kith.x.v1.XService/GetX`, or a task of our own."""

    caller: Caller
    purpose: str | None
    method: str

    def __post_init__(self) -> None:
        """Refuse to be made outside this module."""
        if not _deciding.get():
            raise TypeError("a Decision is made by the access policy alone")


# By identity: a copy, or an object put together by hand, is not among them.
_issued: WeakSet[Decision] = WeakSet()
_deciding: ContextVar[bool] = ContextVar("kith_deciding", default=False)
_current: ContextVar[Decision | None] = ContextVar("kith_decision", default=None)


def rules(services: Iterable[ServiceDescriptor]) -> Mapping[str, access_pb2.Rule]:
    """Return the rule of every method by its full name, `/kith.x.v1.XService/GetX`.

    Raises MissingRule, naming each method at fault, so that a forgotten rule is found at start and not by a
    stranger.
    """
    found: dict[str, access_pb2.Rule] = {}
    wrong: list[str] = []
    for service in services:
        for method in service.methods:
            rule = _rule(method)
            if rule is None or not rule.scope or method.client_streaming or method.server_streaming:
                wrong.append(method.full_name)
            else:
                found[f"/{service.full_name}/{method.name}"] = rule
    if wrong:
        raise MissingRule("no access rule with a scope, or not unary: " + ", ".join(sorted(wrong)))
    return found


def authorise(method: str, rule: access_pb2.Rule, caller: Caller, purpose: str | None) -> Decision:
    """Apply a method's rule to a call; asked before the request is read.

    Raises PermissionDenied, then (for those who may call at all) InvalidArgument for `kith-purpose`.
    """
    if not rule.scope or rule.scope not in caller.scopes:
        raise PermissionDenied
    if rule.services and caller.relayed_by not in rule.services:
        raise PermissionDenied
    if purpose is None and rule.purpose_required:
        raise InvalidArgument([(PURPOSE_KEY, "say for what purpose you ask")])
    if purpose is not None and purpose not in PURPOSES:
        raise InvalidArgument([(PURPOSE_KEY, "must be one of: " + ", ".join(sorted(PURPOSES)))])
    return _decide(caller, purpose, method)


def own_work(service: str, task: str) -> Decision:
    """Return the decision for work that a service does by itself, outside any call, such as matching again.

    Every use is a place where facts are opened with nobody asking: keep them few, and say why beside each.
    """
    client = f"service-{service}"
    caller = Caller(Kind.SERVICE, client, "", client, frozenset(), frozenset(), relayed_by=service)
    return _decide(caller, None, task)


def current() -> Decision:
    """Return the decision under which this call is being answered. Raises RuntimeError outside a call."""
    decision = _current.get()
    if decision is None:
        raise RuntimeError("there is no call here, so no decision")
    return decision


def genuine(decision: object) -> bool:
    """Whether the object was made by this module's policy and is no copy."""
    return isinstance(decision, Decision) and decision in _issued


def enter(decision: Decision) -> Token[Decision | None]:
    """Make this the decision of the current call. For the server alone."""
    return _current.set(decision)


def leave(token: Token[Decision | None]) -> None:
    """End what `enter` began."""
    _current.reset(token)


def _decide(caller: Caller, purpose: str | None, method: str) -> Decision:
    token = _deciding.set(True)
    try:
        decision = Decision(caller, purpose, method)
    finally:
        _deciding.reset(token)
    _issued.add(decision)
    return decision


def _rule(method: MethodDescriptor) -> access_pb2.Rule | None:
    options = method.GetOptions()
    option: Any = access_pb2.rule
    return options.Extensions[option] if options.HasExtension(option) else None
