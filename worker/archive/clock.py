"""Which time it is in the archive, and what becomes of waiting and age when the clock is set.

Owns the list of what moves along: times until which something waits, and since when something has lasted. What happened
(published, first seen, sent) is history and stays.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, Update, cast, func, literal, null, or_, select, update
from sqlalchemy.sql.elements import KeyedColumnElement

from worker.archive.canary import ARRIVED
from worker.archive.schema import channels, deliveries, feeds, hosts, moments, notices, subscriptions, visits
from worker.model import CANARY_ORIGIN, DeliveryState

_OPEN = deliveries.c.state == DeliveryState.PENDING
_HELD = deliveries.c.state == DeliveryState.HELD

# Each with the rows that wait for something or whose age counts.
_MOVED: tuple[tuple[ColumnElement[bool], tuple[KeyedColumnElement[Any], ...]], ...] = (
    (
        feeds.c.id.is_not(None),
        (
            *(feeds.c.next_poll_at, feeds.c.catch_up_at, feeds.c.reread_at),
            *(feeds.c.last_polled_at, feeds.c.last_success_at, feeds.c.full_at, feeds.c.lied_at, feeds.c.moved_since),
        ),
    ),
    (
        or_(hosts.c.lease_until.is_not(None), hosts.c.free_at.is_not(None), hosts.c.retry_after_at.is_not(None)),
        (hosts.c.lease_until, hosts.c.free_at, hosts.c.retry_after_at),
    ),
    (visits.c.reason != "check", (visits.c.due_at, visits.c.missing_since)),  # a check follows from the publication
    (_OPEN, (deliveries.c.retry_at,)),
    (deliveries.c.lease_until.is_not(None), (deliveries.c.lease_until, deliveries.c.begun_at)),
    (notices.c.state == DeliveryState.PENDING, (notices.c.retry_at, notices.c.lease_until)),
    (channels.c.name.is_not(None), (channels.c.failing_since, channels.c.rest_until)),
    (feeds.c.origin == CANARY_ORIGIN, (feeds.c.added_at,)),  # since then, or since its last arrival, it is waited for
    (moments.c.name == ARRIVED, (moments.c.at,)),
)


class ArchiveClock:
    """The clock of one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._is_sqlite = connection.dialect.name == "sqlite"

    def reads(self) -> datetime | None:
        """The server's clock, which all processes share; None: there is no server, the machine's clock counts."""
        if self._is_sqlite:
            return None
        at: datetime = self._connection.execute(select(func.clock_timestamp())).scalar_one()
        return at

    def move(self, by_s: float, now: datetime) -> None:
        """The clock was set by so many seconds, to `now`: what waits goes on waiting as long as it would have, and
        nothing grows older or younger. What waits for an hour of the day waits for it on the new clock.
        """
        for which, columns in _MOVED:
            self._connection.execute(self._moved(which, columns, by_s))
        if by_s < 0:
            self._connection.execute(self._moved(_HELD, (deliveries.c.retry_at,), by_s))
            planned_late = subscriptions.c.heartbeat_at > now
            self._connection.execute(update(subscriptions).where(planned_late).values(heartbeat_at=null()))

    def _moved(self, which: ColumnElement[bool], columns: tuple[KeyedColumnElement[Any], ...], by_s: float) -> Update:
        return update(columns[0].table).where(which).values({one.name: self._later(one, by_s) for one in columns})

    def _later(self, column: KeyedColumnElement[Any], by_s: float) -> ColumnElement[Any]:
        """NULL stays NULL."""
        if self._is_sqlite:  # text in the form that `UtcDateTime` is kept in there
            text = cast(func.strftime("%Y-%m-%d %H:%M:%f", column, f"{by_s:+.3f} seconds"), String)
            return text + literal("000", String)
        return column + func.make_interval(0, 0, 0, 0, 0, 0, by_s)
