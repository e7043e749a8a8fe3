"""What stands in the archive, in numbers: for monitors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from worker.model.channels import ChannelState
from worker.model.fleet import Colleague


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One look at the archive. schema_version: "" = it is empty; size_bytes: of the database.

    feeds, deliveries, notices, subscriptions: numbers by state; troubles: open ones by kind. Numbers of rows are counted
    up to a bound (see `archive.figures.MOST`). feed_due_at: since when the feed that waits longest is due, those of
    servers that asked to be left alone left out; delivery_due_at: the same of deliveries.
    article_lag_s: the median time from an article's publication to its filing, None = none was filed lately.
    moments: when things last happened, by name.
    """

    at: datetime
    schema_version: str
    size_bytes: int
    records: int
    feeds: Mapping[str, int]
    feeds_due: int
    feeds_catching_up: int
    feed_due_at: datetime | None
    article_lag_s: float | None
    gaps: int
    troubles: Mapping[str, int]
    deliveries: Mapping[str, int]
    delivery_due_at: datetime | None
    notices: Mapping[str, int]
    channels: tuple[ChannelState, ...]
    subscriptions: Mapping[str, int]
    files_due: int
    unindexed: int
    colleagues: tuple[Colleague, ...]
    moments: Mapping[str, datetime]
