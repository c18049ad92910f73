"""Who may call what, for every RPC there is: generated from the descriptors, asked of the running fleet (S1, S12).

What the answer must be is worked out here from the rule in the proto and from what the caller's token carries, so a
method that is added tomorrow is tested tomorrow.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
import pytest_asyncio
from google.rpc import error_details_pb2
from grpc.aio import AioRpcError
from grpc_status import rpc_status
from joserfc.jwk import ECKey

from deploy.demo.agency_client import AgencyClient
from kith.identity.v1 import identity_pb2
from tests.fixtures.fleet import RunningFleet
from tests.fixtures.partnership import SCOPES, Caller, Partnership, partnership
from tests.repository.descriptors import Method, methods

# What services.identity.scopes gives to people; a test that asked that module could not find it wrong.
_PRACTITIONER = (
    "children.search",
    "children.read",
    "involvements.write",
    "consents.read",
    "consents.write",
    "family.write",
    "sharing.write",
    "directory.read",
    "directory.edit",
)
_OFFICER = ("audit.read", "consents.report")
_SHIELD_OFFICER = (
    "shields.decide",
    "children.search",
    "children.read",
    "involvements.write",
    "directory.read",
)
_DIRECTORY_EDITOR = ("directory.read", "directory.edit", "directory.approve", "directory.import")
_RELAY = "kith-service-authorization"
_SECONDS = 10.0
_LET_IN = "let in"

METHODS = sorted(methods(), key=lambda method: method.name)
_by_method = pytest.mark.parametrize("method", METHODS, ids=[method.name for method in METHODS])


def every_method(test: Callable[..., Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    """Asks every method on embedded parts, and a sample of them on real engines."""
    asked: Callable[..., Awaitable[None]] = _by_method(pytest.mark.rule_cases("method")(test))
    return asked


@dataclass(frozen=True)
class Door:
    """Somebody at the door: a token, what it carries, and the service it is the own token of."""

    caller: Caller
    scopes: frozenset[str]
    service: str = ""


@dataclass(frozen=True)
class Everybody:
    """All kinds of callers that there are, by name, and the fleet they call."""

    kith: Partnership
    doors: dict[str, Door]

    async def answer(
        self, method: Method, *, door: str = "", relay: str = "", purpose: str = "", authorization: str = ""
    ) -> tuple[str, set[str]]:
        """What an empty request is answered: a code or `let in`, and the fields complained of."""
        metadata = []
        if door:
            metadata.append(("authorization", await self._bearer(door)))
        if authorization:
            metadata.append(("authorization", authorization))
        if relay:
            metadata.append((_RELAY, await self._bearer(relay)))
        if purpose:
            metadata.append(("kith-purpose", purpose))
        call: Any = self.kith.channels[_package(method)].unary_unary(_path(method))
        try:
            await call(b"", metadata=metadata, timeout=_SECONDS)
        except AioRpcError as error:
            return _code(error), _fields(error)
        return _LET_IN, set()

    async def _bearer(self, door: str) -> str:
        metadata = await self.doors[door].caller.metadata("")
        return str(metadata["authorization"])


def _package(method: Method) -> str:
    """The service that serves it: `kith.childindex.v1.…` is child_index."""
    noun = method.name.split(".")[1]
    return "child_index" if noun == "childindex" else noun


def _path(method: Method) -> str:
    service, _, name = method.name.rpartition(".")
    return f"/{service}/{name}"


def _code(error: AioRpcError) -> str:
    """The code; whatever is said after access was granted is `let in`."""
    fields = _fields(error)
    if error.code() is grpc.StatusCode.INVALID_ARGUMENT and "kith-purpose" not in fields:
        return _LET_IN
    return str(error.code().name)


def _fields(error: AioRpcError) -> set[str]:
    carrier: Any = error
    status = rpc_status.from_call(carrier)
    violations = error_details_pb2.BadRequest()
    for detail in status.details if status is not None else ():
        detail.Unpack(violations)
    return {violation.field for violation in violations.field_violations}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def everybody(fleet: RunningFleet) -> AsyncIterator[Everybody]:
    """A system and people of an organisation, the operator, and every service of the platform."""
    async with partnership(fleet) as kith:
        school = await kith.organisation()
        officer = await kith.person(school, identity_pb2.Person.ROLE_PRIVACY_OFFICER)
        shields = await kith.person(school, identity_pb2.Person.ROLE_SHIELD_OFFICER)
        editor = await kith.person(school, identity_pb2.Person.ROLE_DIRECTORY_EDITOR)
        doors = {
            "system": Door(school, frozenset(SCOPES)),
            "practitioner": Door(await kith.person(school), frozenset(_PRACTITIONER)),
            "officer": Door(officer, frozenset(_OFFICER)),
            "shield-officer": Door(shields, frozenset(_SHIELD_OFFICER)),
            "directory-editor": Door(editor, frozenset(_DIRECTORY_EDITOR)),
        }
        layout = fleet.layout
        for entry in json.loads(layout.secrets.platform_clients.read_text(encoding="utf-8")):
            name = entry["client_id"].removeprefix("service-")
            file = (
                layout.secrets.operator_key
                if name == "operator"
                else layout.secrets.service_key(name.replace("-", "_"))
            )
            key = ECKey.import_key(json.loads(file.read_text(encoding="utf-8")))
            client = AgencyClient(entry["client_id"], key, layout.issuer)
            service = name if name != "operator" else ""
            doors[name] = Door(Caller(client), frozenset(entry["scopes"]), service)
        yield Everybody(kith, doors)


@every_method
@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer eyJhbGciOiJub25lIn0.e30.", "Basic b3BlcmF0b3I6", "Bearer ~.a.b"],
    ids=["no token", "empty", "unsigned", "another scheme", "rubbish"],
)
async def test_without_a_valid_token_nothing_is_answered(
    everybody: Everybody, method: Method, authorization: str
) -> None:
    """S1, S6: UNAUTHENTICATED, whatever else is said."""
    answered, _ = await everybody.answer(method, authorization=authorization, purpose="provide-service")
    assert answered == "UNAUTHENTICATED"


@every_method
async def test_token_without_a_scope_opens_nothing(everybody: Everybody, method: Method) -> None:
    """S1: the token is genuine and carries no scope."""
    assert not everybody.doors["audit"].scopes
    answered, _ = await everybody.answer(method, door="audit", relay="audit", purpose="provide-service")
    assert answered == "PERMISSION_DENIED"


@every_method
async def test_each_method_lets_in_whom_its_rule_names(everybody: Everybody, method: Method) -> None:
    """S1, S4: every kind of caller, by itself and relayed by every service, against the rule; nobody by accident."""
    rule = method.rule
    assert rule is not None
    wrong, let_in = [], 0
    services = [name for name, door in everybody.doors.items() if door.service]
    for name, door in everybody.doors.items():
        for relay in ("", *services):
            answered, _ = await everybody.answer(method, door=name, relay=relay, purpose="provide-service")
            named = not rule.services or relay in rule.services
            expected = _LET_IN if rule.scope in door.scopes and named else "PERMISSION_DENIED"
            let_in += expected == _LET_IN
            if answered != expected:
                wrong.append(f"{name} by {relay or 'itself'}: {answered}, not {expected}")
    assert not wrong
    # A rule that nobody can meet is a mistake too.
    assert let_in


@every_method
async def test_what_discloses_or_changes_facts_needs_a_purpose(everybody: Everybody, method: Method) -> None:
    """S12: absent or made up, the purpose is asked for by name; a wrong caller is not told that much."""
    rule = method.rule
    assert rule is not None
    relay = rule.services[0] if rule.services else ""
    door = next(name for name, one in everybody.doors.items() if rule.scope in one.scopes)
    without = await everybody.answer(method, door=door, relay=relay)
    if rule.purpose_required:
        assert without == ("INVALID_ARGUMENT", {"kith-purpose"})
    else:
        assert without[0] == _LET_IN
    made_up = await everybody.answer(method, door=door, relay=relay, purpose="curiosity")
    assert made_up == ("INVALID_ARGUMENT", {"kith-purpose"})
    assert await everybody.answer(method, door="audit") == ("PERMISSION_DENIED", set())


async def test_nobody_but_a_service_relays(everybody: Everybody) -> None:
    """S5: a token that is not a service's own proves no service, also beside a good one."""
    method = next(one for one in METHODS if one.name.endswith(".MatchCandidates"))
    for relay in ("system", "practitioner", "officer", "operator"):
        answered, _ = await everybody.answer(method, door="system", relay=relay, purpose="provide-service")
        assert answered == "UNAUTHENTICATED"


async def test_method_that_does_not_exist_is_said_not_to(everybody: Everybody) -> None:
    """No method is served that stands in no contract."""
    call: Any = everybody.kith.channels["child_index"].unary_unary(
        "/kith.childindex.v1.ChildIndexService/ListChildren"
    )
    metadata = await everybody.doors["operator"].caller.metadata("audit")
    with pytest.raises(AioRpcError) as refused:
        await call(b"", metadata=metadata, timeout=_SECONDS)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
