"""Alerts and their deliveries. The deliveries table is the outbox: owed with the record, leased, sent, settled."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.records import Records
from worker.archive.schema import alerts, attempts, deliveries, records, subscriptions
from worker.errors import LeaseLost
from worker.model import (
    Alert,
    AlertKind,
    AlertRow,
    Attempt,
    Delivery,
    DeliveryRow,
    DeliveryState,
    EditChange,
    Hold,
    Lease,
    Owed,
    Span,
)

NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # when somebody decides


class Alerts:
    """The alerts and deliveries of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    # -- owing ------------------------------------------------------------------------------------------------------

    def owe(self, owed: Sequence[Owed], now: datetime) -> int:
        """File alerts, each with one delivery a channel. What is owed already stays as it is. Returns: new alerts."""
        if not owed:
            return 0
        rows = {_alert_id(one): _alert_row(one, now) for one in owed}
        statement = self._insert(alerts).on_conflict_do_nothing().returning(alerts.c.id)
        created = set(self._connection.execute(statement, list(rows.values())).scalars())
        errands = [row for one in owed if _alert_id(one) in created for row in _delivery_rows(one, now)]
        if errands:
            self._connection.execute(self._insert(deliveries).on_conflict_do_nothing(), errands)
        return len(created)

    # -- delivering -------------------------------------------------------------------------------------------------

    def count_due(self, now: datetime) -> int:
        return int(
            self._connection.execute(select(func.count()).select_from(deliveries).where(_is_due(now))).scalar_one()
        )

    def oldest_due_at(self) -> datetime | None:
        """Since when the oldest pending delivery waits for its next attempt."""
        pending = deliveries.c.state == DeliveryState.PENDING
        oldest: datetime | None = self._connection.execute(
            select(func.min(deliveries.c.retry_at)).where(pending)
        ).scalar_one()
        return oldest

    def lease(self, now: datetime, lease: Lease, *, per_channel: int = 50) -> list[Delivery]:
        """Lease what is due, at most `per_channel` of each channel, and of no channel that another worker is busy with:
        a slow one holds up nobody else, and each channel's deliveries keep their order.
        """
        busy = select(deliveries.c.channel).where(deliveries.c.lease_until > now)
        free = select(deliveries.c.channel).where(_is_due(now), deliveries.c.channel.not_in(busy)).distinct()
        due_channels = self._connection.execute(free).scalars().all()
        return [delivery for channel in due_channels for delivery in self._lease(channel, now, lease, per_channel)]

    def _lease(self, channel: str, now: datetime, lease: Lease, limit: int) -> list[Delivery]:
        due = select(deliveries.c.id).where(_is_due(now), deliveries.c.channel == channel)
        ids = self._connection.execute(
            due.order_by(deliveries.c.retry_at, deliveries.c.id).limit(limit).with_for_update(skip_locked=True)
        )
        held = {"lease_token": lease.token, "lease_until": lease.until}
        statement = (
            update(deliveries).where(deliveries.c.id.in_(ids.scalars().all())).values(held).returning(deliveries)
        )
        rows = sorted(self._connection.execute(statement).mappings(), key=lambda row: (row["retry_at"], row["id"]))
        by_id = self._alerts([row["alert_id"] for row in rows])
        return [
            Delivery(
                id=row["id"],
                channel=channel,
                attempt=row["attempts"] + 1,
                alert=by_id[row["alert_id"]],
                lease_token=lease.token,
                payload=row["payload"],
            )
            for row in rows
        ]

    def _alerts(self, ids: Sequence[str]) -> dict[str, Alert]:
        query = select(alerts, subscriptions.c.name).join(subscriptions).where(alerts.c.id.in_(ids))
        rows = self._connection.execute(query).mappings().all()
        filed = Records(self._connection).get([row["record_id"] for row in rows])
        return {
            row["id"]: Alert(
                id=row["id"],
                kind=row["kind"],
                subscription=row["name"],
                query=row["query"],
                record=filed[row["record_id"]],
                spans=tuple(Span(**span) for span in row["spans"]),
                created_at=row["created_at"],
                occasion=row["occasion"],
                changes=tuple(EditChange(**change) for change in (row["data"] or {}).get("changes", ())),
                follows=_followed(row, filed[row["record_id"]].key),
            )
            for row in rows
        }

    def settle(self, delivery: Delivery, attempt: Attempt, *, state: DeliveryState, retry_at: datetime | None) -> None:
        """Note what became of an attempt.

        Raises: LeaseLost when another worker took the delivery over meanwhile.
        """
        outcome = attempt.outcome
        new = {
            "state": state,
            "attempts": delivery.attempt,
            "detail": outcome.detail,
            "lease_token": None,
            "lease_until": None,
            "payload": None if state is DeliveryState.SENT else attempt.payload,
        }
        new |= {"retry_at": retry_at} if state is DeliveryState.PENDING else {"settled_at": attempt.started_at}
        mine = and_(deliveries.c.id == delivery.id, deliveries.c.lease_token == delivery.lease_token)
        if self._connection.execute(update(deliveries).where(mine).values(new)).rowcount != 1:
            raise LeaseLost(f"the lease on delivery {delivery.id} was taken over; this result is dropped")
        row = {
            "delivery_id": delivery.id,
            "number": delivery.attempt,
            "result": outcome.result,
            "status": outcome.status,
        }
        when = {"started_at": attempt.started_at, "took_s": attempt.took_s, "detail": outcome.detail}
        when |= {"answer": outcome.answer}
        self._connection.execute(insert(attempts).values(row | when))

    def release(self, lease: Lease) -> None:
        """Give back what is leased and was not tried."""
        mine = deliveries.c.lease_token == lease.token
        self._connection.execute(update(deliveries).where(mine).values(lease_token=None, lease_until=None))

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
            )
            for row in rows
        ]

    def rows(
        self,
        *,
        state: str | None = None,
        subscription: str | None = None,
        record_id: int | None = None,
        limit: int = 100,
    ) -> list[DeliveryRow]:
        """Deliveries, the newest alert first."""
        columns: list[Any] = [
            deliveries,
            alerts.c.created_at,
            subscriptions.c.name.label("subscription"),
            records.c.title,
            records.c.url,
        ]
        joined = deliveries.join(alerts).join(subscriptions).join(records, alerts.c.record_id == records.c.id)
        query = select(*columns).select_from(joined).order_by(alerts.c.created_at.desc(), deliveries.c.id).limit(limit)
        query = query.where(deliveries.c.state == state) if state else query
        query = query.where(subscriptions.c.name == subscription) if subscription else query
        query = query.where(alerts.c.record_id == record_id) if record_id is not None else query
        names = DeliveryRow.__slots__
        return [
            DeliveryRow(**{name: row[name] for name in names}) for row in self._connection.execute(query).mappings()
        ]

    def counts(self) -> Mapping[str, int]:
        """Deliveries by state."""
        query = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def count(self) -> int:
        return int(self._connection.execute(select(func.count()).select_from(alerts)).scalar_one())

    def replay(self, ids: Sequence[str], now: datetime) -> int:
        """Make dead deliveries pending again, with the same ids and a fresh schedule; no ids = all dead ones. Returns: how many."""
        wanted = deliveries.c.state == DeliveryState.DEAD
        wanted = and_(wanted, or_(deliveries.c.id.in_(ids), deliveries.c.alert_id.in_(ids))) if ids else wanted
        fresh: dict[str, Any] = {
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "retry_at": now,
            "detail": "replayed",
            "settled_at": None,
        }
        return self._connection.execute(update(deliveries).where(wanted).values(fresh)).rowcount


