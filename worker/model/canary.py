"""The canary: a feed, a subscription and a channel of our own, by which the whole way of an article proves itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

CANARY = "feedwacht:canary"  # its source, subscription and channel
RESERVED = "feedwacht:"  # no name of the configuration, or of a command, begins like that
CANARY_ORIGIN = "canary"  # of its rows

_GRACE = timedelta(minutes=1)  # a tick, a lease that has to run out, a slow disk


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryState:
    """How the canary is doing. since: when it was set up; arrived_at: when its last alert arrived, None = none did yet;
    reason: why its feed could not be read at the last flight, "" = it could. feed_id, feed_url: of its feed.
    """

    feed_id: int
    feed_url: str
    every: timedelta
    since: datetime
    arrived_at: datetime | None = None
    reason: str = ""

    @property
    def last_at(self) -> datetime:
        """From when on its next alert is waited for."""
        return max(self.since, self.arrived_at) if self.arrived_at is not None else self.since

    def is_late(self, now: datetime) -> bool:
        """Whether two flights in a row came to nothing."""
        return now - self.last_at > 2 * self.every + _GRACE
