"""When a channel rests, when it is given up, and who is told when."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker import circuit
from worker.circuit import GIVE_UP_AFTER, GIVE_UP_FAILURES, PATIENCE
from worker.model import ChannelState, SendOutcome, SendResult, TroubleKind

NOW = datetime(2025, 12, 3, 12, 0, tzinfo=UTC)
WELL = ChannelState(name="hook", target="t")
FAILED = SendOutcome(result=SendResult.RETRY, detail="500")
LOST = SendOutcome(result=SendResult.UNKNOWN, detail="no answer")
SENT = SendOutcome(result=SendResult.SENT)


def tried(*outcomes: SendOutcome, state: ChannelState = WELL, apart: timedelta = timedelta(hours=1)) -> ChannelState:
    for number, outcome in enumerate(outcomes):
        state = circuit.after(state, outcome, NOW + number * apart, 0.5)
    return state


@pytest.mark.parametrize("outcome", [FAILED, LOST])
def test_several_failures_in_a_row_rest_it_and_one_delivery_asks(outcome: SendOutcome) -> None:
    state = tried(*[outcome] * (PATIENCE - 1), apart=timedelta(0))
    assert circuit.is_open(state, NOW)
    state = circuit.after(state, outcome, NOW, 0.5)
    assert not circuit.is_open(state, NOW)
    assert circuit.at_once(state, NOW, 50) == 0
    later = NOW + timedelta(seconds=6)
    assert circuit.is_open(state, later)
    assert circuit.at_once(state, later, 50) == 1
    assert circuit.at_once(circuit.after(state, SENT, later, 0.5), later, 50) == 50


def test_a_success_forgets_everything() -> None:
    assert tried(*[FAILED] * 9, SENT) == WELL


@given(st.lists(st.sampled_from([FAILED, LOST]), max_size=60), st.floats(0, 0.999))
def test_a_rest_is_never_longer_than_a_quarter_of_an_hour_and_a_tenth(
    outcomes: list[SendOutcome], jitter: float
) -> None:
    state = WELL
    for outcome in outcomes:
        state = circuit.after(state, outcome, NOW, jitter)
        assert (state.rest_until or NOW) - NOW <= timedelta(minutes=16.5)


@pytest.mark.parametrize("seconds", [30.0, 3600.0, None])
def test_who_throttles_is_left_alone_at_once(seconds: float | None) -> None:
    state = tried(replace(FAILED, status=429, retry_after_s=seconds))
    assert state.rest_until == NOW + timedelta(seconds=seconds or 5)
    assert state.disabled_at is None


def test_what_is_gone_is_disabled_at_once() -> None:
    state = tried(replace(FAILED, result=SendResult.NEVER, status=410))
    assert state.disabled_at == NOW
    assert list(circuit.began(state, NOW)) == [TroubleKind.CHANNEL_GONE]


REFUSED = SendOutcome(result=SendResult.NEVER, status=550, detail="no such mailbox")


def test_what_is_refused_for_good_holds_up_nothing() -> None:
    state = tried(*[REFUSED] * 9, apart=timedelta(0))
    assert circuit.is_open(state, NOW)
    assert tried(REFUSED, SENT) == WELL


def test_who_refuses_everything_for_good_is_told_of_and_given_up() -> None:
    """A mailbox that was closed refuses each letter for good: a hundred dead alerts, and nobody would know."""
    state = tried(*[REFUSED] * PATIENCE, apart=timedelta(hours=1))
    assert list(circuit.began(state, NOW + timedelta(hours=2))) == [TroubleKind.CHANNEL_FAILING]
    times = int(GIVE_UP_AFTER / timedelta(hours=1))
    assert tried(*[REFUSED] * (times + 1)).disabled_at == NOW + GIVE_UP_AFTER


def test_days_of_nothing_but_failure_disable_it() -> None:
    times = int(GIVE_UP_AFTER / timedelta(hours=1))
    assert tried(*[FAILED] * times).disabled_at is None
    state = tried(*[FAILED] * (times + 1))
    assert state.disabled_at == NOW + GIVE_UP_AFTER
    assert list(circuit.began(state, NOW + GIVE_UP_AFTER)) == [TroubleKind.CHANNEL_OFF]
    assert tried(*[FAILED] * times, SENT, FAILED).disabled_at is None


def test_a_few_failures_far_apart_do_not() -> None:
    assert tried(*[FAILED] * (GIVE_UP_FAILURES - 1), apart=timedelta(days=30)).disabled_at is None


def test_the_operator_is_told_when_it_lasts() -> None:
    state = tried(*[FAILED] * PATIENCE, apart=timedelta(minutes=1))
    assert list(circuit.began(state, NOW + timedelta(minutes=3))) == []
    assert list(circuit.began(state, NOW + timedelta(hours=2))) == [TroubleKind.CHANNEL_FAILING]
