"""When is a feed polled again after a success, and why then? Pure.

Owns what the rhythm, bursts, the window, the feed's own hints and a cache's freshness mean for the next interval. Must
not know how they were learned (`rhythm.py`) or read (`hints.py`). What follows a failure is `cadence.py`'s.

The polls that the interval pays for, and a third more, are spent where they shorten the mean waiting time of articles most. An article
waits for half an interval on average, so the sum of rate x interval / 2 is to be least while the sum of 1 / interval is
given: the interval is then proportional to 1 / sqrt(rate).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from worker import cadence
from worker.rhythm import CELLS, HOT_S, HOUR_S, Rhythm, cell_of, rates

# Of the interval: so far apart are polls on average where a rhythm is known. Ten minutes are 196 polls a day then instead of
# 144: less than a newspaper's patience (200), and enough to see half of its articles within three minutes.
SPENT = 11 / 15
CACHE_MOST = 2.0  # intervals: a cache's freshness stretches an interval that somebody named no further

_NEVER = datetime.max.replace(tzinfo=UTC)
_TURNS = 12  # for a table to settle; mostly it does in four


class Why(StrEnum):
    """What decided when the next poll is."""

    FIXED = "fixed"  # the interval is taken literally
    UNKNOWN = "unknown"  # no rhythm is known yet: the interval
    HINT = "hint"  # no rhythm is known yet, and the feed asks for a slower pace than nobody named
    RHYTHM = "rhythm"
    BURST = "burst"  # an article has just come, and here they come in clusters
    WINDOW = "window"  # slower, half of what the feed shows could roll over
    CACHE = "cache"  # the server's cache is fresh until then: asking sooner brings the same copy


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the operator says of a feed's pace; seconds. is_given: somebody named the interval."""

    interval_s: float
    is_given: bool = True
    min_s: float = 60.0
    max_s: float = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """next_at: when the feed is polled again; reason: why, for `reason_of`."""

    next_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """cell: hour of the week on the source's clock; rate: articles an hour then; until: when the cache's copy is stale,
    POSIX seconds; hint_s: what the feed asks for.
    """

    why: Why
    cell: int = 0
    rate: float = 0.0
    until: float = 0.0
    hint_s: float = 0.0


def next_pace(
    *,
    now: datetime,
    limits: Limits,
    rhythm: Rhythm | None,
    zone: str,
    window: int,
    hint_s: float | None = None,
    fresh_s: float = 0.0,
    jitter: float,
) -> Pace:
    """When to poll again after a success.

    zone: IANA name of the source's clock; window: how many entries the feed shows; hint_s: the pace that the feed itself
    asks for; fresh_s: so long a cache on the way, or the server, says that its answer stays good.
    """
    interval_s, reason = _interval(now.timestamp(), limits, rhythm, zone, window, hint_s)
    next_at = min(
        cadence.next_poll_at(now=now, interval_s=interval_s, jitter=jitter), _proof_of_silence(now, limits, rhythm)
    )
    floor_s = min(fresh_s, limits.max_s, CACHE_MOST * limits.interval_s if limits.is_given else math.inf)
    if limits.interval_s < limits.min_s or next_at >= now + timedelta(seconds=floor_s):
        return Pace(next_at=next_at, reason=reason)
    stale_at = now + timedelta(seconds=floor_s + cadence.LEAST_S)
    return Pace(next_at=stale_at, reason=f"{Why.CACHE} {stale_at.timestamp():.0f}")


def _interval(
    now_s: float, limits: Limits, rhythm: Rhythm | None, zone: str, window: int, hint_s: float | None
) -> tuple[float, str]:
    if limits.interval_s < limits.min_s:
        return limits.interval_s, Why.FIXED
    if rhythm is None or not rhythm.is_learned:
        if limits.is_given or hint_s is None or hint_s <= limits.interval_s:
            return limits.interval_s, Why.UNKNOWN
        return min(hint_s, max(limits.max_s, limits.interval_s)), f"{Why.HINT} {hint_s:.0f}"
    cell = cell_of(now_s, ZoneInfo(zone))
    mean_s = max(limits.interval_s * SPENT, limits.min_s)
    plan = _plan(rhythm.counts, rhythm.weeks, rhythm.burst, mean_s, limits.min_s, limits.max_s, window)
    is_hot = rhythm.last_at is not None and now_s - rhythm.last_at <= HOT_S
    interval_s = (plan.hot_s if is_hot else plan.calm_s)[cell]
    why = Why.RHYTHM
    if interval_s >= plan.window_s[cell]:
        why = Why.WINDOW
    elif is_hot and interval_s < plan.calm_s[cell]:
        why = Why.BURST
    return interval_s, f"{why} {cell} {plan.rates[cell]:.3g}"


