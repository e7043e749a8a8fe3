"""Whether the work is being done just now, from a handful of rows: who is at work, the last sweep, what waits too long.

A few indexed queries, whatever the size of the archive, so that a health check may ask every minute. What else has to
hold is `health.py`. Must not know words, nor what anybody does about it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from worker.archive import Transaction
from worker.model import CanaryState, Colleague

ABSENT = timedelta(minutes=1)  # a process reports every ten seconds; one that missed six reports is gone or stuck
LATE = timedelta(minutes=10)  # what is due for longer than this was forgotten
SWEEP = "sweep"  # the moment that whoever carries out a tick notes
POLLING = ("run", "worker")  # roles that do the work
TICKING = ("run", "beat")  # roles that wake them


@dataclass(frozen=True, slots=True, kw_only=True)
class Pulse:
    """What the tables say of the work at `now`.

    workers: every process that reported and did not say goodbye. swept_at: when a tick was last carried out, None =
    never. feed_waits_since, delivery_waits_since: since when the longest waiting one is due, None = none is; those of
    hosts and channels that rest are left out. canary: None = it is off.
    """

    now: datetime
    workers: tuple[Colleague, ...] = ()
    swept_at: datetime | None = None
    feed_waits_since: datetime | None = None
    delivery_waits_since: datetime | None = None
    canary: CanaryState | None = None

    @property
    def living(self) -> tuple[Colleague, ...]:
        """Processes that reported within the last minute."""
        return tuple(one for one in self.workers if one.seen_at > self.now - ABSENT)

    @property
    def pollers(self) -> tuple[Colleague, ...]:
        """Those of them whose work it is to poll, whether they take work just now or not."""
        return tuple(one for one in self.living if works_off(one, "poll"))

    @property
    def feed_waits_s(self) -> float:
        """For how long the longest waiting feed is due; 0 = none is."""
        return self._since(self.feed_waits_since)

    @property
    def delivery_waits_s(self) -> float:
        """For how long the longest waiting delivery is due; 0 = none is."""
        return self._since(self.delivery_waits_since)

    @property
    def unswept_since(self) -> datetime | None:
        """Since when no tick was carried out although somebody lives; None = all is well, or nobody lives.

        Before the first sweep of all it counts from the start of the process that is longest at work.
        """
        if not self.living:
            return None
        since = self.swept_at or min(one.started_at for one in self.living)
        return since if since <= self.now - ABSENT else None

    @property
    def unattended_since(self) -> datetime | None:
        """Since when a feed is due that nobody is there to poll; None = somebody is, or nothing waits for a minute."""
        return self._unattended("poll", self.feed_waits_since)

    @property
    def undelivered_since(self) -> datetime | None:
        """Since when a delivery is due that nobody is there to send, likewise."""
        return self._unattended("deliver", self.delivery_waits_since)

    @property
    def canary_late_since(self) -> datetime | None:
        """Since when the canary has been waited for in vain; None = it is in time, or off."""
        return self.canary.last_at if self.canary is not None and self.canary.is_late(self.now) else None

    def _unattended(self, queue: str, since: datetime | None) -> datetime | None:
        at_work = any(works_off(one, queue) and not one.idle_reason for one in self.living)
        return since if not at_work and since is not None and since <= self.now - ABSENT else None

    def _since(self, at: datetime | None) -> float:
        return max(0.0, (self.now - at).total_seconds()) if at is not None else 0.0


def works_off(one: Colleague, queue: str) -> bool:
    """Whether a process does this work (poll, deliver): all but a worker of another queue, which has it in its name."""
    return one.role in POLLING and one.name.partition("@")[0] in (one.role, f"{one.role}-{queue}")


def feel(tx: Transaction, now: datetime) -> Pulse:
    """The pulse now. Raises: ArchiveError."""
    return Pulse(
        now=now,
        workers=tuple(tx.fleet.all()),
        swept_at=tx.fleet.moment(SWEEP),
        feed_waits_since=tx.feeds.waiting_since(now),
        delivery_waits_since=tx.outbox.oldest_due_at(now),
        canary=tx.canary.state(),
    )
