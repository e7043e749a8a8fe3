"""Every "when next": polls, back-off, delivery retries, permanent moves.

Pure rules. All lengths are seconds as floats, all times aware UTC; chance comes in as `jitter`, a number in [0, 1).
Must not know the clock, the tables or the configuration.
"""

import math
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from worker.model import FailureKind

DAY_S = 86_400.0
HINT_MAX_S = DAY_S  # a server may ask for ten years; a day is what we grant
FIRST_RETRY_S = 60.0  # most failures of a site are over within a minute
MOVE_POLLS = 3  # a permanent redirect is believed after this many agreeing polls ...
MOVE_S = DAY_S  # ... over at least this long, so that a fault of one evening moves no feed

_NIGHT_FROM, _NIGHT = timedelta(hours=1), timedelta(hours=4)  # one o'clock to five: a newspaper sleeps
LEAST_S = 1.0  # nothing is ever repeated faster
_LONGEST_S = 366 * DAY_S  # keeps sums of datetimes in range, whatever the configuration says
_JITTER = 0.1
_MOST_DOUBLINGS = 60  # 2**60 seconds is beyond every limit; 2.0**10_000 would overflow

# Standard Webhooks 1.0, example schedule: waits after the 1st, 2nd ... failed attempt (the first attempt is immediate).
_DELIVERY_WAITS_S = tuple(
    60.0 * minutes for minutes in (5 / 60, 5, 30, 2 * 60, 5 * 60, 10 * 60, 14 * 60, 20 * 60, 24 * 60)
)
DELIVERY_ATTEMPTS = len(_DELIVERY_WAITS_S) + 1


def next_poll_at(*, now: datetime, interval_s: float, jitter: float) -> datetime:
    """When a feed is polled again after a success: its interval, give or take a tenth, so that feeds spread out."""
    return now + timedelta(seconds=_bounded(_jittered(interval_s, jitter)))


def back_off_s(
    *,
    interval_s: float,
    failures: int,
    kind: FailureKind,
    back_off_max_s: float,
    give_up_max_s: float,
    retry_after_s: float | None,
    jitter: float,
) -> float:
    """How long a feed rests after a failed poll.

    The own back-off comes first, then the server's hint as a floor: a hint is obeyed, never multiplied.
    A throttling server that names a time is asked again exactly then.

    failures: failed polls in a row, this one included.
    retry_after_s: the server's hint; anything above a day counts as a day.
    Source: RFC 9110 §10.2.3 (Retry-After).
    """
    hint_s = _hint_s(retry_after_s)
    if kind is FailureKind.THROTTLED and hint_s is not None:
        return max(hint_s, _least_trust_s(interval_s, failures))
    if kind is FailureKind.TEMPORARY:
        own_s, cap_s = _doubled(min(FIRST_RETRY_S, interval_s), failures), back_off_max_s
    elif kind is FailureKind.GONE:
        own_s, cap_s = give_up_max_s, give_up_max_s
    else:
        own_s, cap_s = _doubled(interval_s, failures), give_up_max_s
    own_s = min(_jittered(min(own_s, cap_s), jitter), cap_s)
    return _bounded(max(own_s, hint_s or 0.0))


def delivery_retry_s(attempts_made: int, *, retry_after_s: float | None, jitter: float) -> float | None:
    """How long a delivery waits after its latest failed attempt; None = that was the last one, it is dead.

    attempts_made: from 1, the failed one included.
    retry_after_s: the receiver's hint; a floor, never multiplied, a day at most.
    Source: Standard Webhooks 1.0, "Example retry schedule".
    """
    if attempts_made >= DELIVERY_ATTEMPTS:
        return None
    if attempts_made < 1:
        return 0.0
    own_s = _jittered(_DELIVERY_WAITS_S[attempts_made - 1], jitter)
    return _bounded(max(own_s, _hint_s(retry_after_s) or 0.0))


