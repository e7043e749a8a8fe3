"""What work costs: the CPU time of this process and of all that it started, and their memory. Linux only."""

import resource
import time
from collections.abc import Callable, Iterable
from pathlib import Path

_PROC = Path("/proc")


def cpu_s(leave_out: Iterable[int] = ()) -> float:
    """CPU seconds of this process, of its children that ended, and of those that run, but for `leave_out`."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    own_s = time.process_time() + ended.ru_utime + ended.ru_stime
    return own_s + sum(_ran_s(process) for process in below("self", leave_out))


def spent_s(work: Callable[[], object], leave_out: Iterable[int] = ()) -> float:
    """The CPU seconds of a piece of work, wherever it was done."""
    before_s = cpu_s(leave_out)
    work()
    return cpu_s(leave_out) - before_s


def tree(process: int) -> list[int]:
    return [process, *below(process)]


def tree_cpu_s(process: int) -> float:
    """CPU seconds of a process and of its children that run."""
    return sum(_ran_s(one) for one in tree(process))


def pss_bytes(processes: Iterable[int]) -> int:
    """Their memory, with what several share counted once."""
    return sum(_field(f"{process}/smaps_rollup", "Pss:") for process in processes)


def rss_bytes(process: int | str = "self") -> int:
    return _field(f"{process}/status", "VmRSS:")


def peak_bytes(process: int | str = "self") -> int:
    """The most that it ever held at once."""
    return _field(f"{process}/status", "VmHWM:")


def below(process: int | str, leave_out: Iterable[int] = ()) -> list[int]:
    """The children of a process, and theirs."""
    found: list[int] = []
    waiting = _children(process)
    while waiting:
        one = waiting.pop()
        if one not in leave_out:
            found.append(one)
            waiting += _children(one)
    return found


def _children(process: int | str) -> list[int]:
    listed: list[int] = []
    for thread in (_PROC / str(process) / "task").iterdir():
        try:
            listed += map(int, (thread / "children").read_text().split())
        except OSError:  # the thread ended
            continue
    return listed


def _ran_s(process: int) -> float:
    """Of all its threads, also those that ended; finer than the ticks in /proc/PID/stat. Source: clock_getcpuclockid(3)."""
    try:
        return time.clock_gettime((~process << 3) | 2)
    except OSError:  # it ended meanwhile
        return 0.0


def _field(file: str, name: str) -> int:
    try:
        lines = (_PROC / file).read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(name)), 0)
