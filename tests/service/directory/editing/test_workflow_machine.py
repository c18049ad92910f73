"""Whatever owners and editors do, the public reads the last approved version or nothing (issue 7 item 5)."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    rule,
    run_state_machine_as_test,
)

from kith.directory.v1.entry_pb2 import Entry, Revision
from services.chassis.database import Connection
from services.chassis.errors import Failure
from services.directory.editing import store, workflow
from services.directory.editing.actor import Actor
from tests.fixtures.postgres import ServiceDatabases
from tests.service.directory.editing.test_publishing import SERVICE, Shop, opened

_PENDING: Final = (Revision.STATE_DRAFT, Revision.STATE_SUBMITTED)


@dataclass
class Model:
    """What a service must be by what was done."""

    id: UUID
    names: list[str]
    states: list[int]
    writers: list[set[str]]
    public: str | None = None
    state: int = Entry.STATE_DRAFT
    window: tuple[int | None, int | None] = (None, None)
    told: int = 0

    def supersede(self) -> None:
        """What waits for a decision waits no longer."""
        self.states = [Revision.STATE_SUPERSEDED if one in _PENDING else one for one in self.states]


class Workflow(RuleBasedStateMachine):
    """Owners and editors at one service after the other."""

    shop: Shop
    run: Callable[[Awaitable[Any]], Any]

    services = Bundle("services")

    def __init__(self) -> None:
        super().__init__()
        self.models: list[Model] = []
        self.hours = 0
        self.start = self.shop.now

    def actor(self, name: str) -> Actor:
        """An owner, or an editor of another organisation."""
        if name.startswith("editor"):
            return Actor(name, None, is_editor=True)
        return Actor(name, self.shop.organisation.id, is_editor=False)

    def do(self, work: Callable[[Connection], Awaitable[Any]]) -> Failure | None:
        """Do it in a transaction; the refusal, None if it was done."""

        async def done() -> Failure | None:
            try:
                async with self.shop.db.transaction() as connection:
                    await work(connection)
            except Failure as failure:
                return failure
            return None

        self.shop.tick(seconds=1)
        found: Failure | None = self.run(done())
        return found

    def value(self, name: str) -> dict[str, Any]:
        """A document."""
        return {
            "organization_id": str(self.shop.organisation.id),
            "name": name,
            "status": "active",
            "kith": {"kind": "KIND_COMMUNITY"},
        }

    @rule(target=services, who=st.sampled_from(["owner", "editor-1"]))
    def create(self, who: str) -> Model:
        model = Model(uuid4(), ["v1"], [Revision.STATE_DRAFT], [{who}])
        owner = self.shop.organisation.id
        assert not self.do(
            lambda c: workflow.create(
                c, self.actor(who), SERVICE, model.id, owner, self.value("v1"), "", self.shop.now
            )
        )
        self.models.append(model)
        return model

    @rule(model=services, who=st.sampled_from(["owner", "colleague", "editor-1"]))
    def update(self, model: Model, who: str) -> None:
        number = len(model.names) + 1

        async def work(connection: Connection) -> None:
            etag = (await store.entries(connection, [model.id]))[model.id].etag
            value = self.value(f"v{number}")
            await workflow.update(
                connection, self.actor(who), model.id, SERVICE, value, "", etag, self.shop.now
            )

        assert not self.do(work)
        model.supersede()
        model.names.append(f"v{number}")
        model.states.append(Revision.STATE_DRAFT)
        model.writers.append({who})

    @rule(model=services, who=st.sampled_from(["owner", "editor-1"]), back=st.integers(0, 2))
    def submit(self, model: Model, who: str, back: int) -> None:
        number = max(1, len(model.names) - back)
        refused = self.do(lambda c: workflow.submit(c, self.actor(who), model.id, number, self.shop.now))
        assert (refused is None) == (model.states[number - 1] == Revision.STATE_DRAFT)
        if refused is None:
            model.states[number - 1] = Revision.STATE_SUBMITTED
            model.writers[number - 1].add(who)

    @rule(
        model=services,
        who=st.sampled_from(["editor-1", "editor-2"]),
        back=st.integers(0, 2),
        yes=st.booleans(),
    )
    def decide(self, model: Model, who: str, back: int, yes: bool) -> None:
        number = max(1, len(model.names) - back)
        decide = workflow.approve if yes else workflow.reject
        refused = self.do(lambda c: decide(c, self.actor(who), model.id, number, "", self.shop.now))
        waits = model.states[number - 1] == Revision.STATE_SUBMITTED
        assert (refused is None) == (waits and who not in model.writers[number - 1])
        if refused is not None:
            assert refused.reason == ("OWN_SUBMISSION" if waits else "REVISION_STATE")
        elif yes:
            model.states[number - 1] = Revision.STATE_APPROVED
            model.public = model.names[number - 1]
            if model.state != Entry.STATE_TEMPORARILY_CLOSED:
                model.state = Entry.STATE_PUBLISHED
        else:
            model.states[number - 1] = Revision.STATE_REJECTED

    @rule(model=services)
    def withdraw(self, model: Model) -> None:
        assert not self.do(lambda c: workflow.withdraw(c, self.actor("owner"), model.id, "", self.shop.now))
        if model.state != Entry.STATE_WITHDRAWN:
            model.supersede()
            model.state = Entry.STATE_WITHDRAWN

    @rule(model=services, close=st.booleans())
    def close_or_reopen(self, model: Model, close: bool) -> None:
        shown = model.state in {Entry.STATE_PUBLISHED, Entry.STATE_TEMPORARILY_CLOSED}
        now = self.shop.now

        def turned(entry: Any) -> Any:
            return entry.closed(now) if close else entry.reopened(now)

        refused = self.do(lambda c: workflow.turn(c, self.actor("colleague"), model.id, turned, now))
        assert (refused is None) == shown
        if shown:
            model.state = Entry.STATE_TEMPORARILY_CLOSED if close else Entry.STATE_PUBLISHED

    @rule(
        model=services,
        begin=st.none() | st.integers(-30, 30),
        length=st.none() | st.integers(1, 30),
    )
    def set_visibility(self, model: Model, begin: int | None, length: int | None) -> None:
        first = None if begin is None else self.hours + begin
        last = None if length is None else (self.hours if first is None else first) + length
        times = [
            None if hour is None else self.start + timedelta(hours=hour, minutes=30) for hour in (first, last)
        ]
        now = self.shop.now
        assert not self.do(
            lambda c: workflow.turn(
                c, self.actor("owner"), model.id, lambda e: e.visible(times[0], times[1], now), now
            )
        )
        model.window = (first, last)

    @rule(hours=st.integers(1, 20))
    def time_passes(self, hours: int) -> None:
        self.hours += hours
        self.shop.now = self.start + timedelta(hours=self.hours)

        async def turn() -> None:
            async with self.shop.db.connection() as connection:
                await self.shop.timing.turn(connection)

        self.run(turn())

    @rule(model=consumes(services))
    def leave_alone(self, model: Model) -> None:
        """Turn to another one; this one stays as it is."""

    @invariant()
    def the_public_reads_the_last_approved_version_or_nothing(self) -> None:
        found = self.run(self._public())
        for model in self.models:
            text, told = found.get(model.id, (None, 0))
            expected = self._expected(model)
            read = json.loads(text) if text else {}
            closed = model.state == Entry.STATE_TEMPORARILY_CLOSED
            assert read.get("name") == expected
            assert read.get("status") == ("temporarily closed" if closed else "active") or expected is None
            # Events are numbered without gaps, and each change of what is read is one.
            assert told >= model.told
            model.told = told

    def _expected(self, model: Model) -> str | None:
        first, last = model.window
        begun = first is None or self.hours > first
        over = last is not None and self.hours > last
        shown = model.state in {Entry.STATE_PUBLISHED, Entry.STATE_TEMPORARILY_CLOSED}
        return model.public if shown and begun and not over else None

    async def _public(self) -> dict[UUID, tuple[str | None, int]]:
        async with self.shop.db.connection() as connection:
            rows = await connection.fetch(
                """
                SELECT p.id, p.full_json, p.version, array_agg(o.version ORDER BY o.position) AS told
                  FROM publication AS p
                  JOIN chassis.outbox AS o ON o.key = p.id
                 WHERE p.kind = 2 AND p.id = ANY($1::uuid[])
                 GROUP BY p.id, p.full_json, p.version
                """,
                [model.id for model in self.models],
            )
        for row in rows:
            assert row["told"] == list(range(1, row["version"] + 1))
        return {row["id"]: (row["full_json"], row["version"]) for row in rows}


@pytest.fixture
def machine(postgres: object, service_database: ServiceDatabases) -> Iterator[type[Workflow]]:
    """The machine on a database of its own and an event loop of its own."""
    with asyncio.Runner() as runner:
        stack = AsyncExitStack()

        async def enter() -> Shop:
            return await stack.enter_async_context(opened(service_database))

        async def run(work: Awaitable[Any]) -> Any:
            return await work

        shop = runner.run(enter())
        yield type(
            "Machine", (Workflow,), {"shop": shop, "run": staticmethod(lambda work: runner.run(run(work)))}
        )
        runner.run(stack.aclose())


def test_whatever_is_done_the_public_reads_what_was_approved(machine: type[Workflow]) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
