"""Subscriptions have labels, a note and an owner, and each change of one is kept."""

import sqlalchemy as sa
from alembic import op

from worker.archive.schema import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("labels", sa.JSON(none_as_null=True), server_default="[]", nullable=False))
    op.add_column("subscriptions", sa.Column("note", sa.Text(), server_default="", nullable=False))
    op.add_column("subscriptions", sa.Column("owner", sa.Text(), server_default="", nullable=False))
    op.create_table(
        "subscription_changes",
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("subscription_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("editor", sa.Text(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscription_id"], ["subscriptions.id"], name=op.f("fk_subscription_changes_subscription_id")
        ),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_subscription_changes")),
    )
    op.create_index(
        op.f("ix_subscription_changes_subscription_id"), "subscription_changes", ["subscription_id"], unique=False
    )
