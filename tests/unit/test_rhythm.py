"""A feed's own rhythm: what it learns, what it must not learn, and what it lets expect."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.rhythm import CELLS, HOUR_S, Rhythm, cell_of, expected, learned, rates, reached_at

BERLIN = "Europe/Berlin"
CLOCK = ZoneInfo(BERLIN)
MONDAY = datetime(2025, 9, 1, 0, 0, tzinfo=CLOCK).astimezone(UTC)
STEP = timedelta(minutes=10)


def watched(
    days: int, hours: Iterable[int], *, per_hour: int = 2, start: datetime = MONDAY, rhythm: Rhythm | None = None
) -> Rhythm:
    """Polled every ten minutes for so many days; articles come within these hours of each day, evenly."""
    wanted, gap = set(hours), timedelta(minutes=60 / per_hour)
    last, due = start, start
    now = start
    while now < start + timedelta(days=days):
        new = []
        while due <= now:
            new += [due] if due.astimezone(CLOCK).hour in wanted else []
            due += gap
        if new or rhythm is None:
            rhythm = learned(rhythm, new, now=now, watched_to=last if rhythm else None, zone=BERLIN)
        last, now = now, now + STEP
    assert rhythm is not None
    return rhythm


def rate_at(rhythm: Rhythm, day: int, hour: int) -> float:
    return rhythm.rates[24 * day + hour]


def test_nothing_is_known_of_a_first_poll() -> None:
    first = learned(None, [MONDAY - timedelta(days=n) for n in range(10)], now=MONDAY, watched_to=None, zone=BERLIN)
    assert not first.is_learned
    assert first.recent == ()
    assert first.silent_at is None


def test_a_week_makes_a_rhythm_and_less_does_not() -> None:
    assert not watched(6, range(8, 20)).is_learned
    assert watched(9, range(8, 20)).is_learned


def test_a_clock_that_was_ahead_for_a_while_leaves_nothing_behind() -> None:
    usual = watched(14, range(24))
    now = MONDAY + timedelta(days=14)
    ahead = learned(usual, [now], now=now + timedelta(days=400), watched_to=now, zone=BERLIN)
    later = now + timedelta(hours=1)
    righted = learned(ahead, [later], now=later, watched_to=now + timedelta(days=400), zone=BERLIN)
    assert righted.last_at == later.timestamp()
    assert righted.silent_at is not None
    assert righted.silent_at < (later + timedelta(days=1)).timestamp()


def test_hours_in_which_articles_come_are_told_from_those_in_which_none_do() -> None:
    rhythm = watched(28, range(8, 20))
    assert 1.6 < rate_at(rhythm, 2, 12) < 2.4
    assert rate_at(rhythm, 2, 3) < 0.2
    assert rate_at(rhythm, 5, 12) > 1.4


def test_a_weekend_without_articles_is_learned_apart() -> None:
    rhythm, start = None, MONDAY
    for week in range(4):
        monday = start + timedelta(weeks=week)
        rhythm = watched(5, range(8, 20), start=monday, rhythm=rhythm)
        rhythm = watched(2, (), start=monday + timedelta(days=5), rhythm=rhythm)
    assert rhythm is not None
    assert rate_at(rhythm, 1, 12) > 1.5
    assert rate_at(rhythm, 6, 12) < 0.5


def test_habits_may_change() -> None:
    early = watched(28, range(6, 10))
    late = watched(70, range(18, 22), start=MONDAY + timedelta(days=28), rhythm=early)
    assert rate_at(late, 2, 20) > 4 * rate_at(late, 2, 8)


def test_downtime_says_nothing() -> None:
    """A week asleep, and then all of its articles at once: neither silence nor a burst was seen."""
    before = watched(28, range(8, 20))
    asleep = datetime.fromtimestamp(before.last_at or 0, UTC) + timedelta(minutes=30)
    awake = asleep + timedelta(days=7)
    after = learned(before, [awake - timedelta(hours=n) for n in range(30)], now=awake, watched_to=asleep, zone=BERLIN)
    assert sum(after.rates) == pytest.approx(sum(before.rates), rel=0.1)
    assert after.weeks == pytest.approx(before.weeks, rel=0.01)
    assert after.tail == before.tail or after.tail.gaps <= before.tail.gaps


def test_an_article_dated_back_or_ahead_appeared_when_it_was_seen() -> None:
    rhythm = watched(28, range(8, 20))
    now = datetime.fromtimestamp(rhythm.last_at or 0, UTC) + timedelta(minutes=10)
    dated = [now - timedelta(days=5), now + timedelta(hours=3), None]
    after = learned(rhythm, dated, now=now, watched_to=now - STEP, zone=BERLIN)
    assert set(after.recent) - set(rhythm.recent) <= {float(round(now.timestamp()))}


def test_a_site_that_moves_house_is_no_rhythm() -> None:
    rhythm = watched(28, range(8, 20))
    now = datetime.fromtimestamp(rhythm.last_at or 0, UTC) + timedelta(hours=2)
    after = learned(rhythm, [None] * 500, now=now, watched_to=now - STEP, zone=BERLIN)
    assert sum(after.rates) < 1.5 * sum(rhythm.rates)


@pytest.mark.parametrize("month", [3, 10])
def test_the_clocks_change_and_the_rhythm_stays_on_the_wall(month: int) -> None:
    start = datetime(2025, month, 3 if month == 3 else 6, tzinfo=CLOCK).astimezone(UTC)
    rhythm = watched(42, range(8, 20), start=start)
    assert rate_at(rhythm, 2, 8) > 1.2
    assert rate_at(rhythm, 2, 20) < 0.9
    assert rate_at(rhythm, 2, 5) < 0.3


def test_articles_in_clusters_make_the_next_one_likely_just_after_one() -> None:
    rhythm, last, now = None, MONDAY, MONDAY
    for number in range(28 * 24 * 6):
        new = [now, now - timedelta(minutes=4), now - timedelta(minutes=8)] if number % 30 == 7 else []
        if new or rhythm is None:
            rhythm = learned(rhythm, new, now=now, watched_to=last if rhythm else None, zone=BERLIN)
        last, now = now, now + STEP
    assert rhythm is not None
    hot, calm = rhythm.burst
    assert hot > 2
    assert calm < 1


def test_what_is_kept_is_small_and_comes_back_the_same() -> None:
    rhythm = watched(28, range(6, 23), per_hour=5)
    kept = json.dumps(rhythm.to_json())
    assert len(kept) < 2_000
    again = Rhythm.from_json(json.loads(kept))
    assert again is not None
    assert again.rates == pytest.approx(rhythm.rates)
    assert again.silent_at == rhythm.silent_at


@pytest.mark.parametrize("kept", [None, {}, {"version": 9}, {"at": 1.0, "recent": None}])
def test_what_another_version_kept_is_begun_anew(kept: dict[str, object] | None) -> None:
    assert Rhythm.from_json(kept) is None


def test_silence_is_expected_at_night_and_not_at_noon() -> None:
    noon = watched(28, range(8, 20), start=MONDAY + timedelta(hours=13))
    assert noon.silent_at is not None
    assert 2 < (noon.silent_at - (noon.last_at or 0)) / 3600 < 8
    evening = watched(28, range(8, 20), start=MONDAY)
    assert evening.silent_at is not None
    assert (evening.silent_at - (evening.last_at or 0)) / 3600 > 12


# -- rates ------------------------------------------------------------------------------------------------------------

counts = st.lists(st.integers(0, 5_000), min_size=CELLS, max_size=CELLS).map(lambda n: " ".join(map(str, n)))


@given(counts, st.floats(1, 10))
def test_rates_are_finite_and_above_zero_and_keep_the_sum(given_counts: str, weeks: float) -> None:
    found = rates(given_counts, weeks)
    assert len(found) == CELLS
    assert all(0 < rate < 1e6 for rate in found)
    total = sum(map(int, given_counts.split())) / 100 / weeks
    assert sum(found) == pytest.approx(total, rel=0.35, abs=1.0)


@given(counts, st.floats(0, 14 * 24), st.floats(0.01, 50))
def test_expecting_and_waiting_are_inverse(given_counts: str, later_h: float, articles: float) -> None:
    hourly = rates(given_counts, 5.0)
    start = MONDAY.timestamp() + later_h * HOUR_S
    end = reached_at(hourly, start, articles, CLOCK)
    assert end > start
    if end - start < 27 * 86_400:
        assert expected(hourly, start, end, CLOCK) == pytest.approx(articles, rel=1e-6, abs=1e-6)


def test_cells_follow_the_source_s_clock() -> None:
    times = [datetime(2025, 10, 26, hour, 30, tzinfo=UTC).timestamp() for hour in range(4)]
    assert [cell_of(at, CLOCK) % 24 for at in times] == [2, 2, 3, 4]
    assert all(0 <= cell_of(a, CLOCK) <= cell_of(b, CLOCK) < CELLS for a, b in pairwise(times))
