"""When next: every rule with numbers that a person can check."""

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.cadence import (
    DELIVERY_ATTEMPTS,
    back_off_s,
    delivery_retry_s,
    move_is_stable,
    next_check_at,
    next_poll_at,
    text_retry_s,
)
from worker.model import FailureKind

NOW = datetime(2025, 12, 3, 15, 35, tzinfo=UTC)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
MIDDLE = 0.5  # the jitter that changes nothing
JITTERS = [0.0, 0.25, MIDDLE, 0.75, 0.999999]

kinds = st.sampled_from(list(FailureKind))
jitters = st.floats(0, 1, exclude_max=True)
hints = st.none() | st.floats(allow_nan=True, allow_infinity=True)


def rest(
    kind: FailureKind = FailureKind.TEMPORARY,
    failures: int = 1,
    *,
    hint: float | None = None,
    jitter: float = MIDDLE,
    interval: float = 10 * MINUTE,
    back_off_max: float = HOUR,
    give_up_max: float = DAY,
) -> float:
    return back_off_s(
        interval_s=interval,
        failures=failures,
        kind=kind,
        back_off_max_s=back_off_max,
        give_up_max_s=give_up_max,
        retry_after_s=hint,
        jitter=jitter,
    )


# -- the next poll ----------------------------------------------------------------------------------------------------


def test_a_poll_follows_after_the_interval() -> None:
    assert next_poll_at(now=NOW, interval_s=600, jitter=MIDDLE) == NOW + timedelta(minutes=10)


@pytest.mark.parametrize("jitter", JITTERS)
def test_jitter_is_a_tenth_at_most(jitter: float) -> None:
    wait = next_poll_at(now=NOW, interval_s=600, jitter=jitter) - NOW
    assert timedelta(seconds=540) <= wait <= timedelta(seconds=660)


def test_jitter_spreads_feeds_over_the_whole_range() -> None:
    waits = [(next_poll_at(now=NOW, interval_s=600, jitter=n / 100) - NOW).total_seconds() for n in range(100)]
    assert waits == sorted(waits)
    assert waits[0] == 540
    assert waits[-1] > 658


@pytest.mark.parametrize("interval", [0.0, 1e-9, 0.5, -3.0])
def test_no_poll_sooner_than_a_second(interval: float) -> None:
    assert next_poll_at(now=NOW, interval_s=interval, jitter=0.0) >= NOW + timedelta(seconds=1)


def test_an_absurd_interval_overflows_nothing() -> None:
    assert next_poll_at(now=NOW, interval_s=1e300, jitter=0.9).year in (2026, 2027)


# -- back-off ---------------------------------------------------------------------------------------------------------


def test_a_temporary_failure_is_retried_soon_then_ever_later() -> None:
    waits = [rest(failures=n) for n in range(1, 9)]
    assert waits == [60, 120, 240, 480, 960, 1920, 3600, 3600]


def test_the_first_retry_is_never_later_than_a_short_interval() -> None:
    assert rest(interval=5.0) == 5.0


def test_a_refusal_starts_from_the_interval() -> None:
    waits = [rest(FailureKind.REFUSED, n) for n in range(1, 10)]
    assert waits == [600, 1200, 2400, 4800, 9600, 19_200, 38_400, 76_800, DAY]


def test_throttled_without_a_hint_rests_like_a_refusal() -> None:
    assert [rest(FailureKind.THROTTLED, n) for n in (1, 2, 3)] == [600, 1200, 2400]


@pytest.mark.parametrize("hint", [60.0, 120.0, 61.5, 600.0, 7200.0])
@pytest.mark.parametrize("failures", [1, 2, 7, 50, 10_000])
@pytest.mark.parametrize("jitter", JITTERS)
def test_a_named_time_is_kept_exactly(hint: float, failures: int, jitter: float) -> None:
    assert rest(FailureKind.THROTTLED, failures, hint=hint, jitter=jitter) == hint


def test_a_hint_of_two_hours_is_not_multiplied() -> None:
    for kind in (FailureKind.TEMPORARY, FailureKind.REFUSED, FailureKind.THROTTLED):
        assert rest(kind, 2, hint=7200.0) == 7200.0


def test_a_hint_is_a_floor_for_other_failures() -> None:
    assert rest(FailureKind.REFUSED, 4, hint=60.0) == 4800
    assert rest(FailureKind.TEMPORARY, 1, hint=90.0) == 90


@pytest.mark.parametrize("hint", [10 * 365 * DAY, 1e300, math.inf])
@pytest.mark.parametrize("kind", list(FailureKind))
def test_ten_years_count_as_a_day(kind: FailureKind, hint: float) -> None:
    assert rest(kind, hint=hint) == DAY


@pytest.mark.parametrize("hint", [-1.0, -1e300, math.nan, -math.inf])
@pytest.mark.parametrize("kind", list(FailureKind))
def test_rubbish_is_no_hint(kind: FailureKind, hint: float) -> None:
    assert rest(kind, 3, hint=hint) == rest(kind, 3)


def test_a_server_that_says_again_in_a_second_for_ever_is_asked_once_a_minute() -> None:
    assert [rest(FailureKind.THROTTLED, n, hint=1.0) for n in (1, 2, 3, 6, 7, 8, 10_000)] == [1, 2, 4, 32, 60, 60, 60]
    assert rest(FailureKind.THROTTLED, 1, hint=0.0) == 1


