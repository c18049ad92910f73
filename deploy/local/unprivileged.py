"""Leaving root for the user `nobody`: PostgreSQL refuses to run as root, and `make run` must work as root.

No user is added to the machine and no folder is opened to others. Where the program or its data lie in
folders that `nobody` cannot enter (a checkout under /root), the process keeps the one capability that lets
it, CAP_DAC_OVERRIDE.
"""

import ctypes
import os
import pwd
from collections.abc import Sequence
from pathlib import Path

_PR_SET_KEEPCAPS, _PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE = 8, 47, 2
_CAP_DAC_OVERRIDE = 1
_CAPABILITY_VERSION_3 = 0x20080522


class _Header(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _Sets(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def become_nobody(own: Sequence[Path], reach: Sequence[Path]) -> None:
    """Give the folders `own` and all in them to `nobody`, and become it for good, able to reach `reach`."""
    nobody = pwd.getpwnam("nobody")
    for folder in own:
        _give(folder, nobody.pw_uid, nobody.pw_gid)
    keep = not all(_open_to_others(path) for path in reach)
    libc = ctypes.CDLL(None, use_errno=True)
    if keep:
        _checked(libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl(PR_SET_KEEPCAPS)")
    os.setgroups([])
    os.setgid(nobody.pw_gid)
    os.setuid(nobody.pw_uid)
    if keep:
        sets = (_Sets * 2)()
        sets[0].effective = sets[0].permitted = sets[0].inheritable = 1 << _CAP_DAC_OVERRIDE
        _checked(libc.capset(ctypes.byref(_Header(_CAPABILITY_VERSION_3, 0)), sets), "capset")
        raised = libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, _CAP_DAC_OVERRIDE, 0, 0)
        _checked(raised, "prctl(PR_CAP_AMBIENT)")


def _give(folder: Path, user: int, group: int) -> None:
    os.chown(folder, user, group)
    for parent, folders, files in os.walk(folder):
        for name in folders + files:
            os.chown(Path(parent, name), user, group, follow_symlinks=False)


def _open_to_others(path: Path) -> bool:
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _checked(result: int, call: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), call)