def _proof_of_silence(now: datetime, limits: Limits, rhythm: Rhythm | None) -> datetime:
    """When a poll without news would prove that the source is silent: worth a poll of its own. Else never."""
    if rhythm is None or rhythm.silent_at is None or limits.interval_s < limits.min_s:
        return _NEVER
    left_s = rhythm.silent_at - now.timestamp()
    return now + timedelta(seconds=max(left_s + cadence.LEAST_S, limits.min_s)) if left_s > 0 else _NEVER


# -- the plan ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Intervals in seconds for each hour of the week: just after an article, and at any other time.

    window_s: no longer, or half of what the feed shows could roll over.
    """

    rates: Sequence[float]
    calm_s: Sequence[float]
    hot_s: Sequence[float]
    window_s: Sequence[float]


@lru_cache(maxsize=2048)  # it is made anew when the rhythm has learned something, four times a day at most
def _plan(
    counts: str, weeks: float, burst: tuple[float, float], interval_s: float, min_s: float, max_s: float, window: int
) -> Plan:
    """All the polls of a week, laid where they shorten the waiting most."""
    hourly = rates(counts, weeks)
    hot, calm = burst
    longest_s = [max(window / 4 / (rate * max(hot, 1.0)) * HOUR_S, min_s) for rate in hourly]
    # So much of an hour lies just after an article that is known: it is found half an interval after it appeared.
    known_s = max(HOT_S - interval_s / 2, 0.0)
    shares = [1 - math.exp(-rate / hot * known_s / HOUR_S) for rate in hourly]
    slots = [
        _Slot(share=share, urgency=math.sqrt(rate * factor), most_s=min(max_s, longest))
        for factor, is_hot in ((calm, False), (hot, True))
        for rate, longest, share in zip(hourly, longest_s, (s if is_hot else 1 - s for s in shares), strict=True)
    ]
    found = _shared_out(slots, CELLS * HOUR_S / interval_s, min_s)
    return Plan(rates=hourly, calm_s=found[:CELLS], hot_s=found[CELLS:], window_s=longest_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    """One hour of the week in one mood. share: of that hour; urgency: root of the rate; most_s: the longest interval."""

    share: float
    urgency: float
    most_s: float


def _shared_out(slots: Sequence[_Slot], polls: float, least_s: float) -> tuple[float, ...]:
    """Intervals of factor / urgency within their limits, the factor such that so many polls are made in all."""
    factor = sum(slot.share * slot.urgency for slot in slots) * HOUR_S / polls
    found = [_clamped(factor, slot, least_s) for slot in slots]
    for _ in range(_TURNS):
        bound = [interval in (least_s, slot.most_s) for interval, slot in zip(found, slots, strict=True)]
        fixed = sum(
            _made(slot, interval) for slot, interval, is_bound in zip(slots, found, bound, strict=True) if is_bound
        )
        free = sum(slot.share * slot.urgency for slot, is_bound in zip(slots, bound, strict=True) if not is_bound)
        left = polls - fixed
        if free <= 0 or left <= 0 or abs(free * HOUR_S / left / factor - 1) < 1e-3:
            break
        factor = free * HOUR_S / left
        found = [_clamped(factor, slot, least_s) for slot in slots]
    return tuple(found)


def _clamped(factor: float, slot: _Slot, least_s: float) -> float:
    return max(min(factor / slot.urgency, slot.most_s), least_s)


def _made(slot: _Slot, interval_s: float) -> float:
    return slot.share * HOUR_S / interval_s


# -- the reason -------------------------------------------------------------------------------------------------------


def reason_of(kept: str) -> Reason | None:
    """What was kept of a pace's reason; None if that is nothing, or another version's."""
    name, *numbers = kept.split() or [""]
    try:
        why = Why(name)
        values = [float(number) for number in numbers]
    except ValueError:
        return None
    if why in (Why.RHYTHM, Why.BURST, Why.WINDOW):
        return Reason(why=why, cell=int(values[0]) % CELLS, rate=values[1]) if len(values) == 2 else None
    if why in (Why.CACHE, Why.HINT):
        if len(values) != 1:
            return None
        return Reason(why=why, until=values[0]) if why is Why.CACHE else Reason(why=why, hint_s=values[0])
    return Reason(why=why)
