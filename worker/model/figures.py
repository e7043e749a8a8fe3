"""What stands in the archive, in numbers: for monitors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.model.canary import CanaryState
from worker.model.channels import ChannelState
from worker.model.fleet import Colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look at the archive. schema_version: "" = it is empty; size_bytes: of the database.

    feeds, deliveries, notices, subscriptions: numbers by state; troubles: open ones by kind. Numbers of rows are counted
    up to a bound (see `archive.figures.MOST`). feed_waits_s, delivery_waits_s: for how long the longest waiting one has
    been due, 0 = none is. article_lag_s: the median time from publication to filing of what was news, None = none was
    filed lately. swept_at: when a tick was last carried out, None = never; canary: None = it is off.
    """

    at: datetime
    schema_version: str
    size_bytes: int
    records: int
    feeds: Mapping[str, int]
    feeds_due: int
    feeds_catching_up: int
    feed_waits_s: float
    article_lag_s: float | None
    gaps: int
    troubles: Mapping[str, int]
    deliveries: Mapping[str, int]
    delivery_waits_s: float
    notices: Mapping[str, int]
    channels: tuple[ChannelState, ...]
    subscriptions: Mapping[str, int]
    files_due: int
    unindexed: int
    colleagues: tuple[Colleague, ...]
    swept_at: datetime | None
    canary: CanaryState | None
