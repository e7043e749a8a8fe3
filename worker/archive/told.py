"""What subscriptions were told through one channel, newest first: for channels that show all of it at once.

Read from alerts and deliveries each time, so nothing has to be kept in step. Must not know what becomes of it.
"""

import hashlib
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, func, or_, select

from worker.archive.records import Records
from worker.archive.schema import alerts, deliveries, records, subscriptions
from worker.model import (
    Alert,
    AlertHistory,
    AlertKind,
    DeliveryState,
    EditChange,
    FiledRecord,
    HistoryMark,
    Span,
    Told,
)

_OF_ARTICLES = (AlertKind.NEW, AlertKind.EDIT)
# What has left, or is about to; not what is held, nor what was cancelled. What was given up is mended by showing it.
_SHOWN = (DeliveryState.SENT, DeliveryState.PENDING, DeliveryState.DEAD)


class ToldBy:
    """The histories of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def mark(self, delivery_id: str, most: int) -> HistoryMark | None:
        """Which history a delivery belongs to, cheaply. most: articles; None = there is no such delivery."""
        found = self._of_delivery(delivery_id)
        if found is None:
            return None
        newest = self._newest(found, delivery_id, most)
        parts = [f"{row['alert_id']} {row['carrier_id']} {row['revision']} {row['withdrawn_at']}" for row in newest]
        parts.append(f"{found['name']}\n{found['query']}\n{self._updated_at(found)}")
        digest = hashlib.sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()
        return HistoryMark(subscription=found["name"], digest=digest)

    def history(self, delivery_id: str, most: int) -> AlertHistory | None:
        """The history that a delivery belongs to, this delivery and those that it carries included."""
        found = self._of_delivery(delivery_id)
        return None if found is None else self._history(found, delivery_id, most)

    def of_channel(self, channel: str, most: int) -> list[AlertHistory]:
        """The histories of all present subscriptions that use the channel, in order of their names."""
        query = select(subscriptions).where(subscriptions.c.removed_at.is_(None)).order_by(subscriptions.c.name)
        rows = self._connection.execute(query).mappings().all()
        return [self._history({**row, "channel": channel}, "", most) for row in rows if channel in row["channels"]]

    # -- what it is made of -----------------------------------------------------------------------------------------

    def _of_delivery(self, delivery_id: str) -> RowMapping | None:
        """The subscription, with the delivery's channel."""
        query = select(subscriptions, deliveries.c.channel).select_from(
            deliveries.join(alerts).join(subscriptions, alerts.c.subscription_id == subscriptions.c.id)
        )
        return self._connection.execute(query.where(deliveries.c.id == delivery_id)).mappings().first()

    def _newest(self, of: Any, delivery_id: str, most: int) -> Sequence[RowMapping]:
        """The newest alerts. Twice as many as articles: follow-ups and other articles of a story are among them."""
        query = self._alerts(of, delivery_id).order_by(alerts.c.created_at.desc(), alerts.c.id.desc())
        return self._connection.execute(query.limit(2 * most)).mappings().all()

    def _alerts(self, of: Any, delivery_id: str) -> Any:
        named = (
            deliveries.c.id.label("delivery_id"),
            deliveries.c.carrier_id,
            records.c.revision,
            records.c.withdrawn_at,
        )
        joined = alerts.join(deliveries).join(records, alerts.c.record_id == records.c.id)
        mine = or_(deliveries.c.id == delivery_id, deliveries.c.carrier_id == delivery_id)
        return (
            select(alerts, alerts.c.id.label("alert_id"), *named)
            .select_from(joined)
            .where(
                alerts.c.subscription_id == of["id"],
                alerts.c.kind.in_(_OF_ARTICLES),
                deliveries.c.channel == of["channel"],
                or_(deliveries.c.state.in_(_SHOWN), mine),
            )
        )

    def _updated_at(self, of: Any) -> datetime:
        query = select(func.max(alerts.c.created_at)).where(alerts.c.subscription_id == of["id"])
        at: datetime = self._connection.execute(query).scalar_one() or of["created_at"]
        return at

    def _history(self, of: Any, delivery_id: str, most: int) -> AlertHistory:
        ids = list(dict.fromkeys(row["record_id"] for row in self._newest(of, delivery_id, most)))
        query = self._alerts(of, delivery_id).where(alerts.c.record_id.in_(ids))
        rows = self._connection.execute(query.order_by(alerts.c.created_at, alerts.c.id)).mappings().all()
        filed = Records(self._connection).get(ids)
        told = _told(rows, filed, of["name"])
        told.sort(key=lambda one: (one.updated_at, one.alert.id), reverse=True)
        return AlertHistory(
            subscription=of["name"], query=of["query"], told=tuple(told[:most]), updated_at=self._updated_at(of)
        )


def _told(rows: Sequence[RowMapping], filed: dict[int, FiledRecord], subscription: str) -> list[Told]:
    """Alerts, oldest first, gathered by article; what another article's delivery carries is listed with that one."""
    by_article: dict[int, list[RowMapping]] = defaultdict(list)
    article_of = {row["delivery_id"]: row["record_id"] for row in rows}
    also: dict[int, list[FiledRecord]] = defaultdict(list)
    for row in rows:
        first = article_of.get(row["carrier_id"], row["record_id"])
        if first == row["record_id"]:
            by_article[first].append(row)
        else:
            also[first].append(filed[row["record_id"]])
    return [
        Told(
            alert=_alert(some[0], filed, subscription),
            follow_ups=tuple(_alert(row, filed, subscription, follows=some[0]["id"]) for row in some[1:]),
            also=tuple(also[article]),
        )
        for article, some in by_article.items()
    ]


def _alert(row: RowMapping, filed: dict[int, FiledRecord], subscription: str, *, follows: str = "") -> Alert:
    return Alert(
        id=row["id"],
        kind=row["kind"],
        subscription=subscription,
        query=row["query"],
        record=filed[row["record_id"]],
        spans=tuple(Span(**span) for span in row["spans"]),
        created_at=row["created_at"],
        occasion=row["occasion"],
        changes=tuple(EditChange(**change) for change in (row["data"] or {}).get("changes", ())),
        follows=follows,
    )
