"""The canary's rows: they come and go with its configuration, and its articles never outlast the write that files them.

What is filed and owed goes through the same tables as everything else, but only an alert without an article is ever
committed: so no search, export, count, record file or backup has anything to leave out.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, update

from worker.archive.feeds import Feeds
from worker.archive.fleet import Fleet
from worker.archive.schema import (
    alerts,
    channels,
    deliveries,
    feeds,
    hosts,
    moments,
    records,
    subscription_changes,
    subscriptions,
)
from worker.archive.subscriptions import Subscriptions
from worker.model import CANARY, CANARY_ORIGIN, AlertKind, CanaryState, DeliveryState, Feed

_MOMENT = "canary"  # when its last alert arrived
_FEED = feeds.c.origin == CANARY_ORIGIN
_ITS_ID = select(subscriptions.c.id).where(subscriptions.c.origin == CANARY_ORIGIN)
_ITS_ALERTS = alerts.c.subscription_id.in_(_ITS_ID)


class Canary:
    """The canary of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def state(self) -> CanaryState | None:
        """How it is doing, None = it is off."""
        wanted = select(feeds).where(_FEED)
        row = self._connection.execute(wanted).first()
        if row is None:
            return None
        arrived_at = Fleet(self._connection).moment(_MOMENT)
        return CanaryState(
            feed_id=row.id,
            feed_url=row.url,
            every=timedelta(seconds=row.interval_s),
            since=row.added_at,
            arrived_at=arrived_at,
            reason=row.last_reason,
        )

    # -- setting up -------------------------------------------------------------------------------------------------

    def set_up(self, feed: Feed, *, query: str, canonical: str, now: datetime) -> None:
        """Have this feed and a subscription to it; safe to repeat. What was put off for too long is due again."""
        known = self._connection.execute(select(feeds.c.id, feeds.c.url, feeds.c.next_poll_at).where(_FEED)).first()
        if known is not None and known.url != feed.url:
            self._remove_feed()
            known = None
        if known is None:
            Feeds(self._connection).add(feed, now)
        else:
            next_at = min(known.next_poll_at, now + timedelta(seconds=feed.interval_s))
            Feeds(self._connection).describe(known.id, interval_s=feed.interval_s, next_poll_at=next_at)
        self._subscribe(query, canonical, now)

    def _subscribe(self, query: str, canonical: str, now: datetime) -> None:
        subscribed, found = Subscriptions(self._connection), self._connection.execute(_ITS_ID).scalar_one_or_none()
        if found is not None:
            subscribed.change(found, now=now, query=query, canonical=canonical)
            return
        subscribed.add(
            name=CANARY,
            query=query,
            canonical=canonical,
            channels=(CANARY,),
            origin=CANARY_ORIGIN,
            now=now,
            on_edit="never",
        )

    def remove(self, now: datetime) -> None:
        """Leave nothing of it; workers hear that its subscription is gone. Safe to repeat."""
        self._remove_feed()
        gone = self._connection.execute(_ITS_ID).scalars().all()
        for number in gone:
            Subscriptions(self._connection).remove(number, now)
        if gone:
            self._connection.execute(delete(alerts).where(_ITS_ALERTS))
            mine = subscription_changes.c.subscription_id.in_(gone)  # without them workers read everything anew
            self._connection.execute(delete(subscription_changes).where(mine))
            self._connection.execute(delete(subscriptions).where(subscriptions.c.id.in_(gone)))
            self._connection.execute(delete(moments).where(moments.c.name == _MOMENT))
            self._connection.execute(delete(channels).where(channels.c.name == CANARY))

    def _remove_feed(self) -> None:
        gone = delete(feeds).where(_FEED).returning(feeds.c.host)
        for host in self._connection.execute(gone).scalars().all():
            shared = select(feeds.c.id).where(feeds.c.host == host).exists()
            self._connection.execute(delete(hosts).where(hosts.c.name == host, ~shared))

    # -- a flight ---------------------------------------------------------------------------------------------------

    def clear(self, now: datetime) -> None:
        """What still waits makes room for the coming flight, but for what a worker is sending."""
        leased = select(deliveries.c.alert_id).where(deliveries.c.lease_until > now)
        self._connection.execute(delete(alerts).where(_ITS_ALERTS, alerts.c.id.not_in(leased)))

    def forget_article(self, now: datetime) -> None:
        """The article goes again, wholly; its alert stays and tells of none, as heartbeats do."""
        told = {
            "since": now.isoformat(),
            "until": now.isoformat(),
            "found": 1,
            "checked": 1,
            "feeds": 1,
            "troubles": [],
        }
        bare = {"record_id": None, "kind": AlertKind.HEARTBEAT, "occasion": now.isoformat(), "data": told}
        self._connection.execute(update(alerts).where(_ITS_ALERTS, alerts.c.record_id.is_not(None)).values(bare))
        self._connection.execute(delete(records).where(records.c.source == CANARY))

    def land(self) -> bool:
        """Note when its last alert arrived, and forget those that did. Returns: whether one has."""
        joined = alerts.join(deliveries, deliveries.c.alert_id == alerts.c.id)
        arrived = (_ITS_ALERTS, deliveries.c.state == DeliveryState.SENT)
        wanted = select(alerts.c.id, deliveries.c.settled_at).select_from(joined).where(*arrived)
        sent = {row.id: row.settled_at for row in self._connection.execute(wanted)}
        if not sent:
            return False
        Fleet(self._connection).note(_MOMENT, max(sent.values()))
        self._connection.execute(delete(alerts).where(alerts.c.id.in_(sent)))
        return True
