"""Ties a process to the one that started it, so that nothing stays behind.

`python tether.py PARENT_PID COMMAND ARGUMENT...` becomes COMMAND; the kernel ends it when its parent ends,
even by `kill -9`. A command that changes its user loses the tie and takes it up again with `hold()`.

Linux ties a child to the *thread* that started it, so start processes from a thread that lives as long as
they may (the main thread). Elsewhere there is no such call: there, children of a runner killed by -9 must be
ended by hand.

This file is run by path, without site-packages, because it stands in front of every process: it imports
little.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_PARENT_VARIABLE = "TETHER_PARENT"


def command(argv: list[str]) -> list[str]:
    """The command line that runs `argv` tied to the calling process."""
    return [sys.executable, "-I", "-S", __file__, str(os.getpid()), *argv]


def hold(end: signal.Signals = signal.SIGKILL) -> None:
    """Have the kernel send `end` to this process when its parent ends.

    Exits at once if that has happened already. Does nothing in a process not started through `command`.
    """
    parent = os.environ.get(_PARENT_VARIABLE)
    if parent is None or not sys.platform.startswith("linux"):
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, int(end), 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != int(parent):
        sys.exit(1)


if __name__ == "__main__":
    os.environ[_PARENT_VARIABLE] = sys.argv[1]
    hold()
    try:
        os.execvp(sys.argv[2], sys.argv[2:])
    except OSError as error:
        sys.exit(f"{sys.argv[2]}: {error.strerror}")