def _is_due(now: datetime) -> Any:
    unleased = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now)
    return and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.retry_at <= now, unleased)


def _alert_id(owed: Owed) -> str:
    """What had no occasion keeps the id that it had before there were any."""
    occasion = (owed.occasion,) if owed.occasion else ()
    return _stable_id("alert", str(owed.subscription.id), owed.record_key, owed.kind, *occasion)


def _followed(row: Mapping[str, Any], record_key: str) -> str:
    """The first alert of the same subscription and record, which a follow-up follows."""
    first = _stable_id("alert", str(row["subscription_id"]), record_key, AlertKind.NEW)
    return first if row["kind"] == AlertKind.EDIT else ""


def _alert_row(owed: Owed, now: datetime) -> dict[str, Any]:
    spans = [{"field": span.field, "start": span.start, "end": span.end, "text": span.text} for span in owed.spans]
    return {
        "id": _alert_id(owed),
        "subscription_id": owed.subscription.id,
        "record_id": owed.record_id,
        "kind": owed.kind,
        "occasion": owed.occasion,
        "data": {"changes": [asdict(change) for change in owed.changes]} if owed.changes else None,
        "query": owed.subscription.query,
        "spans": spans,
        "created_at": now,
    }


def _delivery_rows(owed: Owed, now: datetime) -> list[dict[str, Any]]:
    alert_id = _alert_id(owed)
    common = {"alert_id": alert_id, **_state_of(owed.hold, now)}
    return [
        {**common, "id": _stable_id("msg", alert_id, channel), "channel": channel}
        for channel in dict.fromkeys(owed.subscription.channels)
    ]


def _state_of(hold: Hold | None, now: datetime) -> dict[str, Any]:
    if hold is None:
        return {"state": DeliveryState.PENDING, "retry_at": now, "held_for": ""}
    return {"state": DeliveryState.HELD, "retry_at": hold.until or NEVER, "held_for": hold.reason}


def _stable_id(prefix: str, *parts: str) -> str:
    """The same errand has the same id, whoever makes it and however often."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return f"{prefix}_{base64.b32encode(digest).decode().lower()[:26]}"
