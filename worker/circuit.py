"""When a channel rests, when it is given up, and what of that the operator is told. Pure.

One failure may be the message's; several in a row, without a success between them, are the target's. Then nothing but
one delivery at a time asks whether it is back, and all others wait. Must not know the tables, nor who is told how.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from worker import cadence
from worker.model import ChannelState, SendOutcome, SendResult, TroubleKind

PATIENCE = 3  # failures in a row until the whole channel rests
TELL_AFTER = timedelta(hours=2)
GIVE_UP_AFTER, GIVE_UP_FAILURES = timedelta(days=5), 10  # so few days of nothing but failure, and more than bad luck
_GONE, _TOO_MANY = 410, 429
DISABLED = frozenset({TroubleKind.CHANNEL_OFF, TroubleKind.CHANNEL_GONE})


def after(state: ChannelState, outcome: SendOutcome, now: datetime, jitter: float) -> ChannelState:
    """How the channel is doing once this attempt is over."""
    if outcome.result is SendResult.SENT or outcome.reached:  # one of several has it: the rest is their own trouble
        return ChannelState(name=state.name, target=state.target)
    if is_gone(outcome):
        return replace(_failed(state, outcome, now), disabled_at=now)
    failed = _failed(state, outcome, now)
    if failed.failures >= GIVE_UP_FAILURES and now - (failed.failing_since or now) >= GIVE_UP_AFTER:
        return replace(failed, disabled_at=now)
    if outcome.result is SendResult.NEVER:
        return failed  # it answers, so there is nothing to wait for; but one that only refuses is told of, and given up
    if failed.failures < PATIENCE and not is_throttled(outcome):
        return failed
    lately = failed.failures - PATIENCE + 1
    rest_s = cadence.channel_rest_s(lately, retry_after_s=outcome.retry_after_s, jitter=jitter)
    return replace(failed, rest_until=now + timedelta(seconds=rest_s))


def is_open(state: ChannelState, now: datetime) -> bool:
    """Whether anything may be tried now."""
    return state.disabled_at is None and (state.rest_until is None or state.rest_until <= now)


def at_once(state: ChannelState, now: datetime, most: int) -> int:
    """How many deliveries may be taken: none while it rests, and one to ask whether the target is back."""
    if not is_open(state, now):
        return 0
    return most if state.failures == 0 else 1


def is_gone(outcome: SendOutcome) -> bool:
    """The target says that it is gone for good."""
    return outcome.result is SendResult.NEVER and outcome.status == _GONE


def is_throttled(outcome: SendOutcome) -> bool:
    """The target is there, and asks to be left alone for a while."""
    return outcome.status == _TOO_MANY or outcome.retry_after_s is not None


def began(state: ChannelState, now: datetime) -> Iterator[TroubleKind]:
    """What the operator has to be told of a channel in this state, if he was not yet."""
    if state.disabled_at is not None:
        days = now - (state.failing_since or now) >= GIVE_UP_AFTER
        yield TroubleKind.CHANNEL_OFF if days else TroubleKind.CHANNEL_GONE
    elif state.failing_since is not None and state.failures >= PATIENCE and now - state.failing_since >= TELL_AFTER:
        yield TroubleKind.CHANNEL_FAILING


def _failed(state: ChannelState, outcome: SendOutcome, now: datetime) -> ChannelState:
    return replace(
        state,
        failures=state.failures + 1,
        failing_since=state.failing_since or now,
        rest_until=None,
        detail=outcome.detail,
    )
