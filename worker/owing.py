"""What a match owes: alerts with their deliveries, at once or held. Polls and visits come here inside their own write.

Whoever wants digests or has quiet hours waits, unless the article is urgent to him; and nobody is flooded. Must not know
how a match was found, nor how a delivery leaves.
"""

import threading
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import lru_cache

from worker import logs, retold, timetable
from worker.archive import Transaction
from worker.errors import QuerySyntaxError
from worker.match import Matcher
from worker.model import HeldFor, Hold, Owed, Record, Subscription
from worker.query import Query, parse

_HOUR = timedelta(hours=1)
_matching = threading.Lock()  # a matcher is used by one thread at a time


def owe(tx: Transaction, owed: Sequence[Owed], now: datetime) -> int:
    """File what is owed, in the caller's transaction. A second time changes nothing. Returns: new alerts."""
    owed = _for_the_operator(tx, owed)
    unheard = retold.unheard(tx, owed)
    count = tx.alerts.owe(with_holds(tx, owed, now), now)
    retold.tell_once(tx, unheard, now)
    return count


def _for_the_operator(tx: Transaction, owed: Sequence[Owed]) -> Sequence[Owed]:
    """What is about an article in quarantine waits until he decides, and nothing is urgent to him."""
    waiting = tx.quarantines.waiting({one.record_id for one in owed}) if owed else set()
    until_decided = Hold(reason=HeldFor.QUARANTINE)
    return [replace(one, hold=until_decided) if one.record_id in waiting else one for one in owed]


def with_holds(tx: Transaction, owed: Sequence[Owed], now: datetime) -> list[Owed]:
    """What is owed, each with why and until when it waits."""
    timed = [one if one.hold is not None else replace(one, hold=_hold(one, now)) for one in owed]
    return _without_floods(tx, timed, now)


def _hold(one: Owed, now: datetime) -> Hold | None:
    subscription = one.subscription
    if not subscription.digest and not subscription.quiet:
        return None
    try:
        hold = timetable.hold_for(subscription, now, is_urgent=False)
    except (ValueError, KeyError) as error:  # KeyError: a zone that this machine does not know
        said = f"its times cannot be read, so its alerts leave at once: {error}"
        logs.line("subscription", said, level="warning", subscription=subscription.name)
        return None
    return None if hold is not None and _is_urgent(subscription, one.record) else hold


def _is_urgent(subscription: Subscription, record: Record) -> bool:
    if not subscription.urgent:
        return False
    with _matching:
        return bool(_urgent(subscription.urgent).match(record))


@lru_cache(maxsize=500)
def _urgent(queries: tuple[str, ...]) -> Matcher:
    """One that cannot be read makes nothing urgent; the configuration said so when it was read."""
    readable: dict[int, Query] = {}
    for number, text in enumerate(queries):
        try:
            readable[number] = parse(text)
        except QuerySyntaxError as error:
            logs.line("subscription", f"an urgent query is skipped: {error} in: {text}", level="warning")
    return Matcher(readable)


# -- floods -----------------------------------------------------------------------------------------------------------


def _without_floods(tx: Transaction, owed: Sequence[Owed], now: datetime) -> list[Owed]:
    """What is more than a subscription wants in an hour waits until the hour is over; nothing is dropped."""
    told: dict[int, list[datetime]] = {}
    sent: dict[int, int] = defaultdict(int)
    calm = []
    for one in owed:
        subscription, most = one.subscription, one.subscription.max_alerts_per_hour
        if one.hold is not None or not most:
            calm.append(one)
            continue
        if subscription.id not in told:
            told[subscription.id] = tx.held.told_since(subscription.id, now)
        earlier = told[subscription.id]
        if len(earlier) + sent[subscription.id] < most:
            sent[subscription.id] += 1
            calm.append(one)
        else:
            over = (earlier[0] if earlier else now) + _HOUR
            calm.append(replace(one, hold=Hold(reason=HeldFor.FLOOD, until=_loud(one, over))))
    return calm


def _loud(one: Owed, at: datetime) -> datetime:
    """Then, or when the quiet hours end in which that lies, unless it is urgent."""
    if _is_urgent(one.subscription, one.record):
        return at
    try:
        return timetable.after_quiet(one.subscription, at)
    except (ValueError, KeyError):  # said when it was asked whether it waits
        return at
