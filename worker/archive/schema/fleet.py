"""The tables of the processes themselves: who is at work, and when what keeps all others going last happened."""

from sqlalchemy import Column, Integer, String, Table, Text

from worker.archive.schema.base import Json, UtcDateTime, metadata

# One row a process, written again every few seconds while it lives; counters: what it did since it was started.
workers = Table(
    "workers",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("role", String(20), nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("version", Text, nullable=False),
    Column("schema_version", String(32), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    # In words why it takes no work, "" = it does.
    Column("idle_reason", Text, nullable=False, server_default=""),
    Column("counters", Json, nullable=False),
)

# When something last happened, whoever did it: one row a thing.
moments = Table(
    "moments",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)
