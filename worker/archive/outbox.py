"""The deliveries as an outbox: what is due is leased, begun, settled; replayed and cancelled by people.

A delivery that another one carries is never leased: it is settled with its carrier, in the same transaction.
Must not know when something is tried again, nor what an outcome means.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, case, func, insert, null, or_, select, text, update

from worker.archive import telling
from worker.archive.leasing import leased
from worker.archive.schema import alerts, attempts, channels, deliveries, subscriptions
from worker.archive.versions import admit
from worker.errors import LeaseLost
from worker.model import (
    Alert,
    AlertKind,
    Attempt,
    Begun,
    Delivery,
    DeliveryState,
    Digest,
    Heartbeat,
    Lease,
    SendOutcome,
)


class Outbox:
    """The outbox of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- what is due ------------------------------------------------------------------------------------------------

    def due_channels(self, now: datetime) -> list[str]:
        """Channels with something to be tried: they do not rest, were not given up, and no worker is busy with them."""
        return list(self._connection.execute(_DUE_CHANNELS, {"now": now}).scalars())

    def oldest_due_at(self, now: datetime) -> datetime | None:
        """Since when the delivery is due that waits longest to be tried, or to be let go; None = none is.

        Channels that rest or are disabled make nobody wait; after a rest its deliveries wait from then on.
        """
        times = [self._connection.execute(query, {"now": now}).scalar_one() for query in (_SINCE_OPEN, _SINCE_HELD)]
        for until, since in self._connection.execute(_SINCE_RESTED, {"now": now}):
            times.append(max(until, since) if since is not None else None)
        return min((at for at in times if at is not None), default=None)

    # -- the way of a delivery --------------------------------------------------------------------------------------

    def is_busy(self, channel: str, now: datetime) -> bool:
        """Whether a worker has deliveries of this channel: one at a time, so that they keep their order."""
        query = select(deliveries.c.id).where(deliveries.c.lease_until > now, deliveries.c.channel == channel).limit(1)
        return self._connection.execute(query).first() is not None

    def abandoned(self, channel: str, now: datetime) -> list[Begun]:
        """Sends that a worker began and, when its lease ran out, had not settled."""
        query = select(deliveries).where(
            deliveries.c.lease_until <= now,
            deliveries.c.begun_at.is_not(None),
            deliveries.c.channel == channel,
            deliveries.c.state != DeliveryState.SENT,
        )
        return [
            Begun(
                id=row["id"],
                channel=channel,
                attempt=row["attempts"] + 1,
                lease_token=row["lease_token"],
                begun_at=row["begun_at"],
                payload=row["payload"] or b"",
            )
            for row in self._connection.execute(query.with_for_update(skip_locked=True)).mappings()
        ]

    def lease(self, channel: str, now: datetime, lease: Lease, limit: int = 50) -> list[Delivery]:
        """Lease what is due of a channel, the longest due first."""
        admit(self._connection)
        which = and_(_is_due(now), deliveries.c.channel == channel)
        rows = leased(self._connection, deliveries, which, lease, limit)
        alert_of = {row["id"]: row["alert_id"] for row in rows}
        told = telling.load(self._connection, alert_of)
        later = {delivery: alert for delivery, alert in alert_of.items() if _follows_up(told[delivery])}
        threads = telling.threads(self._connection, channel, later) if later else {}
        return [
            Delivery(
                id=row["id"],
                channel=channel,
                attempt=row["attempts"] + 1,
                alert=told[row["id"]],
                lease_token=lease.token,
                payload=row["payload"],
                thread=threads.get(row["id"], ()),
                reached=tuple(row["reached"] or ()),
            )
            for row in rows
        ]

    def begin(self, delivery: Delivery, payload: bytes, now: datetime) -> bool:
        """Note that it is being sent, and with which bytes. False: it was cancelled or taken over; it must not be sent."""
        told = {"of": delivery.id, "token": delivery.lease_token, "at": now, "sending": payload}
        return self._connection.execute(_BEGIN, told).rowcount == 1

    def settle(
        self, delivery: Delivery | Begun, attempt: Attempt, *, state: DeliveryState, retry_at: datetime | None
    ) -> None:
        """Note what became of an attempt; what the delivery carries is settled with it.

        What was cancelled meanwhile stays so, unless it was sent. Raises: LeaseLost when another worker took it over.
        """
        outcome, is_open = attempt.outcome, state is DeliveryState.PENDING
        settled_at = None if is_open else attempt.started_at
        told = {
            "of": delivery.id,
            "token": delivery.lease_token,
            "to": state,
            "if_cancelled": state if state is DeliveryState.SENT else DeliveryState.CANCELLED,
            "number": delivery.attempt,
            "said": outcome.detail,
            "sending": None if state is DeliveryState.SENT else attempt.payload,
            "again_at": retry_at if is_open else None,
            "at": settled_at,
            "have": _having(delivery, outcome),
        }
        if self._connection.execute(_SETTLE, told).rowcount != 1:
            raise LeaseLost(f"the lease on delivery {delivery.id} was taken over; this result is dropped")
        self._connection.execute(_ATTEMPT, _attempt_row(delivery, attempt))
        if not is_open and _may_carry(delivery):
            carried = {"of": delivery.id, "to": state, "said": outcome.detail, "at": settled_at}
            self._connection.execute(_CARRIED, carried)

    def release(self, lease: Lease) -> None:
        """Give back what is leased and was not tried. A send that was begun is not given back: see `abandoned`."""
        mine = and_(deliveries.c.lease_token == lease.token, deliveries.c.begun_at.is_(None))
        self._connection.execute(update(deliveries).where(mine).values(lease_token=None, lease_until=None))

    # -- people -----------------------------------------------------------------------------------------------------

    def hasten(self, channel: str, now: datetime) -> None:
        """What waits for its next try at a channel is due now; the attempts that were made still count."""
        waits = and_(_PENDING, deliveries.c.channel == channel, deliveries.c.retry_at > now)
        self._connection.execute(update(deliveries).where(waits).values(retry_at=now))

    def replay(
        self,
        ids: Sequence[str],
        now: datetime,
        *,
        channel: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        states: Sequence[DeliveryState] = (DeliveryState.DEAD,),
    ) -> int:
        """Make deliveries pending again, with the same ids and a fresh schedule. Returns: how many.

        ids: of deliveries or alerts, () = all but those of subscriptions that were paused or removed; since, until: when
        their alerts were owed, `until` excluded. What was carried goes with its carrier.
        """
        wanted: list[ColumnElement[bool]] = [deliveries.c.state.in_(states)]
        named = or_(deliveries.c.id.in_(ids), deliveries.c.alert_id.in_(ids))
        wanted += [named] if ids else [alerts.c.subscription_id.in_(_LISTENING)]
        wanted += [deliveries.c.channel == channel] if channel is not None else []
        wanted += [alerts.c.created_at >= since] if since is not None else []
        wanted += [alerts.c.created_at < until] if until is not None else []
        carrier = deliveries.alias()  # it may be carried itself
        lead = func.coalesce(carrier.c.carrier_id, deliveries.c.carrier_id, deliveries.c.id)
        joined = deliveries.join(alerts).outerjoin(carrier, carrier.c.id == deliveries.c.carrier_id)
        leads = select(lead).select_from(joined).where(*wanted)
        found = self._connection.execute(leads.distinct()).scalars().all()
        return sum(self._renew(found[start : start + _MOST_IDS], now) for start in range(0, len(found), _MOST_IDS))

    def _renew(self, ids: Sequence[str], now: datetime) -> int:
        fresh: dict[str, Any] = {
            "state": DeliveryState.PENDING,
            "attempts": 0,
            "retry_at": now,
            "detail": "replayed",
            "settled_at": None,
            "reached": case((deliveries.c.state == DeliveryState.SENT, null()), else_=deliveries.c.reached),
        }
        over = deliveries.c.state.in_((DeliveryState.DEAD, DeliveryState.SENT))
        below = select(deliveries.c.id).where(deliveries.c.carrier_id.in_(ids))
        these = or_(deliveries.c.id.in_(ids), deliveries.c.carrier_id.in_(ids), deliveries.c.carrier_id.in_(below))
        return self._connection.execute(update(deliveries).where(over, these).values(fresh)).rowcount


