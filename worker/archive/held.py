"""Deliveries that wait although nothing is wrong, and what becomes of them: each alone, or several in one message."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.ids import stable_id
from worker.archive.parts import in_parts
from worker.archive.schema import alerts, attempts, channels, deliveries, records, subscriptions
from worker.archive.versions import admit
from worker.model import AlertKind, DeliveryState, HeldFor

_MOST_AT_ONCE = 20_000
_HOUR = timedelta(hours=1)
_OPEN = (DeliveryState.PENDING, DeliveryState.HELD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Deliveries of one subscription and channel whose hold is over, oldest alert first. reasons: why they were held;
    quiet, timezone: the subscription's quiet hours, as they are now.
    """

    subscription_id: int
    channel: str
    ids: tuple[str, ...]
    reasons: frozenset[HeldFor]
    quiet: str = ""
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A heartbeat that is due. at: when it was, None = it was never planned; since: up to when the last one told."""

    subscription_id: int
    heartbeat: str
    timezone: str
    at: datetime | None
    since: datetime


class Held:
    """The held deliveries and the heartbeats of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    # -- what is due ------------------------------------------------------------------------------------------------

    def is_due(self, now: datetime) -> bool:
        """Whether a hold is over, or a heartbeat is to be sent or planned."""
        ended = select(deliveries.c.id).where(_ended(now)).limit(1)
        beats = select(subscriptions.c.id).where(_beat_due(now)).limit(1)
        return any(self._connection.execute(query).first() is not None for query in (ended, beats))

    def due(self, now: datetime) -> list[Waiting]:
        """What may leave now, subscription by subscription and channel by channel; it is locked until the commit.

        Passed over until the next time is what another transaction is about to change: the delivery, or its subscription.
        """
        admit(self._connection)
        query = select(alerts.c.subscription_id, deliveries.c.channel, deliveries.c.id, deliveries.c.held_for)
        query = query.select_from(deliveries.join(alerts).join(subscriptions)).where(_ended(now))
        query = query.with_for_update(of=[deliveries, subscriptions], key_share=True, skip_locked=True)
        query = query.order_by(alerts.c.created_at, deliveries.c.id).limit(_MOST_AT_ONCE)
        groups: dict[tuple[int, str], list[tuple[str, str]]] = {}
        for subscription_id, channel, delivery, reason in self._connection.execute(query):
            groups.setdefault((subscription_id, channel), []).append((delivery, reason))
        clocks = self._clocks({subscription_id for subscription_id, _ in groups})
        return [
            Waiting(
                subscription_id=subscription_id,
                channel=channel,
                ids=tuple(delivery for delivery, _ in found),
                reasons=frozenset(HeldFor(reason) for _, reason in found),
                quiet=clocks[subscription_id][0],
                timezone=clocks[subscription_id][1],
            )
            for (subscription_id, channel), found in groups.items()
        ]

    def _clocks(self, ids: Collection[int]) -> dict[int, tuple[str, str]]:
        """Quiet hours and time zone by subscription."""
        columns = (subscriptions.c.id, subscriptions.c.quiet, subscriptions.c.timezone)
        found: dict[int, tuple[str, str]] = {}
        for part in in_parts(sorted(ids)):
            some = subscriptions.c.id.in_(part)
            found |= {id_: (quiet, zone) for id_, quiet, zone in self._connection.execute(select(*columns).where(some))}
        return found

    # -- what becomes of it -----------------------------------------------------------------------------------------

    def release(self, ids: Sequence[str], now: datetime) -> None:
        """They leave as they are."""
        self._change(ids, {"state": DeliveryState.PENDING, "held_for": "", "retry_at": now})

    def hold_on(self, ids: Sequence[str], until: datetime) -> None:
        """They wait longer."""
        self._change(ids, {"retry_at": until})

    def gather(self, waiting: Waiting, kind: AlertKind, occasion: str, now: datetime) -> str:
        """They leave in one message. Returns the id of the alert that takes them along."""
        alert = self._add_alert(waiting.subscription_id, kind, occasion, None, now)
        carrier = stable_id("msg", alert, waiting.channel)
        row: dict[str, Any] = {"id": carrier, "alert_id": alert, "channel": waiting.channel}
        row |= {"state": DeliveryState.PENDING, "retry_at": now}
        self._connection.execute(insert(deliveries).values(row))
        self._change(
            waiting.ids, {"state": DeliveryState.PENDING, "held_for": "", "retry_at": now, "carrier_id": carrier}
        )
        return alert

    def forget(self, record_id: int, now: datetime) -> None:
        """Its article is about to be removed: nothing of it stays in messages that carry it, and what it carries itself
        takes its place.
        """
        of_it = select(deliveries).join(alerts).where(alerts.c.record_id == record_id)
        rows = self._connection.execute(of_it).mappings().all()
        for row in rows:
            place = {name: row[name] for name in ("state", "held_for", "retry_at", "carrier_id")}
            carried = and_(deliveries.c.carrier_id == row["id"], deliveries.c.state.in_(_OPEN))
            self._connection.execute(update(deliveries).where(carried).values(place))
        carriers = {row["carrier_id"] for row in rows} - {None}
        unwritten = {"payload": None, "begun_at": None, "lease_token": None, "lease_until": None}
        self._connection.execute(update(deliveries).where(deliveries.c.id.in_(carriers)).values(unwritten))
        self._forget_answers(carriers, {row["channel"] for row in rows})
        self._cancel_empty(carriers - {row["id"] for row in rows}, record_id, now)

    def _forget_answers(self, carriers: Collection[str], names: Collection[str]) -> None:
        """What the other side answered may quote the article."""
        told = or_(deliveries.c.id.in_(carriers), deliveries.c.carrier_id.in_(carriers))
        self._connection.execute(update(deliveries).where(told).values(detail=""))
        tried = attempts.c.delivery_id.in_(carriers)
        self._connection.execute(update(attempts).where(tried).values(detail="", answer=""))
        self._connection.execute(update(channels).where(channels.c.name.in_(names)).values(detail=""))

    def _cancel_empty(self, carriers: Collection[str], record_id: int, now: datetime) -> None:
        """Digests that would have told of nothing else."""
        members = select(deliveries.c.carrier_id).join(alerts).where(deliveries.c.carrier_id.in_(carriers))
        others = members.where(alerts.c.record_id != record_id)
        together = select(alerts.c.id).where(alerts.c.kind.in_((AlertKind.DIGEST, AlertKind.SUMMARY)))
        empty = and_(deliveries.c.id.in_(carriers), deliveries.c.id.not_in(others), deliveries.c.alert_id.in_(together))
        still = deliveries.c.state.in_((*_OPEN, DeliveryState.DEAD))
        told = {"state": DeliveryState.CANCELLED, "detail": "the articles were removed", "settled_at": now}
        self._connection.execute(update(deliveries).where(empty, still).values(told))

    def _change(self, ids: Sequence[str], values: Mapping[str, Any]) -> None:
        for part in in_parts(ids):
            some = deliveries.c.id.in_(part)
            still = deliveries.c.state == DeliveryState.HELD
            self._connection.execute(update(deliveries).where(some, still).values(values))

    def _add_alert(
        self, subscription_id: int, kind: AlertKind, occasion: str, data: Mapping[str, Any] | None, now: datetime
    ) -> str:
        """An alert about no single article; a second time changes nothing."""
        query = select(subscriptions.c.query).where(subscriptions.c.id == subscription_id)
        row = {
            "id": stable_id("alert", str(subscription_id), kind, occasion),
            "subscription_id": subscription_id,
            "kind": kind,
            "occasion": occasion,
            "query": self._connection.execute(query).scalar_one(),
            "spans": [],
            "data": data,
            "created_at": now,
        }
        self._connection.execute(self._insert(alerts).values(row).on_conflict_do_nothing())
        return str(row["id"])

    # -- floods -----------------------------------------------------------------------------------------------------

    def told_since(self, subscription_id: int, now: datetime) -> list[datetime]:
        """When the alerts of the last hour were owed that left alone, or are about to; oldest first."""
        alone = and_(deliveries.c.held_for == "", deliveries.c.carrier_id.is_(None))
        alone = and_(alone, deliveries.c.state != DeliveryState.CANCELLED)
        kinds = alerts.c.kind.in_((AlertKind.NEW, AlertKind.EDIT))
        mine = and_(alerts.c.subscription_id == subscription_id, alerts.c.created_at > now - _HOUR, kinds)
        mine = and_(mine, alerts.c.created_at <= now)  # what lies ahead was owed before the clock was set back
        query = (
            select(alerts.c.created_at)
            .where(mine)
            .where(select(deliveries.c.id).where(deliveries.c.alert_id == alerts.c.id, alone).exists())
        )
        return list(self._connection.execute(query.order_by(alerts.c.created_at)).scalars())

    # -- heartbeats -------------------------------------------------------------------------------------------------

    def beats(self, now: datetime) -> list[Beat]:
        """Heartbeats that are due, or were never planned."""
        last = (
            select(func.max(alerts.c.created_at))
            .where(alerts.c.subscription_id == subscriptions.c.id, alerts.c.kind == AlertKind.HEARTBEAT)
            .scalar_subquery()
        )
        columns = (subscriptions.c.id, subscriptions.c.heartbeat, subscriptions.c.timezone)
        times = (subscriptions.c.heartbeat_at, subscriptions.c.created_at, last)
        return [
            Beat(subscription_id=id_, heartbeat=heartbeat, timezone=zone, at=at, since=told or created_at)
            for id_, heartbeat, zone, at, created_at, told in self._connection.execute(
                select(*columns, *times)
                .where(_beat_due(now))
                .order_by(subscriptions.c.id)
                .with_for_update(of=subscriptions, key_share=True, skip_locked=True)
            )
        ]

    def plan_beat(self, subscription_id: int, at: datetime) -> None:
        """The next heartbeat."""
        mine = subscriptions.c.id == subscription_id
        self._connection.execute(update(subscriptions).where(mine).values(heartbeat_at=at))

    def beat(self, subscription_id: int, occasion: str, told: Mapping[str, Any], now: datetime) -> None:
        """Owe a heartbeat on each channel of its subscription."""
        alert = self._add_alert(subscription_id, AlertKind.HEARTBEAT, occasion, told, now)
        query = select(subscriptions.c.channels).where(subscriptions.c.id == subscription_id)
        rows = [
            {"id": stable_id("msg", alert, channel), "alert_id": alert, "channel": channel}
            | {"state": DeliveryState.PENDING, "retry_at": now}
            for channel in dict.fromkeys(self._connection.execute(query).scalar_one())
        ]
        if rows:
            self._connection.execute(self._insert(deliveries).on_conflict_do_nothing(), rows)

    def found_since(self, subscription_id: int, since: datetime) -> int:
        """How many articles it was told of, or waits to be."""
        query = select(func.count()).select_from(alerts)
        mine = and_(alerts.c.subscription_id == subscription_id, alerts.c.kind == AlertKind.NEW)
        return int(self._connection.execute(query.where(mine, alerts.c.created_at > since)).scalar_one())

    def checked_since(self, since: datetime) -> int:
        """How many articles were seen for the first time."""
        query = select(func.count()).select_from(records).where(records.c.first_seen_at > since)
        return int(self._connection.execute(query).scalar_one())


def _ended(now: datetime) -> Any:
    return and_(
        deliveries.c.state == DeliveryState.HELD, deliveries.c.retry_at <= now, deliveries.c.carrier_id.is_(None)
    )


def _beat_due(now: datetime) -> Any:
    planned = or_(subscriptions.c.heartbeat_at.is_(None), subscriptions.c.heartbeat_at <= now)
    active = and_(subscriptions.c.removed_at.is_(None), subscriptions.c.paused.is_(False))
    return and_(subscriptions.c.heartbeat != "", planned, active)
