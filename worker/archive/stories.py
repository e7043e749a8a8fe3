"""Which articles tell one story, and what becomes of the alerts of those that tell it again.

Must not know when two articles do: sketches are bytes here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, or_, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite

from worker.archive.alerts import NEVER
from worker.archive.parts import in_parts
from worker.archive.schema import alerts, deliveries, records, stories
from worker.model import AlertKind, DeliveryState, HeldFor, Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class Teller:
    """An article of which a subscription was told, or is about to be. sketch: see `samestory.py`."""

    record_id: int
    story_id: int
    sketch: bytes


_OPEN = (DeliveryState.PENDING, DeliveryState.HELD)
_TELLING = (*_OPEN, DeliveryState.SENT)
_CARRIERS = deliveries.alias("carriers")
_CARRYING = alerts.alias("carrying")


class Stories:
    """The stories of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert

    def unheard(self, owed: Sequence[Owed]) -> list[Owed]:
        """Those of which their subscription has no alert yet, in order."""
        known: set[tuple[int, int]] = set()
        for part in in_parts(owed):
            pairs = [(one.subscription.id, one.record_id) for one in part]
            query = select(alerts.c.subscription_id, alerts.c.record_id).where(alerts.c.kind == AlertKind.NEW)
            wanted = tuple_(alerts.c.subscription_id, alerts.c.record_id).in_(pairs)
            known |= {(row[0], row[1]) for row in self._connection.execute(query.where(wanted))}
        return [one for one in owed if (one.subscription.id, one.record_id) not in known]

    def tellers(self, subscription_id: int, since: datetime) -> list[Teller]:
        """The articles filed since then whose alert to this subscription was sent, or will be, by itself; oldest first."""
        told = _of_tellers(subscription_id, stories.c.record_id, stories.c.story_id, stories.c.sketch)
        told = told.join(stories, stories.c.record_id == alerts.c.record_id).where(stories.c.filed_at >= since)
        rows = self._connection.execute(told.distinct().order_by(stories.c.record_id)).mappings()
        return [Teller(**row) for row in rows]

    def enter(self, record_id: int, sketch: bytes, *, story_id: int, now: datetime) -> None:
        """Note an article and its story. One that is in a story already stays there."""
        row = {"record_id": record_id, "story_id": story_id, "sketch": sketch, "filed_at": now}
        self._connection.execute(self._insert(stories).values(row).on_conflict_do_nothing())

    def told_by(self, subscription_id: int, record_id: int, tellers: Sequence[int], now: datetime) -> int:
        """Have the alert about a record go along with the first of these records' alerts on the same channel: carried by
        it while that has not left, else cancelled. On a channel that none of them uses it goes out. Returns: how many
        deliveries.
        """
        by_channel: dict[str, RowMapping] = {}
        place = {teller: number for number, teller in enumerate(tellers)}
        for row in sorted(self._telling(subscription_id, tellers), key=lambda row: place[row["record_id"]]):
            by_channel.setdefault(row["channel"], row)
        mine = select(deliveries.c.id, deliveries.c.channel).join(alerts)
        mine = mine.where(alerts.c.subscription_id == subscription_id, alerts.c.record_id == record_id)
        own = self._connection.execute(mine.where(alerts.c.kind == AlertKind.NEW, deliveries.c.state.in_(_OPEN)))
        found = [(row.id, by_channel[row.channel]) for row in own if row.channel in by_channel]
        for delivery_id, teller in found:
            self._connection.execute(update(deliveries).where(deliveries.c.id == delivery_id).values(_led(teller, now)))
        return len(found)

    def _telling(self, subscription_id: int, tellers: Sequence[int]) -> Sequence[RowMapping]:
        """Their deliveries. They are locked: whoever settles one waits, and settles then what it carries by now."""
        names = ("id", "alert_id", "channel")
        columns: list[Any] = [*(deliveries.c[name] for name in names), alerts.c.record_id, records.c.url]
        columns.append(or_(_has_left(deliveries), _has_left(_CARRIERS)).label("has_left"))
        query = _of_tellers(subscription_id, *columns).join(records, records.c.id == alerts.c.record_id)
        query = query.where(alerts.c.record_id.in_(tellers)).with_for_update(of=deliveries)
        return self._connection.execute(query).mappings().all()

    def of(self, record_id: int) -> list[int]:
        """The other articles of a record's story, oldest first."""
        mine = select(stories.c.story_id).where(stories.c.record_id == record_id).scalar_subquery()
        query = select(stories.c.record_id).where(stories.c.story_id == mine, stories.c.record_id != record_id)
        return list(self._connection.execute(query.order_by(stories.c.record_id)).scalars())


def _of_tellers(subscription_id: int, *columns: Any) -> Select[Any]:
    """Of deliveries that tell of an article themselves, or in a digest: not of those that another article's alert tells."""
    joined = deliveries.join(alerts, deliveries.c.alert_id == alerts.c.id)
    joined = joined.outerjoin(_CARRIERS, _CARRIERS.c.id == deliveries.c.carrier_id)
    joined = joined.outerjoin(_CARRYING, _CARRYING.c.id == _CARRIERS.c.alert_id)
    return (
        select(*columns)
        .select_from(joined)
        .where(
            alerts.c.subscription_id == subscription_id,
            alerts.c.kind == AlertKind.NEW,
            deliveries.c.state.in_(_TELLING),
            deliveries.c.held_for != HeldFor.QUARANTINE,
            _CARRYING.c.record_id.is_(None),
        )
    )


def _has_left(table: Any) -> ColumnElement[bool]:
    """Sent, or being sent: what nobody got yet takes the copy along, to the same end."""
    return and_(table.c.id.is_not(None), or_(table.c.state == DeliveryState.SENT, table.c.lease_token.is_not(None)))


def _led(teller: RowMapping, now: datetime) -> dict[str, Any]:
    if not teller["has_left"]:
        return {"state": DeliveryState.HELD, "held_for": "", "retry_at": NEVER, "carrier_id": teller["id"]}
    detail = f"alert {teller['alert_id']} told the same story: {teller['url']}"
    return {"state": DeliveryState.CANCELLED, "held_for": "", "detail": detail, "settled_at": now}
