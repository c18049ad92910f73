"""Whether time tells a hit that a shield hides from a miss: the area under the ROC curve, .5 if it tells nothing (S4).

In this process, on a database of its own, with nothing else running: what a caller could measure over a network is
coarser than this. Hits and misses come in random order; both are of the same form, and only one in each pair has what
is hidden of a shielded child in it. A registration is measured as it is answered, and also the work alone, which is
what `services.child_index.even_time` is there to cover.
"""

import random
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from unittest import mock

from deploy.local.postgres import Postgres
from services.child_index import service
from tests.bench.part import Part
from tests.bench.report import Report
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.auc import auc
from tests.service.child_index.hidden import Hidden, plant, questions, somebody
from tests.service.child_index.index import Index, agency, child, new_keyring, person, replica

_SENDER, _SEARCHER = agency(7), agency(8)
_WARM_UP = 50

Call = Callable[[], Awaitable[object]]


async def measure(folder: Path, size: int, report: Report) -> None:
    """Fill an index, then measure searches and registrations."""
    rng = random.Random(9)
    shielded, trials = size // 2, 2 * size
    server = Postgres.start(folder / "postgres", fsync=True)
    try:
        made = await ServiceDatabases(server, folder)("child_index")
        async with replica(made.app_url_file, new_keyring()) as index:
            hidden = [somebody(rng) for _ in range(shielded)]
            for one in hidden:
                await plant(index, one, shield=True)
            for _ in range(size):
                await plant(index, somebody(rng), shield=False)
            report.remark(f"{size:,} children that nobody shields and {shielded:,} that are shielded")
            await _measured("search", _searches(index, hidden, rng, trials), rng, report)
            with mock.patch.object(service, "even_time", _at_once):
                await _measured("registration, work alone", _registrations(index, hidden, rng), rng, report)
            fresh = [somebody(rng) for _ in range(shielded)]
            for one in fresh:
                await plant(index, one, shield=True)
            await _measured("registration, as answered", _registrations(index, fresh, rng), rng, report)
    finally:
        server.stop()


def _searches(
    index: Index, hidden: list[Hidden], rng: random.Random, trials: int
) -> Iterable[tuple[bool, Call]]:
    caller = person(_SEARCHER)
    for number in range(trials // 10):
        one = hidden[number % len(hidden)]
        for hit, miss in zip(questions(one, one), questions(one, somebody(rng)), strict=True):
            yield True, partial(index.find, caller, hit)
            yield False, partial(index.find, caller, miss)


def _registrations(index: Index, hidden: list[Hidden], rng: random.Random) -> Iterable[tuple[bool, Call]]:
    """By a shielded child's other name at its address, or by a name nobody has at one nobody has."""
    for one in hidden:
        for is_hit, known in ((True, one), (False, somebody(rng))):
            facts = child(one.given, known.alias, born=known.born, postcode=known.postcode)
            facts.school_name = f"{known.alias} School"
            yield is_hit, partial(index.register, _SENDER, facts)


async def _at_once(_: float) -> None:
    """In place of `even_time`."""


async def _measured(
    name: str, calls: Iterable[tuple[bool, Call]], rng: random.Random, report: Report
) -> None:
    shuffled = list(calls)
    rng.shuffle(shuffled)
    seconds: dict[bool, list[float]] = {True: [], False: []}
    for number, (is_hit, call) in enumerate(shuffled):
        began = time.perf_counter()
        await call()
        passed = time.perf_counter() - began
        if number >= _WARM_UP:
            seconds[is_hit].append(passed)
    hits, misses = seconds[True], seconds[False]
    report.add(f"{name}: area under the curve", auc(hits, misses))
    report.durations(f"{name}, a hit that is hidden", [1000 * one for one in hits])
    report.durations(f"{name}, a miss", [1000 * one for one in misses])


PART = Part(
    "shields",
    "Whether time tells what a shield hides",
    "children, half as many of them shielded",
    small=1_000,
    full=10_000,
    measure=measure,
)
