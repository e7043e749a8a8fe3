"""Who is at work, and when things last happened."""

import sqlalchemy as sa
from alembic import op

from worker.archive.schema import UtcDateTime

revision = "0006"
down_revision = "0005"

JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    _workers()
    op.add_column("hosts", sa.Column("abandoned", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "moments",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_moments")),
    )
    op.create_index(op.f("ix_feeds_origin"), "feeds", ["origin"])


def _workers() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("pid", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("schema_version", sa.String(length=32), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("idle_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("counters", JSON, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_workers")),
    )
