"""The time of this process: what the machine's clock said, and from then on the time that really passed.

A clock that is set while we work changes nothing here, until `clockcare.py` has taken care of what the tables say and
calls `put_right`. Owns the two clocks of the machine; must not know the tables.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def machine_time() -> datetime:
    """The machine's clock, which may be set at any moment."""
    return datetime.now(UTC)


def passed_s() -> float:
    """Seconds that passed since some moment, sleep of the machine included where it counts that; never set by anybody."""
    return time.clock_gettime(_PASSING)


_PASSING = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class WallClock:
    """`model.Clock` of a process that decides nothing by it: the machine's clock, however it is set."""

    def now(self) -> datetime:
        return machine_time()

    def wait(self, seconds: float) -> None:
        time.sleep(max(seconds, 0.0))


class SystemClock:
    """`model.Clock` of a process. `wait` ends early when the process is stopping. Safe to share between threads.

    wall, passed: the machine's clocks, which tests set.
    """

    def __init__(
        self,
        stopping: threading.Event | None = None,
        *,
        wall: Callable[[], datetime] = machine_time,
        passed: Callable[[], float] = passed_s,
    ) -> None:
        self.wall = wall
        self.passed_s = passed
        self._stopping = stopping or threading.Event()
        self._since = wall(), passed()  # together, so that a reader never mixes two

    def now(self) -> datetime:
        at, passed = self._since
        return at + timedelta(seconds=self.passed_s() - passed)

    def put_right(self, by: timedelta) -> None:
        """It is so much later than we thought."""
        at, passed = self._since
        self._since = at + by, passed

    def wait(self, seconds: float) -> None:
        self._stopping.wait(max(seconds, 0.0))
