"""The tables of hosts and feeds: what is polled and when, what of it is proved complete, and what keeps it from telling us."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
    text,
    true,
)

from worker.archive.schema.base import Id, Json, UtcDateTime, metadata

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
    # How many leases in a row nobody gave back: their workers ended, perhaps by what this host answers.
    Column("abandoned", Integer, nullable=False, server_default="0"),
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
    # The canary's is found among thousands.
    Index("ix_feeds_origin", "origin"),
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

# What keeps a feed from telling us, or a channel from being heard. One open row a feed (or channel) and kind.
troubles = Table(
    "troubles",
    metadata,
    Column("id", Id, primary_key=True),
    # NULL: it is not about a feed, but about the channel of that name.
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), index=True),
    Column("channel", Text, nullable=False, server_default=""),
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
    Index(
        "uq_troubles_open_channel",
        "channel",
        "kind",
        unique=True,
        sqlite_where=text("over_at IS NULL AND feed_id IS NULL"),
        postgresql_where=text("over_at IS NULL AND feed_id IS NULL"),
    ),
)

# Windows whose every entry came with a new identity or a new date at once: no alert leaves until the operator decides.
quarantines = Table(
    "quarantines",
    metadata,
    Column("id", Id, primary_key=True),
    Column("feed_id", Id, ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("reason", String(10), nullable=False),
    Column("state", String(10), nullable=False),
    Column("noticed_at", UtcDateTime, nullable=False),
    Column("detail", Text, nullable=False, server_default=""),
    Column("decided_at", UtcDateTime),
    Column("decided_by", Text, nullable=False, server_default=""),
)
