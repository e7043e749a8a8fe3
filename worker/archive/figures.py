"""Numbers over everything, for monitors that ask every few seconds: cheap also where millions of rows stand.

What may be many is counted along an index and only up to a bound; the records are counted from where the last count
ended. Must not know what a number means.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, case, func, literal, or_, select, text

from worker.archive.schema import deliveries, feeds, gaps, notices, records, subscriptions, troubles
from worker.model import CANARY_ORIGIN, DeliveryState
from worker.searching import INDEXED_BY, NOT_INDEXABLE

MOST = 100_000  # of one kind are counted: more says no more to whoever looks after it

_LONG_AGO = datetime.fromtimestamp(0, UTC)  # any time at all; "is not NULL" would go through the table

_FEED_STATE = case(
    (feeds.c.stopped != "", "stopped"),
    (feeds.c.failures > 0, "failing"),
    (feeds.c.last_success_at.is_(None), "new"),
    else_="ok",
)
_FEEDS = select(_FEED_STATE, func.count()).where(feeds.c.origin != CANARY_ORIGIN).group_by(_FEED_STATE)
_WAITING = (DeliveryState.PENDING, DeliveryState.HELD, DeliveryState.DEAD)
_IS_PAUSED = case((subscriptions.c.paused, "paused"), else_="active")


class FigureCounts:
    """The numbers of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    # -- the archive --------------------------------------------------------------------------------------------------

    def size_bytes(self) -> int:
        """Of the database, without SQLite's journal."""
        if self._is_sqlite:
            pages, each = (self._one(text(f"PRAGMA {name}")) for name in ("page_count", "page_size"))
            return int(pages) * int(each)
        return int(self._one(text("SELECT pg_database_size(current_database())")))

    def records_after(self, record_id: int) -> tuple[int, int]:
        """How many were filed after this one, and the last one's id; 0: all of them."""
        last = self._one(select(func.max(records.c.id))) or record_id
        counted = select(func.count()).select_from(records)  # all of them along the smallest index, not by their texts
        return self._one(counted.where(records.c.id > record_id) if record_id else counted), last

    def unindexed(self) -> int:
        """Records that searches have to look at themselves, for now."""
        known = (INDEXED_BY, NOT_INDEXABLE)
        outside = [records.c.indexed_by < min(known), records.c.indexed_by > max(known)]
        between = and_(records.c.indexed_by > min(known), records.c.indexed_by < max(known))
        return self._up_to(records, or_(*outside, between))

    # -- feeds --------------------------------------------------------------------------------------------------------

    def feeds_by_state(self) -> Mapping[str, int]:
        """`ok`, `failing`, `new` (never read yet), `stopped`; that of the canary left out."""
        return self._pairs(_FEEDS)

    def feeds_due(self, now: datetime) -> int:
        """Feeds whose time for a poll has come."""
        return self._up_to(feeds, and_(feeds.c.next_poll_at <= now, feeds.c.stopped == ""))

    def feeds_catching_up(self) -> int:
        return self._up_to(feeds, and_(feeds.c.catch_up_at > _LONG_AGO, feeds.c.stopped == ""))

    def open_gaps(self) -> int:
        return self._up_to(gaps, gaps.c.closed_at.is_(None))

    def open_troubles(self) -> Mapping[str, int]:
        counted = select(troubles.c.kind, func.count()).where(troubles.c.over_at.is_(None))
        return self._pairs(counted.group_by(troubles.c.kind))

    # -- what leaves --------------------------------------------------------------------------------------------------

    def deliveries_by_state(self) -> Mapping[str, int]:
        """Those that wait, and those that were given up: what was sent is not counted here, it only grows."""
        return {state.value: self._up_to(deliveries, deliveries.c.state == state) for state in _WAITING}

    def notices_by_state(self) -> Mapping[str, int]:
        states = (DeliveryState.PENDING, DeliveryState.DEAD)
        return {state.value: self._up_to(notices, notices.c.state == state) for state in states}

    def subscriptions_by_state(self) -> Mapping[str, int]:
        """`active`, `paused`; that of the canary left out."""
        people = and_(subscriptions.c.removed_at.is_(None), subscriptions.c.origin != CANARY_ORIGIN)
        counted = select(_IS_PAUSED, func.count()).where(people).group_by(_IS_PAUSED)
        return self._pairs(counted)

    # -- counting -----------------------------------------------------------------------------------------------------

    def _up_to(self, table: Table, which: ColumnElement[bool]) -> int:
        some = select(literal(1)).select_from(table).where(which).limit(MOST).subquery()
        return int(self._one(select(func.count()).select_from(some)))

    def _pairs(self, query: Any) -> dict[str, Any]:
        return {row[0]: row[1] for row in self._connection.execute(query)}

    def _one(self, query: Any) -> Any:
        return self._connection.execute(query).scalar_one()
