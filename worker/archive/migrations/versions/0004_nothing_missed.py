"""Coverage with its gaps, the pace and the troubles of feeds, and what becomes of an article after it was filed."""

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from worker.archive.schema import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "record_events",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("how", sa.Text(), server_default="", nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["record_id"], ["records.id"], name=op.f("fk_record_events_record_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_record_events")),
    )
    op.create_index(op.f("ix_record_events_record_id"), "record_events", ["record_id"], unique=False)
    op.create_table(
        "visits",
        sa.Column(
            "record_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("host", sa.String(length=300), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("checks", sa.Integer(), server_default="0", nullable=False),
        sa.Column("news", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("page_hash", sa.String(length=64), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing_since", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["host"], ["hosts.name"], name=op.f("fk_visits_host")),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_visits_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_visits")),
    )
    op.create_index(op.f("ix_visits_due_at"), "visits", ["due_at"], unique=False)
    op.create_index("ix_visits_host_due", "visits", ["host", "due_at"], unique=False)
    op.create_index(
        "ix_visits_news",
        "visits",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("news"),
        postgresql_where=sa.text("news"),
    )
    op.create_table(
        "backfills",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("cursor", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("filed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("missing", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_backfills_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backfills")),
    )
    op.create_index(op.f("ix_backfills_feed_id"), "backfills", ["feed_id"], unique=False)
    op.create_table(
        "gaps",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.Column("closed_by", sa.String(length=20), server_default="", nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_gaps_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
    )
    op.create_index(op.f("ix_gaps_feed_id"), "gaps", ["feed_id"], unique=False)
    op.create_table(
        "stretches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("from_at", UtcDateTime(), nullable=False),
        sa.Column("to_at", UtcDateTime(), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("read_at", UtcDateTime(), nullable=False),
        sa.Column("pages", sa.Integer(), server_default="0", nullable=False),
        sa.Column("found", sa.Integer(), server_default="0", nullable=False),
        sa.Column("total", sa.Integer(), nullable=True),
        sa.Column("missing", sa.JSON(none_as_null=True), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_stretches_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stretches")),
    )
    op.create_index(op.f("ix_stretches_feed_id"), "stretches", ["feed_id"], unique=False)
    op.create_table(
        "troubles",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("feed_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("over_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_troubles_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_troubles")),
    )
    op.create_index(op.f("ix_troubles_feed_id"), "troubles", ["feed_id"], unique=False)
    op.create_index(
        "uq_troubles_open",
        "troubles",
        ["feed_id", "kind"],
        unique=True,
        sqlite_where=sa.text("over_at IS NULL"),
        postgresql_where=sa.text("over_at IS NULL"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("trouble_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("phase", sa.String(length=5), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["trouble_id"], ["troubles.id"], name=op.f("fk_notices_trouble_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("trouble_id", "phase", "channel", name=op.f("uq_notices_trouble_id_phase_channel")),
    )
    op.create_index("ix_notices_due", "notices", ["state", "retry_at"], unique=False)
    op.create_index(op.f("ix_notices_trouble_id"), "notices", ["trouble_id"], unique=False)
    op.add_column("feeds", sa.Column("covered_to", UtcDateTime(), nullable=True))
    op.add_column("feeds", sa.Column("rhythm", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("feeds", sa.Column("hints", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("feeds", sa.Column("symptoms", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("feeds", sa.Column("pace_reason", sa.Text(), server_default="", nullable=False))
    op.add_column("feeds", sa.Column("interval_given", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("feeds", sa.Column("lied_at", UtcDateTime(), nullable=True))
    op.add_column("feeds", sa.Column("reread_at", UtcDateTime(), nullable=True))
    op.add_column("feeds", sa.Column("reread", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("feeds", sa.Column("ways", sa.JSON(none_as_null=True), nullable=True))
    op.create_index(op.f("ix_feeds_reread_at"), "feeds", ["reread_at"], unique=False)
    op.add_column("records", sa.Column("withdrawn_at", UtcDateTime(), nullable=True))
    op.add_column("records", sa.Column("body_from", sa.String(length=10), server_default="feed", nullable=False))
    op.add_column("records", sa.Column("seen_by", sa.Text(), server_default="", nullable=False))
    op.add_column("records", sa.Column("change", sa.String(length=10), server_default="", nullable=False))
    op.add_column("records", sa.Column("modified_at", UtcDateTime(), nullable=True))
    op.add_column("revisions", sa.Column("seen_by", sa.Text(), server_default="", nullable=False))
    op.add_column("revisions", sa.Column("change", sa.String(length=10), server_default="", nullable=False))
    op.add_column("revisions", sa.Column("modified_at", UtcDateTime(), nullable=True))
    # What was proved so far: a full answer whose window reached known ground.
    op.execute("UPDATE feeds SET covered_to = full_at WHERE first_polled_at IS NOT NULL AND catch_up_at IS NULL")
    op.add_column("sightings", sa.Column("digest", sa.String(length=16), server_default="", nullable=False))
    op.execute("UPDATE records SET file_due = true")  # each file gets its line in its day's manifest
    _keep_gaps()


def _keep_gaps() -> None:
    """Gaps were a sentence in the feed's row: "…; articles of URL since 2025-12-03 16:35 UTC may be missing"."""
    connection = op.get_bind()
    feeds = sa.table("feeds", sa.column("id"), sa.column("gap"), sa.column("added_at", UtcDateTime()))
    gaps = sa.table(
        "gaps",
        sa.column("feed_id"),
        sa.column("from_at", UtcDateTime()),
        sa.column("to_at", UtcDateTime()),
        sa.column("noticed_at", UtcDateTime()),
        sa.column("reason"),
    )
    for row in connection.execute(sa.select(feeds.c.id, feeds.c.gap, feeds.c.added_at).where(feeds.c.gap != "")):
        noticed_at = _time(_NOTICED, row.gap) or row.added_at
        times = {"from_at": _time(_SINCE, row.gap) or row.added_at, "to_at": noticed_at, "noticed_at": noticed_at}
        connection.execute(gaps.insert().values(feed_id=row.id, reason=row.gap, **times))


_NOTICED = re.compile(r"^([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) UTC")
_SINCE = re.compile(r"since ([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}) UTC may be missing$")


def _time(where: re.Pattern[str], gap: str) -> datetime | None:
    found = where.search(gap)
    return datetime.strptime(found[1], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) if found else None