_MOST_IDS = 5_000  # of one statement: databases bound its parameters
_PENDING = deliveries.c.state == DeliveryState.PENDING
_LISTENING = select(subscriptions.c.id).where(subscriptions.c.removed_at.is_(None), subscriptions.c.paused.is_(False))

# The names are found by seeking from one to the next: ten thousand deliveries that wait for a dead target cost nothing.
_DUE_CHANNELS = text(
    """
    WITH RECURSIVE names(name) AS (
        SELECT min(channel) FROM deliveries
        UNION ALL
        SELECT (SELECT min(channel) FROM deliveries WHERE channel > names.name) FROM names WHERE names.name IS NOT NULL
    )
    SELECT name FROM names
    WHERE name IS NOT NULL
      AND NOT EXISTS (
        SELECT 1 FROM channels
        WHERE channels.name = names.name AND (disabled_at IS NOT NULL OR rest_until > :now)
      )
      AND NOT EXISTS (SELECT 1 FROM deliveries WHERE lease_until > :now AND deliveries.channel = names.name)
      AND EXISTS (
        SELECT 1 FROM deliveries
        WHERE deliveries.channel = names.name AND state = 'pending' AND retry_at <= :now AND carrier_id IS NULL
      )
    """
).bindparams(bindparam("now", type_=deliveries.c.retry_at.type))

