"""What work costs, told so that a busy machine changes nothing: of a few runs the one that took least counts.

A bound catches work that grows as it must not, so it is generous, and mostly the first run is below it already and ends
the matter. Two costs that are compared are least ones both.
"""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

RUNS = 3


def least_cpu_s(work: Callable[[], object], runs: int = RUNS) -> float:
    """CPU seconds of this process, the least of so many runs; one before them, for what is made once, does not count."""
    work()
    return min(_timed(time.process_time, work)[0] for _ in range(runs))


def check_cpu_s(most_s: float, work: Callable[[], T]) -> T:
    """One of a few runs takes fewer CPU seconds than that. Returns: what it gave."""
    return _checked(time.process_time, most_s, work)


def check_passed_s(most_s: float, work: Callable[[], T]) -> T:
    """One of a few runs is over in less time than that, its waiting included. Returns: what it gave."""
    return _checked(time.monotonic, most_s, work)


def _checked(clock: Callable[[], float], most_s: float, work: Callable[[], T]) -> T:
    took_s: list[float] = []
    for _ in range(RUNS):
        spent_s, given = _timed(clock, work)
        if spent_s < most_s:
            return given
        took_s.append(spent_s)
    raise AssertionError(f"not below {most_s} s: {', '.join(f'{one:.2f} s' for one in took_s)}")


def _timed(clock: Callable[[], float], work: Callable[[], T]) -> tuple[float, T]:
    began_s = clock()
    given = work()
    return clock() - began_s, given
