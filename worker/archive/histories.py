"""What subscriptions were told through one channel, newest first: for channels that show all of it at once.

Read from alerts and deliveries each time, so nothing has to be kept in step. Must not know what becomes of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, func, or_, select

from worker.archive import telling
from worker.archive.schema import alerts, deliveries, subscriptions
from worker.model import Alert, AlertHistory, AlertKind, DeliveryState, Digest, Heartbeat, Told

_OF_ARTICLES = (AlertKind.NEW, AlertKind.EDIT)
_WAITS = and_(deliveries.c.state == DeliveryState.PENDING, deliveries.c.carrier_id.is_(None))
# What has left, or is about to; not what is held, nor what was cancelled. What was given up is mended by showing it.
_SHOWN = or_(deliveries.c.state.in_((DeliveryState.SENT, DeliveryState.DEAD)), _WAITS)


class AlertHistories:
    """The histories of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def history(self, delivery_id: str, most: int) -> AlertHistory | None:
        """The history that a delivery belongs to, this delivery and those that it carries included. most: articles.

        None = there is no such delivery.
        """
        found = self._of_delivery(delivery_id)
        return None if found is None else self._history(found, delivery_id, most)

    def of_subscription(self, name: str, channel: str, most: int) -> AlertHistory | None:
        """What it was told through the channel. None = there is no such subscription any more."""
        query = select(subscriptions).where(subscriptions.c.removed_at.is_(None), subscriptions.c.name == name)
        row = self._connection.execute(query).mappings().first()
        return None if row is None else self._history({**row, "channel": channel}, "", most)

    # -- what it is made of -----------------------------------------------------------------------------------------

    def _of_delivery(self, delivery_id: str) -> RowMapping | None:
        """The subscription, with the delivery's channel."""
        query = select(subscriptions, deliveries.c.channel).select_from(
            deliveries.join(alerts).join(subscriptions, alerts.c.subscription_id == subscriptions.c.id)
        )
        return self._connection.execute(query.where(deliveries.c.id == delivery_id)).mappings().first()

    def _newest(self, of: Any, is_shown: Any, most: int) -> list[int]:
        """The articles of the newest alerts. Twice as many alerts: follow-ups and copies of a story are among them."""
        query = self._alerts(select(alerts.c.record_id), of).where(is_shown)
        query = query.order_by(alerts.c.created_at.desc(), alerts.c.id.desc()).limit(2 * most)
        return list(dict.fromkeys(self._connection.execute(query).scalars()))

    def _covered(self, of: Any) -> frozenset[str]:
        """What waits, and is told with this already; not what carries others, which are shown when it leaves."""
        others = deliveries.alias()
        carries = select(others.c.id).where(others.c.carrier_id == deliveries.c.id).exists()
        waiting = self._alerts(select(deliveries.c.id), of).where(_WAITS, ~carries)
        return frozenset(self._connection.execute(waiting).scalars())

    def _alerts(self, query: Any, of: Any) -> Any:
        """Of articles, with their deliveries by the channel."""
        return query.select_from(alerts.join(deliveries)).where(
            alerts.c.subscription_id == of["id"],
            alerts.c.kind.in_(_OF_ARTICLES),
            deliveries.c.channel == of["channel"],
        )

    def _updated_at(self, of: Any) -> datetime:
        query = select(func.max(alerts.c.created_at)).where(alerts.c.subscription_id == of["id"])
        at: datetime = self._connection.execute(query).scalar_one() or of["created_at"]
        return at

    def _history(self, of: Any, delivery_id: str, most: int) -> AlertHistory:
        covers = self._covered(of)  # first: what comes in between is told, then, and not counted as told
        mine = or_(deliveries.c.id == delivery_id, deliveries.c.carrier_id == delivery_id)
        is_shown = or_(_SHOWN, mine)
        ids = self._newest(of, is_shown, most)
        named = deliveries.c.id, deliveries.c.alert_id, deliveries.c.carrier_id, alerts.c.record_id
        query = self._alerts(select(*named), of).where(is_shown, alerts.c.record_id.in_(ids))
        rows = self._connection.execute(query.order_by(alerts.c.created_at, alerts.c.id)).mappings().all()
        told = _told(rows, telling.load(self._connection, {row["id"]: row["alert_id"] for row in rows}))
        told.sort(key=lambda one: (one.updated_at, one.alert.id), reverse=True)
        return AlertHistory(
            subscription=of["name"],
            query=of["query"],
            told=tuple(told[:most]),
            updated_at=self._updated_at(of),
            covers=covers,
        )


def _told(rows: Sequence[RowMapping], loaded: Mapping[str, Alert | Digest | Heartbeat]) -> list[Told]:
    """Alerts, oldest first, gathered by article; what another article's delivery carries is told with that one."""
    own = {row["id"] for row in rows}
    by_article: dict[int, list[Alert]] = defaultdict(list)
    for row in rows:
        alert = loaded[row["id"]]
        if row["carrier_id"] not in own and isinstance(alert, Alert):
            by_article[row["record_id"]].append(alert)
    return [Told(alert=first, follow_ups=tuple(later)) for first, *later in by_article.values()]
