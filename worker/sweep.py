"""Find whatever is due or stuck, so that somebody can be nudged. The tables say it; nothing is remembered here."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.archive import Archive
from worker.cadence import NEWS_WAIT
from worker.clockcare import is_in_doubt
from worker.pulse import SWEEP

FEEDS_A_NUDGE = 100
NUDGES_A_TICK = 12  # enough to wake four workers; whoever finds much goes on by himself
HURRIED_TICKS = 10  # who is polled at longer intervals does not mind to wait for one
_NOTED_EVERY = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Work that waits.

    feeds: to poll or to catch up, with hosts that have articles to visit, and alerts that waited long enough for a visit.
    deliveries, notices: channels that have some to send. held_over: what was held may leave, or a heartbeat is due.
    files: record files to write; unindexed: records are to be indexed. aged: it is time to look for what is kept for a
    time only. swept_at: when it was last noted that somebody looked, None = never.
    """

    feeds: int = 0
    deliveries: frozenset[str] = frozenset()
    notices: frozenset[str] = frozenset()
    held_over: bool = False
    files: int = 0
    unindexed: bool = False
    aged: bool = False
    swept_at: datetime | None = None

    @property
    def poll_nudges(self) -> int:
        """One nudge per hundred feeds: a task claims a batch itself."""
        return min(math.ceil(self.feeds / FEEDS_A_NUDGE), NUDGES_A_TICK)


def find_due(archive: Archive, now: datetime, *, files: bool, ages: bool = False) -> Due:
    """What is due now. files: record files are kept; ages: not everything is kept for ever.

    Raises: ArchiveError; SchemaMismatch: it is not for this feedwacht to say.
    """
    with archive.read() as tx:
        tx.fleet.admit()
        return Due(
            swept_at=tx.fleet.moment(SWEEP),
            feeds=tx.feeds.count_due(now, most=FEEDS_A_NUDGE * NUDGES_A_TICK)
            + tx.visits.count_due_hosts(now)
            + tx.visits.is_waiting(now - NEWS_WAIT),
            deliveries=frozenset(tx.outbox.due_channels(now)),
            notices=frozenset(tx.troubles.due_channels(now)),
            held_over=tx.held.is_due(now),
            files=tx.records.count_files_due() if files else 0,
            unindexed=tx.index.is_due(),
            aged=ages and tx.retention.is_due(now) and not is_in_doubt(tx, now),
        )


def hurried_in_s(archive: Archive, now: datetime, tick_s: float) -> float | None:
    """In how many seconds the first of those feeds is due for whose interval a tick is long; None = not before the next
    tick. Raises: ArchiveError.
    """
    with archive.read() as tx:
        at = tx.feeds.next_due_at(now, now + timedelta(seconds=tick_s), within_s=HURRIED_TICKS * tick_s)
    return (at - now).total_seconds() if at is not None else None


def note_sweep(archive: Archive, due: Due, now: datetime) -> None:
    """Somebody looked, and rang for what is due: noted every few seconds, by one process. Raises: ArchiveError."""
    if due.swept_at is None or not now - _NOTED_EVERY < due.swept_at <= now:
        with archive.write() as tx:
            tx.fleet.take_turn(SWEEP, now, now - _NOTED_EVERY)