# A target that takes nothing is asked by one delivery after so long, then after so long …: most are back within minutes.
_CHANNEL_RESTS_S = (5.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0)


def channel_rest_s(failures: int, *, retry_after_s: float | None, jitter: float) -> float:
    """How long a whole channel rests. failures: so many in a row set it to rest, from 1; retry_after_s: a floor."""
    own_s = _jittered(_CHANNEL_RESTS_S[min(max(failures, 1), len(_CHANNEL_RESTS_S)) - 1], jitter)
    return _bounded(max(own_s, _hint_s(retry_after_s) or 0.0))


def next_reread_at(*, now: datetime, every_s: float, timezone: str, jitter: float) -> datetime:
    """When a feed's last days are read again: in the night hours of its source, where the interval is a day or more.

    The night that is nearest to `now` + `every_s`, so that it is never much more or less than that.
    """
    wanted = now + timedelta(seconds=_bounded(every_s))
    if every_s < DAY_S:
        return wanted
    local = wanted.astimezone(ZoneInfo(timezone))
    night = local.replace(hour=0, minute=0, second=0, microsecond=0) + _NIGHT_FROM + _NIGHT * jitter
    if wanted - night > timedelta(days=0.5):
        night += timedelta(days=1)
    return night.astimezone(UTC)


def move_is_stable(count: int, since: datetime, now: datetime) -> bool:
    """Whether a permanent redirect may replace a feed's address.

    count: polls in a row that were led to the same address; since: the first of them.
    """
    return count >= MOVE_POLLS and (now - since).total_seconds() >= MOVE_S


def _hint_s(retry_after_s: float | None) -> float | None:
    """A usable hint, or None: rubbish and the past say nothing."""
    if retry_after_s is None or math.isnan(retry_after_s) or retry_after_s < 0:
        return None
    return min(max(retry_after_s, LEAST_S), HINT_MAX_S)


def next_check_at(
    *, published_at: datetime, checks: int, steps_s: Sequence[float], now: datetime
) -> tuple[int, datetime] | None:
    """(steps done then, when) an article that left its feeds is looked at again; None = never more.

    checks: how many of the steps are done; steps that are over already are left out. steps_s: seconds after publication,
    ascending.
    """
    for number, step_s in enumerate(steps_s[checks:], checks):
        at = published_at + timedelta(seconds=min(step_s, _LONGEST_S))
        if at > now:
            return number, at
    return None


# What keeps a text from us is mostly over within minutes (a site being updated), within the day (a faulty release), or
# never (a paywall).
_TEXT_WAITS_S = (600.0, 3_600.0, 6 * 3_600.0, DAY_S, 3 * DAY_S)
NEWS_WAIT = timedelta(minutes=2)  # then alerts are owed on the excerpt, although nobody could look yet
GONE_AGAIN_S = 900.0  # a page that is not found is asked for once more before it counts as withdrawn


def text_retry_s(attempts: int, *, retry_after_s: float | None, jitter: float) -> float | None:
    """How long until an article's text is tried for again; None = its excerpt stays. attempts: failed ones, from 1."""
    if attempts > len(_TEXT_WAITS_S):
        return None
    own_s = _jittered(_TEXT_WAITS_S[max(attempts, 1) - 1], jitter)
    return max(own_s, _hint_s(retry_after_s) or 0.0)


def _least_trust_s(interval_s: float, failures: int) -> float:
    """A server that answers "too many, again in a second" for ever is asked at most once a minute."""
    return max(LEAST_S, min(_doubled(LEAST_S, failures), FIRST_RETRY_S, interval_s))


def _doubled(first_s: float, failures: int) -> float:
    return first_s * 2.0 ** min(max(failures - 1, 0), _MOST_DOUBLINGS)


def _jittered(seconds: float, jitter: float) -> float:
    return seconds * (1 - _JITTER + 2 * _JITTER * jitter)


def _bounded(seconds: float) -> float:
    return min(max(seconds, LEAST_S), _LONGEST_S)
