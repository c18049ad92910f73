"""`python -m deploy.local`, as `make run` calls it: what it says when it can't."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from deploy.local import ports, state_lock


async def run(home: Path, **settings: int) -> tuple[int | None, str]:
    """Run it on free ports but those given; return its exit code and all it said."""
    numbers = {name: number for name, number in ports.free(twins=False).items() if " " not in name} | settings
    environment = {f"KITH_{name.upper()}_PORT": str(number) for name, number in numbers.items()}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "deploy.local",
        env=os.environ | environment | {"KITH_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return process.returncode, output.decode()


async def test_port_in_use_is_one_line_before_anything_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, said = await run(tmp_path, gateway=port)
    assert code == 1
    assert said.startswith(f"Port {port} (gateway): ")
    assert said.count("\n") == 1
    assert not (tmp_path / "log").exists()


async def test_second_start_on_a_state_folder_is_one_line(tmp_path: Path) -> None:
    with state_lock.held(tmp_path):
        code, said = await run(tmp_path)
    assert code == 1
    assert said.startswith(f"Kith runs on {tmp_path} already, as process {os.getpid()}.")
    assert said.count("\n") == 1


async def test_state_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    home = tmp_path / "file" / "home"
    code, said = await run(home)
    assert code == 1
    assert said.startswith(f"{home} cannot be used: ")
    assert said.count("\n") == 1


async def test_state_folder_is_free_again_when_its_holder_is_gone(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("1")
    with state_lock.held(tmp_path):
        assert (tmp_path / "lock").read_text() == str(os.getpid())
