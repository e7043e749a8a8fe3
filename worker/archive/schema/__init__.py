"""The tables, and why each key exists. One text for SQLite and PostgreSQL.

The tables are the schedule: what is due stands in `next_poll_at`, `catch_up_at`, `retry_at` and `file_due`; who works on
it stands in leases. Idempotence is the keys' work, not the code's.
"""

from worker.archive.schema.alerts import (
    alerts,
    attempts,
    channels,
    deliveries,
    notices,
    subscription_changes,
    subscriptions,
    versions,
)
from worker.archive.schema.base import Id, Json, UtcDateTime, metadata
from worker.archive.schema.feeds import backfills, feeds, gaps, hosts, quarantines, stretches, troubles
from worker.archive.schema.fleet import moments, workers
from worker.archive.schema.records import (
    evidence,
    quarantined_records,
    record_events,
    record_keys,
    record_links,
    record_urls,
    records,
    revisions,
    sightings,
    stories,
    tombstones,
    visits,
)

__all__ = [
    "Id",
    "Json",
    "UtcDateTime",
    "alerts",
    "attempts",
    "backfills",
    "channels",
    "deliveries",
    "evidence",
    "feeds",
    "gaps",
    "hosts",
    "metadata",
    "moments",
    "notices",
    "quarantined_records",
    "quarantines",
    "record_events",
    "record_keys",
    "record_links",
    "record_urls",
    "records",
    "revisions",
    "sightings",
    "stories",
    "stretches",
    "subscription_changes",
    "subscriptions",
    "tombstones",
    "troubles",
    "versions",
    "visits",
    "workers",
]
