"""A machine whose clock can be set, for stories about clocks: time passes on it only when told to."""

from datetime import datetime, timedelta

from tests.fakes import START
from worker.steadyclock import SystemClock


class Machine:
    """`passes`: time goes by, for both of its clocks. `set_clock`: somebody sets the one on the wall."""

    def __init__(self, start: datetime = START) -> None:
        self._wall = start
        self._passed_s = 0.0

    def wall(self) -> datetime:
        return self._wall

    def passed_s(self) -> float:
        return self._passed_s

    def passes(self, seconds: float) -> None:
        self._wall += timedelta(seconds=seconds)
        self._passed_s += seconds

    def set_clock(self, at: datetime) -> None:
        self._wall = at


class MachineClock(SystemClock):
    """The product's clock on such a machine. Waiting is time that passes."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(wall=machine.wall, passed=machine.passed_s)
        self._machine = machine

    def wait(self, seconds: float) -> None:
        self._machine.passes(max(seconds, 0.0))

    def advance(self, seconds: float = 0, **more: float) -> datetime:
        """As `FakeClock` has it, so that a house can stand on it."""
        self._machine.passes(timedelta(seconds=seconds, **more).total_seconds())
        return self.now()
