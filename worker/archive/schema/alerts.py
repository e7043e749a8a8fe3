"""The tables of subscriptions and of the two outboxes: deliveries of alerts, and notices to the operator."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from worker.archive.schema.base import Id, Json, UtcDateTime, metadata

# A name may be used again after its subscription was removed; the alerts of the old one keep their history.
subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("canonical", Text, nullable=False),
    Column("channels", Json, nullable=False),
    Column("paused", Boolean, nullable=False, server_default=false()),
    Column("origin", String(10), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),
    Column("labels", Json, nullable=False, server_default="[]"),
    Column("note", Text, nullable=False, server_default=""),
    Column("owner", Text, nullable=False, server_default=""),
    # When it tells: at once, or in digests; never in the quiet hours but for urgent words; in this zone.
    Column("digest", Text, nullable=False, server_default=""),
    Column("quiet", Text, nullable=False, server_default=""),
    Column("urgent", Json, nullable=False, server_default="[]"),
    Column("timezone", Text, nullable=False, server_default="Europe/Berlin"),
    Column("max_alerts_per_hour", Integer, nullable=False, server_default="0"),
    Column("heartbeat", Text, nullable=False, server_default=""),
    Column("heartbeat_at", UtcDateTime, index=True),
    # Of what it tells beside new articles, and what it takes together.
    Column("on_edit", String(10), nullable=False, server_default="new-match"),
    Column("one_per_story", Boolean, nullable=False, server_default=false()),
    Index(
        "uq_subscriptions_name",
        "name",
        unique=True,
        sqlite_where=text("removed_at IS NULL"),
        postgresql_where=text("removed_at IS NULL"),
    ),
)

# Each change of a subscription under the number that the version counter had then: workers apply what is newer than
# their own number, people read who changed what. A number without a row was given by a feedwacht that kept no log.
subscription_changes = Table(
    "subscription_changes",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("subscription_id", Id, ForeignKey("subscriptions.id"), nullable=False, index=True),
    Column("kind", String(10), nullable=False),
    Column("editor", Text, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    # The fields that changed, as they were before.
    Column("before", Json, nullable=False),
)

# Counters that tell workers to look again, e.g. `subscriptions` after each change.
versions = Table(
    "versions",
    metadata,
    Column("name", String(30), primary_key=True),
    Column("value", BigInteger, nullable=False),
)

# UNIQUE(subscription, record, kind, occasion): one alert however often a poll runs. occasion: what tells follow-ups of one
# record apart (its revision, an event), or digests and heartbeats, which have no record (when they were due).
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subscription_id", Id, ForeignKey("subscriptions.id"), nullable=False),
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), index=True),
    Column("kind", String(20), nullable=False),
    Column("occasion", Text, nullable=False, server_default=""),
    Column("query", Text, nullable=False),
    Column("spans", Json, nullable=False),
    # What a kind says beside its spans: what an edit changed, what a heartbeat counted.
    Column("data", Json),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("subscription_id", "record_id", "kind", "occasion"),
    Index("ix_alerts_subscription_created", "subscription_id", "created_at"),
)

# The outbox. The id goes out as the webhook id and is the same for every attempt.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("alert_id", String(40), ForeignKey("alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", UtcDateTime, nullable=False),
    Column("lease_token", String(32)),
    Column("lease_until", UtcDateTime),
    # As first sent: a retry repeats it byte for byte, whatever became of the record meanwhile.
    Column("payload", LargeBinary),
    Column("detail", Text, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime),
    # Why it is held, "" = it is not; retry_at says until when.
    Column("held_for", String(12), nullable=False, server_default=""),
    # The delivery (of a digest, or of an alert about the same story) that takes it along and settles it.
    Column("carrier_id", String(40), index=True),
    # Which of the channel's recipients have it, NULL = none, or there is but one.
    Column("reached", Json),
    # A send was begun then and not settled yet: if its worker ended, nobody knows whether it arrived.
    Column("begun_at", UtcDateTime),
    UniqueConstraint("alert_id", "channel"),
    Index("ix_deliveries_due", "state", "retry_at"),
    Index("ix_deliveries_channel_due", "channel", "state", "retry_at"),
    Index(
        "ix_deliveries_leased",
        "lease_until",
        sqlite_where=text("lease_until IS NOT NULL"),
        postgresql_where=text("lease_until IS NOT NULL"),
    ),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("delivery_id", String(40), ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("took_s", Float, nullable=False),
    Column("result", String(10), nullable=False),
    Column("status", Integer),
    Column("detail", Text, nullable=False, server_default=""),
    # The beginning of what the other side answered.
    Column("answer", Text, nullable=False, server_default=""),
)

# How a channel is doing, one row from its first failure on: failures in a row and since when, until when nothing is
# tried, and whether it was given up. target: which address it was (a hash); another one starts anew.
channels = Table(
    "channels",
    metadata,
    Column("name", Text, primary_key=True),
    Column("target", String(16), nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("rest_until", UtcDateTime),
    Column("disabled_at", UtcDateTime),
    Column("detail", Text, nullable=False, server_default=""),
)

# What the operator is told of a trouble, one row a channel: when it begins, and when it is over.
notices = Table(
    "notices",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("trouble_id", Id, ForeignKey("troubles.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("phase", String(5), nullable=False),
    Column("channel", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("retry_at", UtcDateTime, nullable=False),
    Column("lease_token", String(32)),
    Column("lease_until", UtcDateTime),
    Column("payload", LargeBinary),
    Column("detail", Text, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("reached", Json),
    UniqueConstraint("trouble_id", "phase", "channel"),
    Index("ix_notices_due", "state", "retry_at"),
)
