"""Quarantines: records that came in a window of nothing but new identities, with the twins that the archive had of them.

They are records like any other, found and exported. Only their alerts and their files wait until the operator decides:
`accept` lets them be, `fold` gives their addresses to their twins and takes the doubles away.
Must not know how twins are told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, delete, func, insert, select, update

from worker.archive.alerts import state_of
from worker.archive.parts import in_parts
from worker.archive.records import Records
from worker.archive.schema import (
    alerts,
    deliveries,
    feeds,
    quarantined_records,
    quarantines,
    record_urls,
    records,
    sightings,
)
from worker.model import DeliveryState, FiledRecord, HeldFor, Hold, Quarantine, QuarantineState, Twin

_OPEN_STATES = (DeliveryState.PENDING, DeliveryState.HELD)
_IS_HELD = and_(deliveries.c.state == DeliveryState.HELD, deliveries.c.held_for == HeldFor.QUARANTINE)
_IS_OPEN = quarantines.c.state == QuarantineState.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """An alert that need not wait any more for the operator."""

    alert_id: str
    subscription_id: int
    record_id: int


class Quarantines:
    """The quarantines of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    # -- noticing ---------------------------------------------------------------------------------------------------

    def last_at(self, feed_id: int) -> datetime | None:
        """When the feed's last one was noticed, whatever was decided."""
        query = select(func.max(quarantines.c.noticed_at)).where(quarantines.c.feed_id == feed_id)
        found: datetime | None = self._connection.execute(query).scalar_one()
        return found

    def namesakes(
        self, source: str, titles: Collection[str], links: Collection[str], since: datetime, until: datetime
    ) -> list[FiledRecord]:
        """Records that may be twins: those first shown under these links, and those of the source with one of these titles
        that were published in that time, oldest first.
        """
        ids: set[int] = set()
        for part in in_parts(links):
            ids |= set(self._connection.execute(select(records.c.id).where(records.c.key.in_(part))).scalars())
        named = select(records.c.id).where(
            records.c.source == source, records.c.published_at.between(since, until + timedelta(seconds=1))
        )
        for part in in_parts(titles):
            ids |= set(self._connection.execute(named.where(records.c.title.in_(part))).scalars())
        found = Records(self._connection).get(sorted(ids))
        return [found[record_id] for record_id in sorted(found) if found[record_id].record.source == source]

    def begin(self, feed_id: int, now: datetime) -> int:
        """Open a quarantine. Returns: its id, or that of the one which is open at this feed."""
        mine = select(quarantines.c.id).where(quarantines.c.feed_id == feed_id, _IS_OPEN).with_for_update()
        known: int | None = self._connection.execute(mine).scalar()
        if known is not None:
            return known
        row = {"feed_id": feed_id, "reason": "identity", "state": QuarantineState.OPEN, "noticed_at": now}
        found = self._connection.execute(insert(quarantines).values(row).returning(quarantines.c.id))
        return int(found.scalar_one())

    def keep(self, quarantine_id: int, twins: Sequence[Twin]) -> None:
        """Put records into a quarantine that have just been filed."""
        rows = [{"record_id": one.record_id, "quarantine_id": quarantine_id, "twin_id": one.twin_id} for one in twins]
        self._connection.execute(insert(quarantined_records), rows)

    def waiting(self, record_ids: Collection[int]) -> set[int]:
        """Those of these records that wait for a decision."""
        found: set[int] = set()
        for part in in_parts(record_ids):
            query = waiting_records().where(quarantined_records.c.record_id.in_(part))
            found |= set(self._connection.execute(query).scalars())
        return found

    # -- reading ----------------------------------------------------------------------------------------------------

    def all(self, *, open_only: bool = False) -> list[Quarantine]:
        """All of them, the oldest first."""
        return self._those(_IS_OPEN if open_only else quarantines.c.id.is_not(None))

    def _those(self, which: ColumnElement[bool]) -> list[Quarantine]:
        query = select(quarantines, feeds.c.url.label("feed_url"), feeds.c.source).join(feeds).where(which)
        rows = self._connection.execute(query.order_by(quarantines.c.noticed_at, quarantines.c.id)).mappings().all()
        counts = self._counts([row["id"] for row in rows])
        return [_quarantine(row, *counts.get(row["id"], (0, 0))) for row in rows]

    def _counts(self, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
        """(records, alerts that wait) by quarantine."""
        held = case((deliveries.c.held_for == HeldFor.QUARANTINE, alerts.c.id))
        query = select(
            quarantined_records.c.quarantine_id,
            func.count(func.distinct(quarantined_records.c.record_id)),
            func.count(func.distinct(held)),
        )
        joined = quarantined_records.outerjoin(alerts, alerts.c.record_id == quarantined_records.c.record_id)
        query = query.select_from(joined.outerjoin(deliveries, deliveries.c.alert_id == alerts.c.id))
        query = query.where(quarantined_records.c.quarantine_id.in_(ids)).group_by(quarantined_records.c.quarantine_id)
        return {row[0]: (row[1], row[2]) for row in self._connection.execute(query)}

    def twins(self, quarantine_id: int) -> list[Twin]:
        """The records of a quarantine with their twins, the oldest first; those whose twin was removed left out."""
        mine = (quarantined_records.c.quarantine_id == quarantine_id, quarantined_records.c.twin_id.is_not(None))
        query = select(quarantined_records).where(*mine)
        rows = self._connection.execute(query.order_by(quarantined_records.c.record_id)).mappings()
        return [Twin(record_id=row["record_id"], twin_id=row["twin_id"]) for row in rows]

    def former_links(self, record_ids: Collection[int]) -> dict[int, list[str]]:
        """All url_keys under which these records were shown."""
        found: dict[int, list[str]] = {}
        for part in in_parts(record_ids):
            query = select(record_urls.c.record_id, record_urls.c.url_key).where(record_urls.c.record_id.in_(part))
            for row in self._connection.execute(query):
                found.setdefault(row.record_id, []).append(row.url_key)
        return found

    # -- deciding ---------------------------------------------------------------------------------------------------

    def decide(self, quarantine_id: int, state: QuarantineState, *, by: str, now: datetime) -> bool:
        """Close it. False: it was closed already."""
        this = and_(quarantines.c.id == quarantine_id, _IS_OPEN)
        decided = {"state": state, "decided_at": now, "decided_by": by}
        return bool(self._connection.execute(update(quarantines).where(this).values(decided)).rowcount)

    def released(self) -> list[Released]:
        """Alerts that are held for a quarantine which is decided, oldest first."""
        columns = (alerts.c.id.label("alert_id"), alerts.c.subscription_id, alerts.c.record_id)
        held = select(*columns).select_from(deliveries.join(alerts)).where(_IS_HELD)
        held = held.where(alerts.c.record_id.not_in(waiting_records())).distinct()
        rows = self._connection.execute(held.order_by(alerts.c.record_id, alerts.c.id)).mappings()
        return [Released(**row) for row in rows]

    def release(self, alert_id: str, hold: Hold | None, now: datetime) -> int:
        """Let an alert go out, at once or when its hold is over. Returns: deliveries."""
        mine = and_(deliveries.c.alert_id == alert_id, _IS_HELD)
        return self._connection.execute(update(deliveries).where(mine).values(state_of(hold, now))).rowcount

    def fold(self, twins: Sequence[Twin], now: datetime) -> int:
        """Give what names the doubles to their twins, and take the doubles away. Returns: alerts that were cancelled.

        The doubles' post ids are the site's own from now on. An alert stays, cancelled, with the twin; one of which the
        twin's subscription was told goes with the double.
        """
        cancelled = self._cancel([one.record_id for one in twins], now)
        posts = self._posts(twins)
        for one in twins:
            self._connection.execute(_moved(record_urls, one))
            self._move_sightings(one)
            self._move_alerts(one)
        for part in in_parts([one.record_id for one in twins]):
            self._connection.execute(delete(records).where(records.c.id.in_(part)))
        self._renumber(posts)
        return cancelled

    def _cancel(self, record_ids: Sequence[int], now: datetime) -> int:
        detail = "the article was known under another address: folded by the operator"
        values = {"state": DeliveryState.CANCELLED, "held_for": "", "detail": detail, "settled_at": now}
        cancelled = 0
        for part in in_parts(record_ids):
            mine = select(alerts.c.id).where(alerts.c.record_id.in_(part))
            open_ones = and_(deliveries.c.alert_id.in_(mine), deliveries.c.state.in_(_OPEN_STATES))
            cancelled += self._connection.execute(update(deliveries).where(open_ones).values(values)).rowcount
        return cancelled

    def _move_sightings(self, one: Twin) -> None:
        """What the feeds show now is what they showed of the double."""
        fed = select(sightings.c.feed_url).where(sightings.c.record_id == one.record_id)
        shown = and_(sightings.c.record_id == one.twin_id, sightings.c.feed_url.in_(fed))
        self._connection.execute(delete(sightings).where(shown))
        self._connection.execute(_moved(sightings, one))

    def _move_alerts(self, one: Twin) -> None:
        told = select(alerts.c.subscription_id).where(alerts.c.record_id == one.twin_id)
        new = and_(alerts.c.record_id == one.record_id, alerts.c.subscription_id.not_in(told))
        self._connection.execute(update(alerts).where(new).values(record_id=one.twin_id))

    def _posts(self, twins: Sequence[Twin]) -> dict[int, str]:
        """The post id that each twin gets."""
        query = select(records.c.id, records.c.post_id).where(records.c.post_id.is_not(None))
        known: dict[int, str] = {}
        for part in in_parts([one.record_id for one in twins]):
            known |= {row.id: row.post_id for row in self._connection.execute(query.where(records.c.id.in_(part)))}
        return {one.twin_id: known[one.record_id] for one in twins if one.record_id in known}

    def _renumber(self, posts: Mapping[int, str]) -> None:
        """First none of them has a number: one may get what was another's. What a third article has stays there."""
        for part in in_parts(posts):
            self._connection.execute(update(records).where(records.c.id.in_(part)).values(post_id=None))
        for record_id, post_id in posts.items():
            source = select(records.c.source).where(records.c.id == record_id).scalar_subquery()
            taken = select(records.c.id).where(records.c.source == source, records.c.post_id == post_id)
            if self._connection.execute(taken).first() is None:
                self._connection.execute(update(records).where(records.c.id == record_id).values(post_id=post_id))


def waiting_records() -> Select[Any]:
    """Ids of the records that wait for a decision, as a subquery."""
    return select(quarantined_records.c.record_id).join(quarantines).where(_IS_OPEN)


def _moved(table: Any, one: Twin) -> Any:
    return update(table).where(table.c.record_id == one.record_id).values(record_id=one.twin_id)


def _quarantine(row: Any, found: int, alerted: int) -> Quarantine:
    names = ("id", "feed_id", "feed_url", "source", "reason", "noticed_at", "decided_at", "decided_by")
    named = {name: row[name] for name in names}
    return Quarantine(**named, state=QuarantineState(row["state"]), records=found, alerts=alerted)
