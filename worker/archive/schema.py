"""The tables, and why each key exists. One text for SQLite and PostgreSQL.

The tables are the schedule: what is due stands in `next_poll_at`, `catch_up_at`, `retry_at` and `file_due`; who works on
it stands in leases. Idempotence is the keys' work, not the code's.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    false,
    text,
    true,
)


class UtcDateTime(TypeDecorator[datetime]):
    """Aware UTC in Python; `timestamptz` in PostgreSQL, sortable text in SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)
# None is SQL NULL, never the JSON word null.
Json = JSON(none_as_null=True)
Id = BigInteger().with_variant(Integer, "sqlite")

# One row a host (name:port): the unit of politeness. Its lease lets one process at a time speak to it; a write of
# whoever lost the lease is refused by comparing the token. free_at: host_gap after the last exchange.
hosts = Table(
    "hosts",
    metadata,
    Column("name", String(300), primary_key=True),
    Column("lease_token", String(32)),
    Column("lease_until", UtcDateTime),
    Column("free_at", UtcDateTime),
    Column("retry_after_at", UtcDateTime),
    # The server turns its ETags weak and never accepts them back: ask with `W/` stripped.
    Column("strip_weak_etags", Boolean, nullable=False, server_default=false()),
)

feeds = Table(
    "feeds",
    metadata,
    Column("id", Id, primary_key=True),
    # url: as configured; poll_url: what is asked, another one when the feed moved for good.
    Column("url", Text, nullable=False, unique=True),
    Column("poll_url", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("host", String(300), ForeignKey("hosts.name"), nullable=False, index=True),
    Column("category", Text, nullable=False, server_default=""),
    Column("interval_s", Float, nullable=False),
    Column("origin", String(10), nullable=False),
    Column("stopped", Text, nullable=False, server_default=""),
    Column("title", Text, nullable=False, server_default=""),
    Column("added_at", UtcDateTime, nullable=False),
    Column("next_poll_at", UtcDateTime, nullable=False, index=True),
    Column("last_polled_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("last_outcome", String(20), nullable=False, server_default=""),
    Column("last_reason", Text, nullable=False, server_default=""),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("deaths", Integer, nullable=False, server_default="0"),
    Column("first_polled_at", UtcDateTime),
    Column("covered_from", UtcDateTime),
    Column("covered_id", BigInteger),
    Column("full_at", UtcDateTime),
    # A validator is saved only in the transaction that saves the entries it stands for.
    Column("validators_url", Text, nullable=False, server_default=""),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("body_hash", String(64), nullable=False, server_default=""),
    Column("window", Json, nullable=False),
    Column("ground", Json, nullable=False),
    Column("catch_up", Json),
    Column("catch_up_at", UtcDateTime, index=True),
    # Not used any more (see the table gaps); it is dropped when no feedwacht that writes it can be running.
    Column("gap", Text, nullable=False, server_default=""),
    Column("moved_to", Text, nullable=False, server_default=""),
    Column("moved_count", Integer, nullable=False, server_default="0"),
    Column("moved_since", UtcDateTime),
    # All that the feed showed as of its last full answer (no 304) whose window reached known ground is filed.
    Column("covered_to", UtcDateTime),
    # When articles come, by weekday and hour; what the feed says of its pace itself; and why the next poll is when it is.
    Column("rhythm", Json),
    Column("hints", Json),
    Column("pace_reason", Text, nullable=False, server_default=""),
    # Signs of trouble at the last polls; NULL = none.
    Column("symptoms", Json),
    # False: nobody named an interval, so the feed's own hints may stretch it.
    Column("interval_given", Boolean, nullable=False, server_default=true()),
    # Its validators said "unchanged" while it had news: it is polled without them.
    Column("lied_at", UtcDateTime),
    # When the last days are read again, and where that stands.
    Column("reread_at", UtcDateTime, index=True),
    Column("reread", Json),
    # By which means older entries can be read here, as far as it was tried.
    Column("ways", Json),
)

# Stretches in which articles may be missing: open while closed_at is NULL.
gaps = Table(
    "gaps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String(20), nullable=False, server_default=""),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("found", Integer, nullable=False, server_default="0"),
)

# What was proved complete beside the ongoing polls: by reading again, or by a backfill.
stretches = Table(
    "stretches",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime, nullable=False),
    Column("means", String(20), nullable=False),
    Column("read_at", UtcDateTime, nullable=False),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("found", Integer, nullable=False, server_default="0"),
    # What the site itself counts, and what of that could not be had.
    Column("total", Integer),
    Column("missing", Json),
)

# Readings of older articles that a person asked for; the cursor says where one goes on.
backfills = Table(
    "backfills",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("means", String(20), nullable=False),
    Column("from_at", UtcDateTime, nullable=False),
    Column("to_at", UtcDateTime, nullable=False),
    Column("cursor", Json),
    Column("state", String(10), nullable=False),
    Column("pages", Integer, nullable=False, server_default="0"),
    Column("found", Integer, nullable=False, server_default="0"),
    Column("filed", Integer, nullable=False, server_default="0"),
    Column("total", Integer),
    Column("missing", Json),
    Column("detail", Text, nullable=False, server_default=""),
    Column("started_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
)

# One row an article. url_key UNIQUE and (source, post_id) UNIQUE make "once" true whatever the code does.
records = Table(
    "records",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(16), nullable=False, unique=True),
    Column("url_key", Text, nullable=False, unique=True),
    Column("source", Text, nullable=False),
    Column("post_id", Text),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False, index=True),
    Column("published_at_from", String(10), nullable=False),
    Column("category", Text, nullable=False),
    Column("categories", Json, nullable=False),
    Column("tags", Json, nullable=False),
    Column("author", Text),
    Column("body", Text, nullable=False),
    Column("agency", Text),
    Column("ai_notice", Json),
    Column("excerpt", Boolean, nullable=False, server_default=false()),
    Column("source_line", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("day_local", String(10), nullable=False),
    Column("state_hash", String(64), nullable=False),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("first_seen_at", UtcDateTime, nullable=False, index=True),
    Column("changed_at", UtcDateTime, nullable=False),
    # Only silent first polls showed it so far: a feed that shows it as news still owes its alerts.
    Column("unheard", Boolean, nullable=False, server_default=false()),
    # The record file is written after the commit; until then it is owed here.
    Column("file_due", Boolean, nullable=False, server_default=true()),
    # Not used any more; it is dropped in a later step, when no feedwacht that writes it can be running.
    Column("search_text", Text, nullable=False),
    # Which form of the index its words stand in (see `searching.py`); another number = they are still to be indexed, and
    # until then every search looks at the record itself.
    Column("indexed_by", Integer, nullable=False, server_default="0", index=True),
    # Gone from the site since; the text is kept.
    Column("withdrawn_at", UtcDateTime),
    # Where the text comes from: "feed", "page", "rest".
    Column("body_from", String(10), nullable=False, server_default="feed"),
    # Of the current state: who showed it ("" = not known), what made it, and when the site says that it was modified.
    Column("seen_by", Text, nullable=False, server_default=""),
    Column("change", String(10), nullable=False, server_default=""),
    Column("modified_at", UtcDateTime),
    UniqueConstraint("source", "post_id"),
    Index("ix_records_file_due", "id", sqlite_where=text("file_due"), postgresql_where=text("file_due")),
)

# The words of a record, as the analyser sees them, parted by blanks. What finds them is made in step 0003: an FTS5 table
# `record_index` that follows by triggers in SQLite, a GIN index in PostgreSQL.
record_keys = Table(
    "record_keys",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("words", Text, nullable=False),
)

# Every url_key under which a record was ever shown, the first one included: renames find their record here.
record_urls = Table(
    "record_urls",
    metadata,
    Column("url_key", Text, primary_key=True),
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("url", Text, nullable=False),
    Column("first_seen_at", UtcDateTime, nullable=False),
)

# Earlier states of a record; the current one is the record itself.
revisions = Table(
    "revisions",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("state_hash", String(64), nullable=False),
    Column("state", Json, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("replaced_at", UtcDateTime, nullable=False),
    # As in `records`, of this state.
    Column("seen_by", Text, nullable=False, server_default=""),
    Column("change", String(10), nullable=False, server_default=""),
    Column("modified_at", UtcDateTime),
)

# What happened to a record beside its edits: for alerts, and for whoever asks why.
record_events = Table(
    "record_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(12), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("how", Text, nullable=False, server_default=""),
    Column("detail", Text, nullable=False, server_default=""),
)

# Articles whose own page is to be looked at: for its text, for an edit, or because it seems to be gone.
visits = Table(
    "visits",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("host", String(300), ForeignKey("hosts.name"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
    Column("reason", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("checks", Integer, nullable=False, server_default="0"),
    # Its alerts wait for the first attempt to get its text.
    Column("news", Boolean, nullable=False, server_default=false()),
    Column("etag", Text),
    Column("last_modified", Text),
    Column("page_hash", String(64), nullable=False, server_default=""),
    # The record's revision when the page was last looked at.
    Column("revision", Integer, nullable=False, server_default="0"),
    Column("missing_since", UtcDateTime),
    Column("detail", Text, nullable=False, server_default=""),
    # A backfill may leave tens of thousands; each tick asks whether any is due, and whether any alert waits.
    Index("ix_visits_host_due", "host", "due_at"),
    Index("ix_visits_news", "due_at", sqlite_where=text("news"), postgresql_where=text("news")),
)

# Entries as received, compressed, so that normalisation can be run again.
evidence = Table(
    "evidence",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("revision", Integer, primary_key=True),
    Column("feed_url", Text, nullable=False, server_default=""),
    Column("received_at", UtcDateTime, nullable=False),
    Column("kind", String(10), nullable=False),
    Column("content_type", Text, nullable=False, server_default=""),
    Column("base_url", Text, nullable=False, server_default=""),
    Column("body", LargeBinary, nullable=False),
)

# Which feeds showed a record, and in which state: two feeds that render differently do not look like edits.
sightings = Table(
    "sightings",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    # The URL, not an id: it outlives the feed's row, and imports bring it along.
    Column("feed_url", Text, primary_key=True),
    Column("state_hash", String(64), nullable=False),
    # Of the entry's bytes, "" = not known: the same bytes read by other rules are no edit.
    Column("digest", String(16), nullable=False, server_default=""),
    Column("first_seen_at", UtcDateTime, nullable=False),
)

# Two records that one entry pointed at: never merged, only linked.
record_links = Table(
    "record_links",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("other_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
)

# What was removed on purpose, so that it does not come back. One row for each url_key of the record.
tombstones = Table(
    "tombstones",
    metadata,
    Column("url_key", Text, primary_key=True),
    Column("key", String(16), nullable=False),
    Column("source", Text, nullable=False),
    Column("post_id", Text),
    Column("reason", Text, nullable=False),
    Column("removed_at", UtcDateTime, nullable=False),
    # The folder of the record file, until the file is gone.
    Column("file_day", String(10)),
    Index("ix_tombstones_source_post_id", "source", "post_id"),
)

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

# UNIQUE(subscription, record, kind): one alert however often a poll runs.
alerts = Table(
    "alerts",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("subscription_id", Id, ForeignKey("subscriptions.id"), nullable=False),
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("query", Text, nullable=False),
    Column("spans", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("subscription_id", "record_id", "kind"),
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
    UniqueConstraint("alert_id", "channel"),
    Index("ix_deliveries_due", "state", "retry_at"),
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
)

# What keeps a feed from telling us: silence, another kind of answer, failures. One open row a feed and kind.
troubles = Table(
    "troubles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", String(20), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("began_at", UtcDateTime, nullable=False),
    Column("over_at", UtcDateTime),
    Index(
        "uq_troubles_open",
        "feed_id",
        "kind",
        unique=True,
        sqlite_where=text("over_at IS NULL"),
        postgresql_where=text("over_at IS NULL"),
    ),
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
    UniqueConstraint("trouble_id", "phase", "channel"),
    Index("ix_notices_due", "state", "retry_at"),
)