def test_a_feed_that_is_gone_rests_as_long_as_can_be() -> None:
    assert rest(FailureKind.GONE) == DAY


def test_failures_spread() -> None:
    waits = {rest(failures=3, jitter=jitter) for jitter in JITTERS}
    assert len(waits) == len(JITTERS)
    assert all(0.9 * 240 <= wait <= 1.1 * 240 for wait in waits)


@pytest.mark.parametrize("kind", [FailureKind.TEMPORARY, FailureKind.REFUSED])
@pytest.mark.parametrize("jitter", JITTERS)
def test_the_limits_are_limits(kind: FailureKind, jitter: float) -> None:
    limit = HOUR if kind is FailureKind.TEMPORARY else DAY
    assert 0.9 * limit <= rest(kind, 10_000, jitter=jitter) <= limit


@given(kinds, st.integers(-5, 10_000), hints, jitters, st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1e12))
def test_always_a_wait_that_a_clock_can_add(
    kind: FailureKind, failures: int, hint: float | None, jitter: float, interval: float, most: float, give_up: float
) -> None:
    wait = rest(kind, failures, hint=hint, jitter=jitter, interval=interval, back_off_max=most, give_up_max=give_up)
    assert wait >= 1
    assert NOW + timedelta(seconds=wait) > NOW
    if hint is not None and hint >= 0:
        assert wait >= min(hint, DAY)


@given(kinds, st.integers(1, 9_999), jitters)
def test_a_further_failure_never_shortens_the_rest(kind: FailureKind, failures: int, jitter: float) -> None:
    assert rest(kind, failures + 1, jitter=jitter) >= rest(kind, failures, jitter=jitter)


# -- deliveries -------------------------------------------------------------------------------------------------------


def test_the_schedule_of_standard_webhooks() -> None:
    waits = [delivery_retry_s(n, retry_after_s=None, jitter=MIDDLE) for n in range(1, 10)]
    hours = [2, 5, 10, 14, 20, 24]
    assert waits == pytest.approx([5, 5 * MINUTE, 30 * MINUTE, *(n * HOUR for n in hours)])


def test_the_first_attempt_is_due_at_once() -> None:
    assert delivery_retry_s(0, retry_after_s=None, jitter=0.9) == 0


@pytest.mark.parametrize("made", [10, 11, 10_000])
@pytest.mark.parametrize("hint", [None, 60.0])
def test_after_the_last_attempt_a_delivery_is_dead(made: int, hint: float | None) -> None:
    assert delivery_retry_s(made, retry_after_s=hint, jitter=MIDDLE) is None
    assert DELIVERY_ATTEMPTS == 10


@pytest.mark.parametrize("made", range(1, 10))
@pytest.mark.parametrize("jitter", JITTERS)
def test_attempts_spread_by_a_tenth(made: int, jitter: float) -> None:
    middle = delivery_retry_s(made, retry_after_s=None, jitter=MIDDLE)
    wait = delivery_retry_s(made, retry_after_s=None, jitter=jitter)
    assert middle is not None
    assert wait is not None
    assert 0.9 * middle <= wait <= 1.1 * middle


def test_a_receivers_hint_is_a_floor() -> None:
    assert delivery_retry_s(1, retry_after_s=30.0, jitter=0.9) == 30
    assert delivery_retry_s(4, retry_after_s=30.0, jitter=MIDDLE) == 2 * HOUR
    assert delivery_retry_s(1, retry_after_s=1e12, jitter=MIDDLE) == DAY
    assert delivery_retry_s(1, retry_after_s=math.nan, jitter=MIDDLE) == 5
    assert delivery_retry_s(1, retry_after_s=-9, jitter=MIDDLE) == 5


# -- moves ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "hours", "stable"),
    [(3, 24, True), (300, 24, True), (3, 23.99, False), (2, 240, False), (0, 0, False), (3, -24, False)],
)
def test_a_move_is_believed_after_three_polls_and_a_day(count: int, hours: float, stable: bool) -> None:
    assert move_is_stable(count, NOW, NOW + timedelta(hours=hours)) is stable


# -- articles ---------------------------------------------------------------------------------------------------------

AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
STEPS_S = (3_600.0, 21_600.0, 86_400.0)


@pytest.mark.parametrize(
    ("age", "coming"),
    [
        (timedelta(0), (0, AN_HOUR)),
        (AN_HOUR, (1, 6 * AN_HOUR)),
        (5 * AN_HOUR, (1, 6 * AN_HOUR)),
        (7 * AN_HOUR, (2, A_DAY)),
        (A_DAY, None),
        (400 * A_DAY, None),
        (-2 * AN_HOUR, (0, AN_HOUR)),
    ],
)
def test_an_article_is_looked_at_again_at_each_step_after_its_publication(
    age: timedelta, coming: tuple[int, timedelta] | None
) -> None:
    found = next_check_at(published_at=NOW - age, checks=0, steps_s=STEPS_S, now=NOW)
    assert found == (coming and (coming[0], NOW - age + coming[1]))
    assert next_check_at(published_at=NOW, checks=0, steps_s=(), now=NOW) is None


def test_a_text_is_tried_for_less_and_less_and_not_for_ever() -> None:
    waits = [text_retry_s(n, retry_after_s=None, jitter=0.5) for n in range(1, 7)]
    assert waits == [600, 3_600, 6 * 3_600, 86_400, 3 * 86_400, None]
    assert text_retry_s(1, retry_after_s=7_200, jitter=0.5) == 7_200
