"""Whether time tells a hit that a shield hides from a miss: the area under the ROC curve, .5 if it tells nothing (S4).

    python -m tests.bench.shields

In this process, on a database of its own, with nothing else running: what a caller could measure over a network is
coarser than this. Hits and misses come in random order; both are of the same form, and only one in each pair has what
is hidden of a shielded child in it. A registration is measured as it is answered, and also the work alone, which is
what `services.child_index.even_time` is there to cover.
"""

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from pathlib import Path
from unittest import mock

from deploy.local.postgres import Postgres
from services.child_index import service
from tests.fixtures.postgres import ServiceDatabases
from tests.service.child_index.auc import auc
from tests.service.child_index.hidden import Hidden, plant, questions, somebody
from tests.service.child_index.index import Index, agency, child, new_keyring, person, replica

_SENDER, _SEARCHER = agency(7), agency(8)
_WARM_UP = 50

Call = Callable[[], Awaitable[object]]


async def main(children: int, shielded: int, trials: int) -> None:
    """Fill an index, then measure searches and registrations; prints a line for each."""
    rng = random.Random(9)
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder), fsync=True)
        try:
            made = await ServiceDatabases(server, Path(folder))("child_index")
            async with replica(made.app_url_file, new_keyring()) as index:
                hidden = [somebody(rng) for _ in range(shielded)]
                for one in hidden:
                    await plant(index, one, shield=True)
                for _ in range(children):
                    await plant(index, somebody(rng), shield=False)
                await _measured("search", _searches(index, hidden, rng, trials), rng)
                with mock.patch.object(service, "even_time", _at_once):
                    await _measured("registration, work alone", _registrations(index, hidden, rng), rng)
                fresh = [somebody(rng) for _ in range(shielded)]
                for one in fresh:
                    await plant(index, one, shield=True)
                await _measured("registration, as answered", _registrations(index, fresh, rng), rng)
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


async def _measured(name: str, calls: Iterable[tuple[bool, Call]], rng: random.Random) -> None:
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
    print(
        f"{name:<28} AUC {auc(hits, misses):.3f}   median {statistics.median(hits) * 1000:.2f} ms hit, "
        f"{statistics.median(misses) * 1000:.2f} ms miss   {len(hits) + len(misses)} trials",
        flush=True,
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--children", type=int, default=2000, help="children nobody shields")
    parser.add_argument("--shielded", type=int, default=1000)
    parser.add_argument("--trials", type=int, default=4000, help="searches")
    asked = parser.parse_args()
    asyncio.run(main(asked.children, asked.shielded, asked.trials))
