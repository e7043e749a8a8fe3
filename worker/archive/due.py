"""What is due, and at which hosts: the statements by which ticks count and workers claim.

They are written so that an index finds what is due: their cost follows from what is asked for, not from how many feeds
there are, nor from how many of them are due. Built once: to build a statement takes longer than to run it.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    Float,
    FromClause,
    Integer,
    and_,
    bindparam,
    case,
    cast,
    func,
    null,
    or_,
    select,
    union,
    union_all,
)

from worker.archive.schema import UtcDateTime, feeds, hosts, visits

FEEDS_A_TURN = 50  # of one host; then it is given back, so that a claim stays small however many feeds a host has
LOOKS_A_HOST = 20  # rows that are looked at for each host wanted: its feeds mostly come due together

_NOW: BindParameter[datetime] = bindparam("now", type_=UtcDateTime())
_NAMES: BindParameter[Any] = bindparam("names", expanding=True)
_LOOK: BindParameter[int] = bindparam("look", type_=Integer)


def is_due(now: Any) -> Any:
    """Whether there is anything to do for a feed."""
    due = or_(feeds.c.next_poll_at <= now, feeds.c.catch_up_at <= now, feeds.c.reread_at <= now)
    return and_(feeds.c.stopped == "", due)


def is_unleased(now: Any) -> Any:
    """Whether nobody works on a host."""
    return or_(hosts.c.lease_until.is_(None), hosts.c.lease_until <= now)


def is_free(now: Any) -> Any:
    """Whether a host may be asked: nobody works on it, and it need not be left alone."""
    rested = or_(hosts.c.free_at.is_(None), hosts.c.free_at <= now)
    allowed = or_(hosts.c.retry_after_at.is_(None), hosts.c.retry_after_at <= now)
    return and_(is_unleased(now), rested, allowed)


def _longest_waiting(table: FromClause, host: Column[str], at: Column[Any], *which: Any) -> Any:
    """`look` rows that are due at hosts that are free, those that wait longest."""
    joined = table.join(hosts, host == hosts.c.name)
    return select(host).select_from(joined).where(at <= _NOW, *which, is_free(_NOW)).order_by(at).limit(_LOOK)


_DUE_TIMES = (feeds.c.next_poll_at, feeds.c.catch_up_at, feeds.c.reread_at)
_WAITING_FEEDS = [(_longest_waiting(feeds, feeds.c.host, at, feeds.c.stopped == ""), at) for at in _DUE_TIMES]
_WAITING_VISITS = _longest_waiting(visits, visits.c.host, visits.c.due_at)

# parameters: now, look
COUNT_DUE = select(func.count()).select_from(
    union(*(select(due.with_only_columns(feeds.c.id).subquery()) for due, _ in _WAITING_FEEDS)).subquery()
)

# parameters: now, until, within_s. When the first feed comes due after `now`, of those with so short an interval
NEXT_DUE = select(func.min(feeds.c.next_poll_at)).where(
    feeds.c.next_poll_at > _NOW,
    feeds.c.next_poll_at <= bindparam("until", type_=UtcDateTime()),
    feeds.c.interval_s <= bindparam("within_s", type_=Float),
    feeds.c.stopped == "",
)

_NO_TIME = cast(null(), UtcDateTime())  # visits come after all feeds
_WAITING = union_all(
    *(
        select(due.add_columns(since.label("since")).subquery())
        for due, since in (*_WAITING_FEEDS, (_WAITING_VISITS, _NO_TIME))
    )
).subquery()
_SINCE = func.min(_WAITING.c.since).label("since")
_CANDIDATES = select(_WAITING.c.host, _SINCE).group_by(_WAITING.c.host).subquery()

# The names of hosts, how often in a row they were abandoned, and since when their first feed waits, locked; those that
# another transaction is about to lease are left out. parameters: now, look, most
DUE_HOSTS = (
    select(hosts.c.name, hosts.c.abandoned, _CANDIDATES.c.since)
    .join(_CANDIDATES, _CANDIDATES.c.host == hosts.c.name)
    .where(is_free(_NOW))
    .order_by(_CANDIDATES.c.since.is_(None), _CANDIDATES.c.since, hosts.c.name)
    .limit(bindparam("most", type_=Integer))
    .with_for_update(skip_locked=True, of=hosts)
)

_PLACE = func.row_number().over(partition_by=feeds.c.host, order_by=(feeds.c.next_poll_at, feeds.c.id)).label("place")
_PLACES = select(feeds.c.id, _PLACE).where(feeds.c.host.in_(_NAMES), is_due(_NOW)).subquery()
_OF_A_TURN = select(_PLACES.c.id).where(_PLACES.c.place <= FEEDS_A_TURN)

# parameters: now, names
DUE_FEEDS = select(feeds).where(feeds.c.id.in_(_OF_A_TURN)).order_by(feeds.c.next_poll_at, feeds.c.id)
DUE_VISITS = select(visits.c.host).where(visits.c.host.in_(_NAMES), visits.c.due_at <= _NOW).distinct()

# parameters: now, lately. When a rest that a server asked for ended or ends; what is due waits from then on, not before
RESTS = select(hosts.c.name, hosts.c.retry_after_at).where(
    hosts.c.retry_after_at > bindparam("lately", type_=UtcDateTime())
)
_RESTED = RESTS.where(hosts.c.retry_after_at <= _NOW).subquery()
_IS_DUE = and_(feeds.c.stopped == "", feeds.c.next_poll_at <= _NOW)
_SINCE_REST = case(
    (_RESTED.c.retry_after_at > feeds.c.next_poll_at, _RESTED.c.retry_after_at), else_=feeds.c.next_poll_at
)
WAITING_SINCE = (
    select(func.min(feeds.c.next_poll_at)).where(_IS_DUE, feeds.c.host.not_in(RESTS.with_only_columns(hosts.c.name))),
    select(func.min(_SINCE_REST)).select_from(feeds.join(_RESTED, feeds.c.host == _RESTED.c.name)).where(_IS_DUE),
)
