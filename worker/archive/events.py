"""What happened to a record beside its edits, one row each: for alerts, and for whoever asks why."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from worker.archive.schema import record_events, records, visits
from worker.model import EventKind, RecordEvent


def note_event(connection: Connection, record_id: int, event: RecordEvent) -> int:
    """Keep that this happened to the record. Returns: the event's number, from 1."""
    values = {"kind": event.kind.value, "at": event.at, "how": event.how, "detail": event.detail}
    noted = insert(record_events).values(record_id=record_id, **values).returning(record_events.c.id)
    return int(connection.execute(noted).scalar_one())


def events_of(connection: Connection, record_id: int) -> Sequence[RecordEvent]:
    """What happened to a record, oldest first."""
    query = select(record_events).where(record_events.c.record_id == record_id).order_by(record_events.c.id)
    rows = connection.execute(query)
    return [RecordEvent(kind=EventKind(row.kind), at=row.at, how=row.how, detail=row.detail) for row in rows]


def mark_withdrawn(connection: Connection, record_id: int, since: datetime, event: RecordEvent) -> int:
    """The article is gone from the site since then; its text is kept. A second time changes nothing.

    Returns: the event's number, 0 if it was withdrawn already.
    """
    gone = update(records).where(records.c.id == record_id, records.c.withdrawn_at.is_(None))
    return (
        note_event(connection, record_id, event) if connection.execute(gone.values(withdrawn_at=since)).rowcount else 0
    )


def mark_returned(connection: Connection, record_id: int, event: RecordEvent) -> int:
    """The site shows the article again. One that was not withdrawn stays as it is. Returns: the event's number, or 0."""
    connection.execute(update(visits).where(visits.c.record_id == record_id).values(missing_since=None))
    back = update(records).where(records.c.id == record_id, records.c.withdrawn_at.is_not(None))
    return (
        note_event(connection, record_id, event) if connection.execute(back.values(withdrawn_at=None)).rowcount else 0
    )
