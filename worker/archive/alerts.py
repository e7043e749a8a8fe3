"""Alerts with their deliveries: how they are owed, and the lists that people see. How they leave is in `outbox.py`."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, Insert, Select, bindparam, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.followers import followers_of
from worker.archive.ids import stable_id
from worker.archive.schema import alerts, attempts, deliveries, records, subscriptions
from worker.model import (
    CANARY,
    CANARY_ORIGIN,
    AlertRow,
    AttemptRow,
    DeliveryRow,
    DeliveryState,
    EditChange,
    Follower,
    Hold,
    Owed,
    Span,
)

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # when somebody decides


class Alerts:
    """The alerts and deliveries of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- owing ------------------------------------------------------------------------------------------------------

    def owe(self, owed: Sequence[Owed], now: datetime) -> int:
        """File alerts, each with one delivery a channel. What is owed already stays as it is. Returns: new alerts."""
        if not owed:
            return 0
        wanted = {_alert_id(one): one for one in owed}
        known = set(self._connection.execute(_THESE, {"ids": list(wanted)}).scalars())
        fresh = [(id_, one) for id_, one in wanted.items() if id_ not in known]
        if not fresh:
            return 0
        add_alert, add_delivery = _inserts(self._connection.dialect.name)
        created = self._connection.execute(add_alert, [_alert_row(id_, one, now) for id_, one in fresh]).rowcount
        if errands := [row for id_, one in fresh for row in _delivery_rows(id_, one, now)]:
            self._connection.execute(add_delivery, errands)
        return created

    def followers_of(self, record_ids: Sequence[int]) -> list[Follower]:
        """Who has an alert on these records and wants to hear of their edits; its deliveries wait for this transaction."""
        return followers_of(self._connection, record_ids)

    # -- lists ------------------------------------------------------------------------------------------------------

    def of_record(self, record_id: int) -> list[AlertRow]:
        """The alerts about one record, oldest first; those of removed subscriptions, too."""
        query = select(alerts, subscriptions.c.name).join(subscriptions).where(alerts.c.record_id == record_id)
        rows = self._connection.execute(query.order_by(alerts.c.created_at, alerts.c.id)).mappings()
        return [
            AlertRow(
                id=row["id"],
                subscription_id=row["subscription_id"],
                subscription=row["name"],
                kind=row["kind"],
                query=row["query"],
                spans=tuple(Span(**span) for span in row["spans"]),
                created_at=row["created_at"],
                occasion=row["occasion"],
                changes=tuple(EditChange(**change) for change in (row["data"] or {}).get("changes", ())),
            )
            for row in rows
        ]

    def rows(
        self,
        *,
        state: str | None = None,
        subscription: str | None = None,
        channel: str | None = None,
        record_id: int | None = None,
        ids: Sequence[str] = (),
        limit: int = 100,
    ) -> list[DeliveryRow]:
        """Deliveries, the newest alert first. ids: of deliveries or alerts."""
        query = (
            _ROWS.where(deliveries.c.channel != CANARY)
            .order_by(alerts.c.created_at.desc(), deliveries.c.id)
            .limit(limit)
        )
        query = query.where(deliveries.c.state == state) if state else query
        query = query.where(subscriptions.c.name == subscription) if subscription else query
        query = query.where(deliveries.c.channel == channel) if channel else query
        query = query.where(alerts.c.record_id == record_id) if record_id is not None else query
        query = query.where(or_(deliveries.c.id.in_(ids), deliveries.c.alert_id.in_(ids))) if ids else query
        names = DeliveryRow.__slots__
        return [
            DeliveryRow(**{name: row[name] for name in names}) for row in self._connection.execute(query).mappings()
        ]

    def attempts(self, delivery_id: str) -> list[AttemptRow]:
        """What was tried of a delivery, oldest first."""
        query = select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
        names = AttemptRow.__slots__
        return [AttemptRow(**{name: row[name] for name in names}) for row in self._connection.execute(query).mappings()]

    def counts(self) -> Mapping[str, int]:
        """Deliveries by state."""
        query = (
            select(deliveries.c.state, func.count()).where(deliveries.c.channel != CANARY).group_by(deliveries.c.state)
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def count(self) -> int:
        of_people = alerts.c.subscription_id.not_in(_CANARYS)
        return int(self._connection.execute(select(func.count()).select_from(alerts).where(of_people)).scalar_one())


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_THESE = select(alerts.c.id).where(alerts.c.id.in_(_IDS))


@cache
def _inserts(dialect: str) -> tuple[Insert, Insert]:
    """One row each, which is sent many times: a text of many rows is taken apart anew by the driver, at a fifth of the cost
    of owing. What another transaction owes at the same moment is left to it.
    """
    add = sqlite.insert if dialect == "sqlite" else postgresql.insert
    counted = {"preserve_rowcount": True}
    return (
        add(alerts).on_conflict_do_nothing().execution_options(**counted),
        add(deliveries).on_conflict_do_nothing(),
    )


_CANARYS = select(subscriptions.c.id).where(subscriptions.c.origin == CANARY_ORIGIN)
# Some alerts are about no article.
_ROWS: Select[Any] = select(
    deliveries,
    alerts.c.created_at,
    alerts.c.kind,
    subscriptions.c.name.label("subscription"),
    func.coalesce(records.c.title, "").label("title"),
    func.coalesce(records.c.url, "").label("url"),
).select_from(deliveries.join(alerts).join(subscriptions).outerjoin(records, alerts.c.record_id == records.c.id))


def _alert_id(owed: Owed) -> str:
    """What had no occasion keeps the id that it had before there were any."""
    occasion = (owed.occasion,) if owed.occasion else ()
    return stable_id("alert", str(owed.subscription.id), owed.record_key, owed.kind, *occasion)


def _alert_row(alert_id: str, owed: Owed, now: datetime) -> dict[str, Any]:
    spans = [{"field": span.field, "start": span.start, "end": span.end, "text": span.text} for span in owed.spans]
    return {
        "id": alert_id,
        "subscription_id": owed.subscription.id,
        "record_id": owed.record_id,
        "kind": owed.kind,
        "occasion": owed.occasion,
        "data": {"changes": [asdict(change) for change in owed.changes]} if owed.changes else None,
        "query": owed.subscription.query,
        "spans": spans,
        "created_at": now,
    }


def _delivery_rows(alert_id: str, owed: Owed, now: datetime) -> list[dict[str, Any]]:
    common = {"alert_id": alert_id, **state_of(owed.hold, now)}
    return [
        {**common, "id": stable_id("msg", alert_id, channel), "channel": channel}
        for channel in dict.fromkeys(owed.subscription.channels)
    ]


def state_of(hold: Hold | None, now: datetime) -> dict[str, Any]:
    """How a delivery waits that was not tried yet."""
    if hold is None:
        return {"state": DeliveryState.PENDING, "retry_at": now, "held_for": ""}
    return {"state": DeliveryState.HELD, "retry_at": hold.until or NEVER, "held_for": hold.reason}
