"""Runs a channel's program and ends with whoever started it: a program of its own, started by `command.py`.

    python -I -S keeper.py LIFELINE PROGRAM [ARGUMENT]...

LIFELINE is the number of an open pipe whose other end the worker holds: when that closes, because the worker died however
it died, the whole process group ends. Knows nothing else of the worker, and imports nothing of it. A signal that a parent's
death brings (PR_SET_PDEATHSIG) would need code between fork and exec, which is not safe in a process with threads.
"""

import _thread
import os
import signal
import sys

PASSED_ON = ("PATH", "HOME", "LANG", "TZ")
OURS = "FEEDWACHT_"
CANNOT_BE_RUN, NOT_FOUND = 126, 127  # what shells say


def keep(lifeline: int, command: list[str]) -> None:
    """Run the command to its end, and end as it did."""
    os.set_inheritable(lifeline, False)
    _thread.start_new_thread(_end_with, (lifeline,))
    try:
        child = os.posix_spawnp(command[0], command, environment(os.environ))
    except OSError as error:
        os.write(1, f"{error.strerror}".encode())
        os._exit(NOT_FOUND if isinstance(error, FileNotFoundError) else CANNOT_BE_RUN)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code < 0:
        signal.signal(-code, signal.SIG_DFL) if -code not in (signal.SIGKILL, signal.SIGSTOP) else None
        os.kill(os.getpid(), -code)
    os._exit(abs(code))


def environment(present: "os._Environ[str]") -> dict[str, str]:
    """What the program gets to see: nothing that Python's own start needed or added."""
    return {name: value for name, value in present.items() if name in PASSED_ON or name.startswith(OURS)}


def _end_with(lifeline: int) -> None:
    os.read(lifeline, 1)
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    keep(int(sys.argv[1]), sys.argv[2:])
