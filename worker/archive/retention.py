"""What is kept for a time only: clearing it bit by bit, and knowing up to when it was cleared."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, delete, or_, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.schema import attempts, deliveries, evidence, revisions, versions
from worker.archive.versions import admit
from worker.model import Aging, DeliveryState

_EVERY = timedelta(hours=1)
_LOOKED = "retention"  # when it was last looked for, and below for what kind up to when, in seconds since 1970
_CLEARED: Mapping[Aging, str] = {kind: f"cleared {kind}" for kind in Aging}
_SETTLED = (DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.CANCELLED)


class Retention:
    """What ages, in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def is_due(self, now: datetime) -> bool:
        """Whether nobody looked for an hour."""
        looked = self._times([_LOOKED]).get(_LOOKED)
        return looked is None or not now - _EVERY < looked <= now

    def begin(self, now: datetime) -> bool:
        """Take this hour's turn. Returns: False if another one has it."""
        admit(self._connection)
        put = self._insert(versions).values(name=_LOOKED, value=int(now.timestamp()))
        hour_ago, ahead = int((now - _EVERY).timestamp()), put.excluded.value < versions.c.value
        put = put.on_conflict_do_update(
            index_elements=["name"], set_={"value": put.excluded.value}, where=or_(versions.c.value <= hour_ago, ahead)
        )
        return self._connection.execute(put.returning(versions.c.value)).first() is not None

    def clear(self, kind: Aging, before: datetime, limit: int) -> int:
        """Delete some of what is older, the oldest of a record's revisions first. Returns: how many.

        From then on it is known that what is older may be missing.
        """
        table, key, old = _OLD[kind]
        ids = self._connection.execute(old(before).limit(limit)).all()
        if ids:
            self._note(_CLEARED[kind], before)
            self._connection.execute(delete(table).where(key.in_(_values(ids))))
        return len(ids)

    def cleared(self) -> dict[Aging, datetime]:
        """Up to when something was cleared; what never was is left out."""
        found = self._times(list(_CLEARED.values()))
        return {kind: found[name] for kind, name in _CLEARED.items() if name in found}

    def _times(self, names: list[str]) -> dict[str, datetime]:
        rows = self._connection.execute(select(versions).where(versions.c.name.in_(names)))
        return {row.name: datetime.fromtimestamp(row.value, UTC) for row in rows}

    def _note(self, name: str, before: datetime) -> None:
        """The latest time counts: a longer age in the configuration brings nothing back."""
        put = self._insert(versions).values(name=name, value=int(before.timestamp()))
        newer = versions.c.value < put.excluded.value
        self._connection.execute(
            put.on_conflict_do_update(index_elements=["name"], set_={"value": put.excluded.value}, where=newer)
        )


def _old_evidence(before: datetime) -> Select[Any]:
    return select(evidence.c.record_id, evidence.c.revision).where(evidence.c.received_at < before)


def _old_attempts(before: datetime) -> Select[Any]:
    settled = attempts.c.delivery_id == deliveries.c.id
    query = select(attempts.c.id).join(deliveries, settled).where(attempts.c.started_at < before)
    return query.where(deliveries.c.state.in_(_SETTLED))


def _old_revisions(before: datetime) -> Select[Any]:
    query = select(revisions.c.record_id, revisions.c.revision).where(revisions.c.replaced_at < before)
    return query.order_by(revisions.c.record_id, revisions.c.revision)


_OLD: Mapping[Aging, Any] = {
    Aging.RAW: (evidence, tuple_(evidence.c.record_id, evidence.c.revision), _old_evidence),
    Aging.ATTEMPTS: (attempts, attempts.c.id, _old_attempts),
    Aging.REVISIONS: (revisions, tuple_(revisions.c.record_id, revisions.c.revision), _old_revisions),
}


def _values(rows: Any) -> list[Any]:
    return [tuple(row) if len(row) > 1 else row[0] for row in rows]
