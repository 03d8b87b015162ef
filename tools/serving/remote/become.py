"""Run as a script: arranges to end with the process that started it, and becomes another command.

It imports nothing of ours, and so starts at once.
"""

import ctypes
import os
import signal
import sys

SET_PDEATHSIG = 1  # prctl's word for: a signal when the parent dies


def become(parent: int, command: list[str]) -> None:
    """Become a command, unless the parent is gone already.

    Args:
        parent: its process id; the system ends this process with the thread of it that started it (Linux).
        command: with its arguments.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() == parent:
        os.execvp(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
