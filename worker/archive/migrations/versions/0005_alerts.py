"""Alerts without a record (digests, heartbeats) and follow-ups; held and carried deliveries; channels; quarantines."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from worker.archive.schema import UtcDateTime

revision = "0005"
down_revision = "0004"

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    _subscriptions()
    if op.get_bind().dialect.name == "sqlite":
        _rebuilt(_alert_tables())
        _rebuilt(_trouble_tables())
    else:
        _altered()
    _indexes()
    _new_tables()


def _subscriptions() -> None:
    for column in (
        sa.Column("digest", sa.Text(), server_default="", nullable=False),
        sa.Column("quiet", sa.Text(), server_default="", nullable=False),
        sa.Column("urgent", JSON, server_default="[]", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Europe/Berlin", nullable=False),
        sa.Column("max_alerts_per_hour", sa.Integer(), server_default="0", nullable=False),
        sa.Column("heartbeat", sa.Text(), server_default="", nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=True),
        sa.Column("on_edit", sa.String(length=10), server_default="new-match", nullable=False),
        sa.Column("one_per_story", sa.Boolean(), server_default=sa.false(), nullable=False),
    ):
        op.add_column("subscriptions", column)
    op.create_index(op.f("ix_subscriptions_heartbeat_at"), "subscriptions", ["heartbeat_at"])


# -- PostgreSQL changes tables in place -------------------------------------------------------------------------------


def _altered() -> None:
    op.alter_column("alerts", "record_id", nullable=True)
    op.add_column("alerts", sa.Column("occasion", sa.Text(), server_default="", nullable=False))
    op.add_column("alerts", sa.Column("data", JSON, nullable=True))
    op.drop_constraint("uq_alerts_subscription_id_record_id_kind", "alerts")
    op.create_unique_constraint(_UNIQUE_ALERT, "alerts", ["subscription_id", "record_id", "kind", "occasion"])
    op.add_column("deliveries", sa.Column("held_for", sa.String(length=12), server_default="", nullable=False))
    op.add_column("deliveries", sa.Column("carrier_id", sa.String(length=40), nullable=True))
    op.add_column("deliveries", sa.Column("reached", JSON, nullable=True))
    op.add_column("notices", sa.Column("reached", JSON, nullable=True))
    op.add_column("deliveries", sa.Column("begun_at", UtcDateTime(), nullable=True))
    op.add_column("attempts", sa.Column("answer", sa.Text(), server_default="", nullable=False))
    op.alter_column("troubles", "feed_id", nullable=True)
    op.add_column("troubles", sa.Column("channel", sa.Text(), server_default="", nullable=False))


_UNIQUE_ALERT = "uq_alerts_subscription_id_record_id_kind_occasion"


# -- SQLite makes them anew -------------------------------------------------------------------------------------------

# A table that others point at cannot be dropped without them: the whole family is made anew, filled, and then takes the
# old names, parents first.
_Family = Sequence[tuple[str, Sequence[sa.schema.SchemaItem]]]


def _rebuilt(family: _Family) -> None:
    connection = op.get_bind()
    for name, items in family:
        old = [column["name"] for column in sa.inspect(connection).get_columns(name)]
        op.create_table(f"{name}_new", *items)
        names = ", ".join(f'"{column}"' for column in old)
        connection.exec_driver_sql(f"INSERT INTO {name}_new ({names}) SELECT {names} FROM {name}")  # noqa: S608 - names of our own
    for name, _ in reversed(family):
        op.drop_table(name)
    for name, _ in family:
        op.rename_table(f"{name}_new", name)


def _alert_tables() -> _Family:
    return [
        (
            "alerts",
            [
                sa.Column("id", sa.String(length=40), nullable=False),
                sa.Column("subscription_id", ID, nullable=False),
                sa.Column("record_id", ID, nullable=True),
                sa.Column("kind", sa.String(length=20), nullable=False),
                sa.Column("occasion", sa.Text(), server_default="", nullable=False),
                sa.Column("query", sa.Text(), nullable=False),
                sa.Column("spans", JSON, nullable=False),
                sa.Column("data", JSON, nullable=True),
                sa.Column("created_at", UtcDateTime(), nullable=False),
                sa.ForeignKeyConstraint(
                    ["record_id"], ["records.id"], name=op.f("fk_alerts_record_id"), ondelete="CASCADE"
                ),
                sa.ForeignKeyConstraint(
                    ["subscription_id"], ["subscriptions.id"], name=op.f("fk_alerts_subscription_id")
                ),
                sa.PrimaryKeyConstraint("id", name=op.f("pk_alerts")),
                sa.UniqueConstraint("subscription_id", "record_id", "kind", "occasion", name=op.f(_UNIQUE_ALERT)),
            ],
        ),
        (
            "deliveries",
            [
                sa.Column("id", sa.String(length=40), nullable=False),
                sa.Column("alert_id", sa.String(length=40), nullable=False),
                sa.Column("channel", sa.Text(), nullable=False),
                *_outbox_columns(),
                sa.Column("held_for", sa.String(length=12), server_default="", nullable=False),
                sa.Column("carrier_id", sa.String(length=40), nullable=True),
                sa.Column("begun_at", UtcDateTime(), nullable=True),
                sa.ForeignKeyConstraint(
                    ["alert_id"], ["alerts_new.id"], name=op.f("fk_deliveries_alert_id"), ondelete="CASCADE"
                ),
                sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
                sa.UniqueConstraint("alert_id", "channel", name=op.f("uq_deliveries_alert_id_channel")),
            ],
        ),
        (
            "attempts",
            [
                sa.Column("id", ID, nullable=False),
                sa.Column("delivery_id", sa.String(length=40), nullable=False),
                sa.Column("number", sa.Integer(), nullable=False),
                sa.Column("started_at", UtcDateTime(), nullable=False),
                sa.Column("took_s", sa.Float(), nullable=False),
                sa.Column("result", sa.String(length=10), nullable=False),
                sa.Column("status", sa.Integer(), nullable=True),
                sa.Column("detail", sa.Text(), server_default="", nullable=False),
                sa.Column("answer", sa.Text(), server_default="", nullable=False),
                sa.ForeignKeyConstraint(
                    ["delivery_id"], ["deliveries_new.id"], name=op.f("fk_attempts_delivery_id"), ondelete="CASCADE"
                ),
                sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
            ],
        ),
    ]


def _outbox_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", UtcDateTime(), nullable=False),
        sa.Column("lease_token", sa.String(length=32), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("payload", sa.LargeBinary(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.Column("reached", JSON, nullable=True),
    ]


def _trouble_tables() -> _Family:
    return [
        (
            "troubles",
            [
                sa.Column("id", ID, nullable=False),
                sa.Column("feed_id", ID, nullable=True),
                sa.Column("channel", sa.Text(), server_default="", nullable=False),
                sa.Column("kind", sa.String(length=20), nullable=False),
                sa.Column("detail", sa.Text(), server_default="", nullable=False),
                sa.Column("began_at", UtcDateTime(), nullable=False),
                sa.Column("over_at", UtcDateTime(), nullable=True),
                sa.ForeignKeyConstraint(
                    ["feed_id"], ["feeds.id"], name=op.f("fk_troubles_feed_id"), ondelete="CASCADE"
                ),
                sa.PrimaryKeyConstraint("id", name=op.f("pk_troubles")),
            ],
        ),
        (
            "notices",
            [
                sa.Column("id", sa.String(length=40), nullable=False),
                sa.Column("trouble_id", ID, nullable=False),
                sa.Column("phase", sa.String(length=5), nullable=False),
                sa.Column("channel", sa.Text(), nullable=False),
                sa.Column("sentence", sa.Text(), nullable=False),
                *_outbox_columns(),
                sa.Column("created_at", UtcDateTime(), nullable=False),
                sa.ForeignKeyConstraint(
                    ["trouble_id"], ["troubles_new.id"], name=op.f("fk_notices_trouble_id"), ondelete="CASCADE"
                ),
                sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
                sa.UniqueConstraint("trouble_id", "phase", "channel", name=op.f("uq_notices_trouble_id_phase_channel")),
            ],
        ),
    ]


# -- both -------------------------------------------------------------------------------------------------------------


def _indexes() -> None:
    if op.get_bind().dialect.name == "sqlite":  # they went with their tables
        op.create_index(op.f("ix_alerts_record_id"), "alerts", ["record_id"])
        op.create_index(op.f("ix_alerts_created_at"), "alerts", ["created_at"])
        op.create_index("ix_deliveries_due", "deliveries", ["state", "retry_at"])
        op.create_index(op.f("ix_attempts_delivery_id"), "attempts", ["delivery_id"])
        op.create_index(op.f("ix_troubles_feed_id"), "troubles", ["feed_id"])
        op.create_index(op.f("ix_notices_trouble_id"), "notices", ["trouble_id"])
        op.create_index("ix_notices_due", "notices", ["state", "retry_at"])
        _unique_where("uq_troubles_open", ["feed_id", "kind"], "over_at IS NULL")
    _unique_where("uq_troubles_open_channel", ["channel", "kind"], "over_at IS NULL AND feed_id IS NULL")
    op.create_index("ix_alerts_subscription_created", "alerts", ["subscription_id", "created_at"])
    op.create_index(op.f("ix_deliveries_carrier_id"), "deliveries", ["carrier_id"])
    op.create_index("ix_deliveries_channel_due", "deliveries", ["channel", "state", "retry_at"])
    leased = sa.text("lease_until IS NOT NULL")
    op.create_index("ix_deliveries_leased", "deliveries", ["lease_until"], sqlite_where=leased, postgresql_where=leased)


def _unique_where(name: str, columns: list[str], condition: str) -> None:
    where = sa.text(condition)
    op.create_index(name, "troubles", columns, unique=True, sqlite_where=where, postgresql_where=where)


def _new_tables() -> None:
    op.create_table(
        "channels",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("target", sa.String(length=16), server_default="", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", UtcDateTime(), nullable=True),
        sa.Column("rest_until", UtcDateTime(), nullable=True),
        sa.Column("disabled_at", UtcDateTime(), nullable=True),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_channels")),
    )
    op.create_table(
        "quarantines",
        sa.Column("id", ID, nullable=False),
        sa.Column("feed_id", ID, nullable=False),
        sa.Column("reason", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("noticed_at", UtcDateTime(), nullable=False),
        sa.Column("detail", sa.Text(), server_default="", nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name=op.f("fk_quarantines_feed_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantines")),
    )
    op.create_index(op.f("ix_quarantines_feed_id"), "quarantines", ["feed_id"])
    op.create_table(
        "quarantined_records",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("quarantine_id", ID, nullable=False),
        sa.Column("twin_id", ID, nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [parent], name=op.f(f"fk_quarantined_records_{column}"), ondelete="CASCADE"
            )
            for column, parent in (
                ("record_id", "records.id"),
                ("quarantine_id", "quarantines.id"),
                ("twin_id", "records.id"),
            )
        ),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_quarantined_records")),
    )
    op.create_index(op.f("ix_quarantined_records_quarantine_id"), "quarantined_records", ["quarantine_id"])
    op.create_index(op.f("ix_quarantined_records_twin_id"), "quarantined_records", ["twin_id"])
    op.create_table(
        "stories",
        sa.Column("record_id", ID, autoincrement=False, nullable=False),
        sa.Column("story_id", ID, nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("filed_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["record_id"], ["records.id"], name=op.f("fk_stories_record_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_stories")),
    )
    op.create_index(op.f("ix_stories_story_id"), "stories", ["story_id"])
    op.create_index(op.f("ix_stories_filed_at"), "stories", ["filed_at"])
