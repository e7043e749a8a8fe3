"""The tables of records: their states, addresses, evidence, and what happens to them after they were filed."""

from sqlalchemy import (
    Boolean,
    Column,
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
    true,
)

from worker.archive.schema.base import Id, Json, UtcDateTime, metadata

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

# Which articles tell the same story: those with the same story_id, the id of the first of them. Only articles have a row
# that a subscription with `one_per_story` matched. sketch: what two texts are compared by, see `samestory.py`.
stories = Table(
    "stories",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("story_id", Id, nullable=False, index=True),
    Column("sketch", LargeBinary, nullable=False),
    Column("filed_at", UtcDateTime, nullable=False, index=True),
)

# Records that came in a quarantined window. twin_id: the record that the archive had under the earlier identity.
quarantined_records = Table(
    "quarantined_records",
    metadata,
    Column("record_id", Id, ForeignKey("records.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("quarantine_id", Id, ForeignKey("quarantines.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("twin_id", Id, ForeignKey("records.id", ondelete="CASCADE"), index=True),
)
