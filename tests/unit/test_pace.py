"""When a feed is polled again after a success, and why then."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.test_rhythm import BERLIN, CLOCK, MONDAY, watched
from worker.pace import SPENT, Limits, Pace, Why, next_pace, reason_of
from worker.rhythm import HOUR_S, Rhythm

DAYTIME = watched(28, range(8, 20), per_hour=3)
NOON = MONDAY + timedelta(days=30, hours=12)
NIGHT = MONDAY + timedelta(days=30, hours=2)
LIMITS = Limits(interval_s=600.0)


def pace(
    now: datetime = NOON,
    *,
    limits: Limits = LIMITS,
    rhythm: Rhythm | None = DAYTIME,
    window: int = 10,
    hint_s: float | None = None,
    fresh_s: float = 0.0,
    jitter: float = 0.5,
) -> Pace:
    return next_pace(
        now=now,
        limits=limits,
        rhythm=rhythm,
        zone=BERLIN,
        window=window,
        hint_s=hint_s,
        fresh_s=fresh_s,
        jitter=jitter,
    )


def wait_s(now: datetime = NOON, **more: object) -> float:
    return (pace(now, **more).next_at - now).total_seconds()  # type: ignore[arg-type]


def why(now: datetime = NOON, **more: object) -> Why:
    reason = reason_of(pace(now, **more).reason)  # type: ignore[arg-type]
    assert reason is not None
    return reason.why


# -- without a rhythm -------------------------------------------------------------------------------------------------


def test_without_a_rhythm_the_interval_counts_as_ever() -> None:
    assert (wait_s(rhythm=None), why(rhythm=None)) == (600, Why.UNKNOWN)
    assert 540 <= wait_s(rhythm=None, jitter=0.0) <= wait_s(rhythm=None, jitter=0.999) <= 660


def test_an_interval_below_the_least_is_taken_literally() -> None:
    brisk = Limits(interval_s=2.0)
    assert wait_s(limits=brisk, fresh_s=900, hint_s=3600) == 2
    assert why(limits=brisk) is Why.FIXED


def test_a_hint_stretches_only_what_nobody_named() -> None:
    nobody = Limits(interval_s=600.0, is_given=False)
    assert wait_s(rhythm=None, hint_s=1800, limits=nobody) == 1800
    assert wait_s(rhythm=None, hint_s=30 * 86_400, limits=nobody) == 3600
    assert wait_s(rhythm=None, hint_s=60, limits=nobody) == 600
    assert wait_s(rhythm=None, hint_s=3600) == 600
    assert why(rhythm=None, hint_s=1800, limits=nobody) is Why.HINT


def test_a_known_rhythm_counts_more_than_a_hint() -> None:
    nobody = Limits(interval_s=600.0, is_given=False)
    assert wait_s(hint_s=3600, limits=nobody) == wait_s()


# -- caches -----------------------------------------------------------------------------------------------------------


def test_a_cache_s_copy_is_not_asked_for_again() -> None:
    assert wait_s(rhythm=None, fresh_s=900) == 901
    assert why(rhythm=None, fresh_s=900) is Why.CACHE
    assert why(rhythm=None, fresh_s=300) is Why.UNKNOWN


def test_a_cache_stretches_a_named_interval_to_twice_its_length_at_most() -> None:
    assert wait_s(rhythm=None, fresh_s=30 * 86_400) == 1201
    assert wait_s(rhythm=None, fresh_s=30 * 86_400, limits=Limits(interval_s=600, is_given=False)) == 3601


# -- with a rhythm ----------------------------------------------------------------------------------------------------


def test_polls_go_where_articles_come() -> None:
    assert wait_s(NOON) < 600 < wait_s(NIGHT) <= 3600
    reason = reason_of(pace(NOON).reason)
    assert reason is not None
    assert (reason.why, reason.cell) == (Why.RHYTHM, NOON.astimezone(CLOCK).weekday() * 24 + 12)
    assert reason.rate == pytest.approx(3.0, rel=0.2)


def test_a_third_more_polls_than_the_interval_alone_would_make() -> None:
    for limits in (Limits(interval_s=600), Limits(interval_s=1800), Limits(interval_s=300)):
        polls, now = 0, MONDAY + timedelta(days=30)
        while now < MONDAY + timedelta(days=37):
            now = pace(now, limits=limits).next_at
            polls += 1
        assert polls == pytest.approx(7 * 86_400 / (limits.interval_s * SPENT), rel=0.1)


def test_no_slower_than_the_window_can_bear() -> None:
    """Sixty articles an hour through a feed of ten: an hour's interval would lose fifty of them."""
    flood = watched(14, range(24), per_hour=60)
    slow = Limits(interval_s=3600.0)
    assert wait_s(rhythm=flood, limits=slow) <= 10 / 4 * 60
    assert why(rhythm=flood, limits=slow) is Why.WINDOW
    assert wait_s(rhythm=flood, limits=slow, window=100) > wait_s(rhythm=flood, limits=slow)


