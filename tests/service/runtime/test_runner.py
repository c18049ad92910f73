"""The process runner with toy processes (RELIABILITY R1)."""

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from deploy.local.process import Process, ProcessFailed
from deploy.local.runner import Fleet
from tests.fixtures.eventually import eventually
from tests.service.runtime.processes import SERVE, gone, toy

NOTE = """
def note(word):
    with open(here.parent / "order", "a") as order:
        order.write(word + " ")
note(here.name)
"""
ON_STOP = "signal.signal(signal.SIGTERM, lambda *_: (note('-' + here.name), sys.exit()))\n"


def order(folder: Path) -> list[str]:
    return (folder / "order").read_text().split()


async def test_R1_started_after_their_dependencies_and_stopped_before_them(tmp_path: Path) -> None:
    code = NOTE + ON_STOP + SERVE
    rows = [
        toy("third", code, tmp_path, ["second", "first"]),
        toy("second", code, tmp_path, ["first"]),
        toy("first", code, tmp_path),
    ]
    async with Fleet(rows, tmp_path) as fleet:
        pids = [process.pid for process in fleet.processes]
    assert order(tmp_path) == ["first", "second", "third", "-third", "-second", "-first"]
    assert all(map(gone, pids))


async def test_one_shot_is_done_before_its_dependents_start(tmp_path: Path) -> None:
    migration = toy("migration", NOTE, tmp_path, one_shot=True)
    async with Fleet([toy("service", NOTE + SERVE, tmp_path, ["migration"]), migration], tmp_path) as fleet:
        assert order(tmp_path) == ["migration", "service"]
        fleet.check()


@pytest.mark.parametrize(
    ("code", "says"), [("sys.exit(3)", "exited with 3"), ("os.abort()", "exited with -6")]
)
@pytest.mark.parametrize("one_shot", [True, False])
async def test_R1_exit_at_start_fails_with_name_and_log(
    tmp_path: Path, code: str, says: str, one_shot: bool
) -> None:
    rows = [
        toy("well", SERVE, tmp_path),
        toy("ill", f"print('no such table', flush=True)\n{code}", tmp_path, ["well"], one_shot=one_shot),
        toy("later", SERVE, tmp_path, ["ill"]),
    ]
    with pytest.raises(ProcessFailed, match=rf"(?s)ill {says} .*no such table"):
        await Fleet(rows, tmp_path).__aenter__()
    await eventually(lambda: gone(int((tmp_path / "well").read_text())))
    assert not (tmp_path / "later").exists()


async def test_R1_exit_of_a_ready_process_fails_those_still_starting(tmp_path: Path) -> None:
    rows = [
        toy(
            "brief", "here.touch()\nwhile not (here.parent / 'slow pid').exists(): time.sleep(0.01)", tmp_path
        ),
        toy(
            "slow",
            "(here.parent / 'slow pid').write_text(str(os.getpid()))\ntime.sleep(600)",
            tmp_path,
            ["brief"],
        ),
    ]
    with pytest.raises(ProcessFailed, match="brief exited with 0"):
        await Fleet(rows, tmp_path).__aenter__()
    assert gone(int((tmp_path / "slow pid").read_text()))


BRIEF = "here.touch()\nwhile here.exists(): time.sleep(0.01)\nsys.exit(4)"
"""The code of a toy that ends by itself when its file is taken away."""


async def test_R1_exit_of_a_running_process_fails_the_run_at_its_end(tmp_path: Path) -> None:
    fleet = Fleet([toy("service", BRIEF, tmp_path)], tmp_path)
    await fleet.__aenter__()
    (tmp_path / "service").unlink()
    await eventually(lambda: not fleet.process("service").alive())
    with pytest.raises(ProcessFailed, match="service exited with 4"):
        await fleet.__aexit__(None, None, None)


async def test_R1_exit_of_a_running_process_ends_the_watch(tmp_path: Path) -> None:
    fleet = Fleet([toy("service", BRIEF, tmp_path)], tmp_path)
    await fleet.__aenter__()
    (tmp_path / "service").unlink()
    with pytest.raises(ProcessFailed, match="service exited with 4"):
        await asyncio.wait_for(fleet.watch(), 60)
    await fleet.stop()


async def test_not_ready_in_time_fails_with_the_name(tmp_path: Path) -> None:
    row = toy("slow", "print('still loading', flush=True)\ntime.sleep(600)", tmp_path, ready_within=1.0)
    with pytest.raises(ProcessFailed, match=r"(?s)slow was not ready within 1 s.*still loading"):
        await Fleet([row], tmp_path).__aenter__()


async def test_killed_on_purpose_is_no_failure_and_restart_keeps_the_log(tmp_path: Path) -> None:
    row = toy("service", "print('begun', flush=True)\n" + SERVE, tmp_path)
    async with Fleet([row], tmp_path) as fleet:
        service = fleet.process("service")
        before = service.pid
        await service.kill()
        assert gone(before)
        fleet.check()
        await service.restart()
        assert service.pid != before
        await eventually(lambda: service.log_tail().split() == ["begun", "begun"])


async def test_stop_kills_what_does_not_listen(tmp_path: Path) -> None:
    code = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SERVE
    async with Fleet([toy("deaf", code, tmp_path, stopped_within=0.2)], tmp_path) as fleet:
        pid = fleet.process("deaf").pid
    assert gone(pid)


async def test_stop_ends_a_paused_process(tmp_path: Path) -> None:
    async with Fleet([toy("paused", SERVE, tmp_path, stopped_within=0.2)], tmp_path) as fleet:
        pid = fleet.process("paused").pid
        fleet.process("paused").send(signal.SIGSTOP)
    assert gone(pid)


async def test_cancelled_start_leaves_nothing(tmp_path: Path) -> None:
    rows = [toy("first", SERVE, tmp_path), toy("never", "time.sleep(600)", tmp_path, ["first"])]
    start = asyncio.create_task(Fleet(rows, tmp_path).__aenter__())
    await eventually((tmp_path / "first").exists)
    start.cancel()
    with pytest.raises(asyncio.CancelledError):
        await start
    assert gone(int((tmp_path / "first").read_text()))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_end_of_the_runner_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    """Even of `kill -9`; postgres is among them since it changes its user and so has to renew its tie."""
    arguments = ["-m", "tests.service.runtime.orphans", str(tmp_path)]
    runner = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert runner.stdout
    pids = [int(pid) for pid in (await runner.stdout.readline()).split()]
    assert len(pids) == 2
    assert not any(map(gone, pids))
    runner.send_signal(number)
    await runner.wait()
    await eventually(lambda: all(map(gone, pids)))


async def test_command_that_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match=r"(?s)missing exited with 1.*/no/such/program: No such file"):
        await Fleet([Process("missing", ["/no/such/program"], one_shot=True)], tmp_path).__aenter__()


@pytest.mark.parametrize(
    ("dependencies", "says"),
    [({"a": ["b"], "b": ["a"]}, "circle"), ({"a": ["z"]}, "a depends on z"), ({"a": ["a"]}, "circle")],
)
def test_table_that_cannot_be_ordered_is_refused(
    tmp_path: Path, dependencies: dict[str, list[str]], says: str
) -> None:
    rows = [toy(name, SERVE, tmp_path, depends_on) for name, depends_on in dependencies.items()]
    with pytest.raises(ValueError, match=says):
        Fleet(rows, tmp_path)


def test_two_rows_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="same name"):
        Fleet([toy("a", SERVE, tmp_path), toy("a", SERVE, tmp_path)], tmp_path)
