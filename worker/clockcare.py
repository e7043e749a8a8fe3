"""Keeping time: a process follows the clock, and when that was set, what the tables say of waiting is moved along.

    PostgreSQL: the server's clock is everybody's clock      SQLite: the machine's

So two machines whose clocks differ agree, and a clock that jumps by a day, in either direction, makes neither a storm nor
a standstill. ADR 31. Must not know who waits for what: that stands in `archive/clock.py`.
"""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from worker import logs
from worker.archive import Archive, Transaction
from worker.steadyclock import SystemClock, machine_time

KEPT, SET = "clock", "clock set"  # moments: the latest time that was noted, and when the clock was last found set
SLACK = timedelta(seconds=30)  # what a clock is put right by in steps; leases have as much to spare
NOTED_EVERY = timedelta(seconds=10)
DOUBT = timedelta(days=1)  # so long after it was set nothing is judged or cleared by its age
EARLIEST = datetime(2025, 1, 1, tzinfo=UTC)  # before that there was no feedwacht: a clock that says so was never set
_LOOK_S = 1.0


class TimeKeeper:
    """Of one process. Threads may call `keep` as often as they like."""

    def __init__(self, archive: Archive, clock: SystemClock) -> None:
        self._archive = archive
        self._clock = clock
        self._looked_s: float | None = None
        self._turn = threading.Lock()

    def keep(self) -> None:
        """Compare our time with the clock, and follow it. Raises: ArchiveError."""
        with self._turn:
            passed_s, looked_s = self._clock.passed_s(), self._looked_s
            if looked_s is None or passed_s - looked_s >= _LOOK_S:
                self._keep(first=looked_s is None)
                self._looked_s = passed_s

    def agree(self) -> None:
        """Go by the server's clock if there is a server; for a process that ends soon that is all. Raises: ArchiveError."""
        with self._archive.read() as tx:
            if (reads := tx.clock.reads()) is not None and not _never_set(reads):
                self._clock.put_right(reads - self._clock.now())

    def _keep(self, *, first: bool) -> None:
        seen = _look(self._archive, self._clock, first=first)
        if seen.is_set:
            _follow(self._archive, seen)
        elif seen.is_note_due:
            with self._archive.write() as tx:
                tx.fleet.note(KEPT, seen.goes_on)
        self._clock.put_right(seen.goes_on - seen.ours)


def is_in_doubt(tx: Transaction, now: datetime) -> bool:
    """Whether the clock was found set within the last day: then ages say nothing yet."""
    at = tx.fleet.moment(SET)
    return at is not None and abs(now - at) < DOUBT


def time_in(archive: Archive) -> datetime:
    """The time that the archive goes by, for whoever only looks. Raises: ArchiveError."""
    with archive.read() as tx:
        return tx.clock.reads() or machine_time()


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one look showed. reads: the clock; ours: the time that this process goes by; noted: what was last noted."""

    reads: datetime
    ours: datetime
    noted: datetime | None
    first: bool

    @property
    def goes_on(self) -> datetime:
        """The time to go by from now on: the clock's, unless nobody can have set it to that."""
        if not _never_set(self.reads):
            return self.reads
        return max(self.ours, self.noted or self.ours)

    @property
    def is_set(self) -> bool:
        """Whether it is another time than it can be. At first only what was noted shows it."""
        if not self.first or self.noted is None:
            return abs(self.goes_on - self.ours) > SLACK
        return self.goes_on < self.noted - SLACK or self.goes_on > self.noted + DOUBT

    @property
    def is_note_due(self) -> bool:
        return self.noted is None or abs(self.goes_on - self.noted) >= NOTED_EVERY


def _look(archive: Archive, clock: SystemClock, *, first: bool) -> _Seen:
    with archive.read() as tx:
        noted, reads = tx.fleet.moment(KEPT), tx.clock.reads() or clock.wall()
    return _Seen(reads=reads, ours=clock.now(), noted=noted, first=first)


def _follow(archive: Archive, seen: _Seen) -> None:
    """The clock was set: what waits is moved by whoever notices it first, and once.

    At the start of a process, that nobody was here for long looks the same as a clock that went ahead: nothing is moved.
    """
    with archive.write() as tx:
        tx.alone("clock")
        noted = tx.fleet.moment(KEPT)
        if noted is not None and abs(noted - seen.goes_on) <= SLACK:
            return  # another process has followed it
        before = noted if seen.first and noted is not None else seen.ours
        by_s = (seen.goes_on - before).total_seconds()
        if by_s < 0 or not seen.first:
            tx.clock.move(by_s, seen.goes_on)
        tx.fleet.note(SET, seen.goes_on)
        tx.fleet.note(KEPT, seen.goes_on)
    logs.line("clock", f"the clock is {by_s:+.0f} s from where it was when it was last noted", level="warning")


def _never_set(at: datetime) -> bool:
    return at < EARLIEST