def test_just_after_an_article_where_they_come_in_clusters() -> None:
    clustered = Rhythm(
        at=NOON.timestamp() - 3600,
        last=NOON.timestamp() - 120,
        weeks=5.0,
        counts=" ".join(["500"] * 168),
        hot=400.0,
        hot_expected=150.0,
    )
    calm = Rhythm.from_json(clustered.to_json() | {"last": NOON.timestamp() - 7200})
    assert wait_s(rhythm=clustered) < wait_s(rhythm=calm)
    assert (why(rhythm=clustered), why(rhythm=calm)) == (Why.BURST, Why.RHYTHM)


def test_a_poll_that_would_prove_silence_comes_when_it_would() -> None:
    soon = Rhythm.from_json(DAYTIME.to_json() | {"silent_at": NIGHT.timestamp() + 600})
    assert wait_s(NIGHT, rhythm=soon) == 601
    passed = Rhythm.from_json(DAYTIME.to_json() | {"silent_at": NIGHT.timestamp() - 600})
    assert wait_s(NIGHT, rhythm=passed) == wait_s(NIGHT)


limits_of = st.builds(
    Limits,
    interval_s=st.floats(1, 1e6),
    is_given=st.booleans(),
    min_s=st.floats(1, 3600),
    max_s=st.floats(60, 1e6),
)
rhythms = (
    st.none()
    | st.just(DAYTIME)
    | st.builds(
        Rhythm,
        at=st.just(NOON.timestamp()),
        weeks=st.floats(1, 6),
        counts=st.lists(st.integers(0, 10**6), min_size=168, max_size=168).map(lambda n: " ".join(map(str, n))),
        hot=st.floats(0, 1e4),
        hot_expected=st.floats(0, 1e4),
    )
)


@given(
    limits_of,
    rhythms,
    st.integers(0, 500),
    st.none() | st.floats(0, 1e9),
    st.floats(0, 86_400),
    st.floats(0, 1, exclude_max=True),
    st.integers(0, 168),
)
def test_always_a_time_within_the_limits(
    limits: Limits,
    rhythm: Rhythm | None,
    window: int,
    hint_s: float | None,
    fresh_s: float,
    jitter: float,
    later_h: int,
) -> None:
    now = NOON + timedelta(hours=later_h)
    found = pace(now, limits=limits, rhythm=rhythm, window=window, hint_s=hint_s, fresh_s=fresh_s, jitter=jitter)
    waited = (found.next_at - now).total_seconds()
    assert 1 <= waited <= 1.1 * max(limits.interval_s, limits.max_s, limits.min_s) + 1.1
    assert reason_of(found.reason) is not None
    if limits.interval_s >= limits.min_s:
        assert waited >= min(0.9 * limits.min_s, limits.interval_s) - 1e-6


# -- the reason -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", ["", "rhythm", "rhythm x y", "later 3", "cache", "cache 1 2", "\x00"])
def test_another_version_s_reason_is_none(kept: str) -> None:
    assert reason_of(kept) is None


def test_a_cache_says_until_when() -> None:
    reason = reason_of(pace(rhythm=None, fresh_s=900).reason)
    assert reason is not None
    assert reason.until == pytest.approx(NOON.timestamp() + 901)
    assert datetime.fromtimestamp(reason.until, UTC) > NOON
    assert HOUR_S == 3600
