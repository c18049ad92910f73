"""What a measurement was made on and with; and what a process has used of it, as /proc says."""

import importlib.metadata
import os
import platform
from collections.abc import Iterable, Iterator
from pathlib import Path

_PROC = Path("/proc")


def machine() -> str:
    """Processor, cores, memory, system and Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GB, {platform.system()},"
        f" Python {platform.python_version()}"
    )


def versions(packages: Iterable[str]) -> str:
    """Packages with their versions."""
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)


def memory_mb(pid: int) -> float:
    """The memory of a process and its children; a page that several have counts for each in part (PSS)."""
    total = 0
    for one in _family(pid):
        try:
            lines = (_PROC / str(one) / "smaps_rollup").read_text(encoding="ascii").splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def processor_ms(pid: int) -> float:
    """The processor time that a process and its children have used."""
    fields = (_stat(one) for one in _family(pid))
    ticks = sum(int(stat[11]) + int(stat[12]) for stat in fields if stat)
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> Iterator[int]:
    for folder in _PROC.iterdir():
        if folder.name.isdigit():
            stat = _stat(int(folder.name))
            if stat and (int(folder.name) == pid or int(stat[1]) == pid):
                yield int(folder.name)


def _stat(pid: int) -> list[str]:
    """The fields of `stat` from the third on, the state; none if the process has gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _processor() -> str:
    try:
        lines = (_PROC / "cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