_OURS = and_(deliveries.c.id == bindparam("of"), deliveries.c.lease_token == bindparam("token"))
_BEGIN = update(deliveries).where(_OURS, _PENDING).values(begun_at=bindparam("at"), payload=bindparam("sending"))
_SETTLE = (
    update(deliveries)
    .where(_OURS)
    .values(
        state=case((deliveries.c.state == DeliveryState.CANCELLED, bindparam("if_cancelled")), else_=bindparam("to")),
        attempts=bindparam("number"),
        detail=bindparam("said"),
        lease_token=None,
        lease_until=None,
        begun_at=None,
        payload=bindparam("sending"),
        retry_at=func.coalesce(bindparam("again_at", type_=deliveries.c.retry_at.type), deliveries.c.retry_at),
        settled_at=func.coalesce(bindparam("at", type_=deliveries.c.settled_at.type), deliveries.c.settled_at),
        reached=func.coalesce(bindparam("have", type_=deliveries.c.reached.type), deliveries.c.reached),
    )
)
# What is carried may carry others itself: a digest takes along an alert that tells of its copies.
_BELOW = select(deliveries.c.id).where(deliveries.c.carrier_id == bindparam("of"))
_CARRIED = (
    update(deliveries)
    .where(
        or_(deliveries.c.carrier_id == bindparam("of"), deliveries.c.carrier_id.in_(_BELOW)),
        deliveries.c.state.in_((DeliveryState.PENDING, DeliveryState.HELD)),
    )
    .values(state=bindparam("to"), detail=bindparam("said"), settled_at=bindparam("at"))
)
_ATTEMPT = insert(attempts)


def _having(delivery: Delivery | Begun, outcome: SendOutcome) -> list[str] | None:
    """Who has it now; None = the same as before."""
    before = delivery.reached if isinstance(delivery, Delivery) else ()
    return sorted({*before, *outcome.reached}) if outcome.reached else None


def _follows_up(told: Alert | Digest | Heartbeat) -> bool:
    return isinstance(told, Alert) and told.kind == AlertKind.EDIT


def _may_carry(delivery: Delivery | Begun) -> bool:
    """What a delivery carries is told with it, so it is known since the lease: nothing joins what is leased."""
    return isinstance(delivery, Begun) or not isinstance(delivery.alert, Alert) or bool(delivery.alert.also)


def _attempt_row(delivery: Delivery | Begun, attempt: Attempt) -> dict[str, Any]:
    outcome = attempt.outcome
    return {
        "delivery_id": delivery.id,
        "number": delivery.attempt,
        "started_at": attempt.started_at,
        "took_s": attempt.took_s,
        "result": outcome.result,
        "status": outcome.status,
        "detail": outcome.detail,
        "answer": outcome.answer,
    }


def _is_due(now: datetime) -> Any:
    unleased = or_(deliveries.c.lease_until.is_(None), deliveries.c.lease_until <= now)
    return and_(_PENDING, deliveries.c.retry_at <= now, unleased, deliveries.c.carrier_id.is_(None))


_GOES_ITSELF = and_(
    deliveries.c.carrier_id.is_(None), deliveries.c.retry_at <= bindparam("now", type_=deliveries.c.retry_at.type)
)
_SINCE = select(func.min(deliveries.c.retry_at)).where(_GOES_ITSELF)
_RESTS = select(channels.c.name).where(or_(channels.c.disabled_at.is_not(None), channels.c.rest_until.is_not(None)))
_SINCE_OPEN = _SINCE.where(_PENDING, deliveries.c.channel.not_in(_RESTS))
_SINCE_HELD = _SINCE.where(deliveries.c.state == DeliveryState.HELD)  # its hold is over: somebody is to let it go
_SINCE_RESTED = select(
    channels.c.rest_until, _SINCE.where(_PENDING, deliveries.c.channel == channels.c.name).scalar_subquery()
).where(channels.c.disabled_at.is_(None), channels.c.rest_until <= bindparam("now", type_=channels.c.rest_until.type))
