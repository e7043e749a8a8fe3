"""Every "when next": polls, back-off, delivery retries, permanent moves.

Pure rules. All lengths are seconds as floats, all times aware UTC; chance comes in as `jitter`, a number in [0, 1).
Must not know the clock, the tables or the configuration.
"""

import math
from datetime import datetime, timedelta

from worker.model import FailureKind

DAY_S = 86_400.0
HINT_MAX_S = DAY_S  # a server may ask for ten years; a day is what we grant
FIRST_RETRY_S = 60.0  # most failures of a site are over within a minute
MOVE_POLLS = 3  # a permanent redirect is believed after this many agreeing polls ...
MOVE_S = DAY_S  # ... over at least this long, so that a fault of one evening moves no feed

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


def _least_trust_s(interval_s: float, failures: int) -> float:
    """A server that answers "too many, again in a second" for ever is asked at most once a minute."""
    return max(LEAST_S, min(_doubled(LEAST_S, failures), FIRST_RETRY_S, interval_s))


def _doubled(first_s: float, failures: int) -> float:
    return first_s * 2.0 ** min(max(failures - 1, 0), _MOST_DOUBLINGS)


def _jittered(seconds: float, jitter: float) -> float:
    return seconds * (1 - _JITTER + 2 * _JITTER * jitter)


def _bounded(seconds: float) -> float:
    return min(max(seconds, LEAST_S), _LONGEST_S)
