"""When a subscription tells, on its own clock, also on the days when clocks change."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.model import HeldFor, Hold, Subscription
from worker.timetable import hold_for, moment, next_at, quiet_hours, quiet_until, rhythm

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = ("Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "America/Havana", "Asia/Kathmandu", "Africa/Cairo")
PLAIN = Subscription(id=1, name="Nato", query="Nato", channels=("screen",), created_at=datetime(2025, 1, 1, tzinfo=UTC))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "canonical"),
    [
        ("hourly", "hourly"),
        ("Stündlich", "hourly"),
        ("daily at 07:30", "daily at 07:30"),
        ("daily 7.30", "daily at 07:30"),
        ("täglich um 7:30 Uhr", "daily at 07:30"),
        ("weekly mon 08:00", "weekly mon 08:00"),
        ("Weekly on Monday at 8:00", "weekly mon 08:00"),
        ("wöchentlich am Mittwoch um 8 Uhr", "weekly wed 08:00"),
        ("weekly so 23:59", "weekly sun 23:59"),
    ],
)
def test_a_rhythm_is_read_as_people_write_it(written: str, canonical: str) -> None:
    assert str(rhythm(written)) == canonical
    assert rhythm(canonical) == rhythm(written)


@pytest.mark.parametrize(
    "written", ["daily", "daily at 24:00", "daily at 7:60", "monthly", "weekly 08:00", "weekly xyz 8:00"]
)
def test_what_is_no_rhythm_is_refused_in_words(written: str) -> None:
    with pytest.raises(ValueError, match=r"hourly|there is no time"):
        rhythm(written)


@pytest.mark.parametrize("written", ["22-6:30", "22:00 - 06:30", "22.00 bis 6.30 Uhr", "22:00–06:30"])
def test_quiet_hours_are_read_as_people_write_them(written: str) -> None:
    assert str(quiet_hours(written)) == ("22:00-06:30")


@pytest.mark.parametrize("written", ["22:00", "08:00-08:00", "25:00-06:00", "night"])
def test_what_are_no_quiet_hours_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match=r"quiet hours|there is no time"):
        quiet_hours(written)


@pytest.mark.parametrize("name", ZONES)
@pytest.mark.parametrize("written", ["daily at 00:00", "daily at 02:30", "daily at 01:59", "daily at 23:59"])
def test_a_daily_time_comes_once_each_day_of_four_years(name: str, written: str) -> None:
    zone, at, days = ZoneInfo(name), utc("2023-12-31 12:00"), []
    wanted = rhythm(written)
    assert wanted is not None
    for _ in range(4 * 365):
        at = next_at(wanted, zone, at)
        days.append(at.astimezone(zone).date())
    assert all(after - before == timedelta(days=1) for before, after in pairwise(days))


@pytest.mark.parametrize("name", ZONES)
def test_every_hour_begins_on_the_local_hour(name: str) -> None:
    zone, at = ZoneInfo(name), utc("2024-01-01 00:07")
    hourly = rhythm("hourly")
    assert hourly is not None
    for _ in range(366 * 24):
        coming = next_at(hourly, zone, at)
        assert coming.astimezone(zone).minute == 0
        assert timedelta(0) < coming - at <= timedelta(minutes=90)
        at = coming


def test_a_week_is_a_week_also_when_clocks_change() -> None:
    weekly = rhythm("weekly sun 02:30")
    assert weekly is not None
    spring = next_at(weekly, BERLIN, utc("2026-03-28 12:00"))
    assert spring == utc("2026-03-29 01:00"), "02:30 does not exist: the moment the clocks jump"
    autumn = next_at(weekly, BERLIN, utc("2026-10-24 12:00"))
    assert autumn == utc("2026-10-25 00:30"), "02:30 comes twice: the first time"
    assert next_at(weekly, BERLIN, autumn) == utc("2026-11-01 01:30")


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        ("22:00-06:30", "2026-01-10 20:59", None),
        ("22:00-06:30", "2026-01-10 21:00", "2026-01-11 05:30"),
        ("22:00-06:30", "2026-01-11 05:29", "2026-01-11 05:30"),
        ("22:00-06:30", "2026-01-11 05:30", None),
        ("12:00-13:00", "2026-01-11 11:30", "2026-01-11 12:00"),
        # the night in which clocks go forward is an hour shorter, the other one an hour longer
        ("22:00-06:30", "2026-03-29 00:30", "2026-03-29 04:30"),
        ("22:00-06:30", "2026-10-25 01:30", "2026-10-25 05:30"),
        # an end that does not exist, and one that comes twice
        ("22:00-02:30", "2026-03-29 00:59", "2026-03-29 01:00"),
        ("22:00-02:30", "2026-03-29 01:00", None),
        ("22:00-02:30", "2026-10-25 00:29", "2026-10-25 00:30"),
        ("22:00-02:30", "2026-10-25 01:10", None),
    ],
)
def test_quiet_hours_end_when_people_expect_it(quiet: str, now: str, until: str | None) -> None:
    span = quiet_hours(quiet)
    assert span is not None
    assert quiet_until(span, BERLIN, utc(now)) == (utc(until) if until else None)


def test_who_wants_to_hear_at_once_does() -> None:
    assert hold_for(PLAIN, utc("2026-01-10 23:00"), is_urgent=False) is None


def test_a_digest_that_falls_into_quiet_hours_comes_after_them() -> None:
    one = replace(PLAIN, digest="hourly", quiet="22:00-06:30")
    evening, night = utc("2026-01-10 20:10"), utc("2026-01-10 21:10")
    assert hold_for(one, evening, is_urgent=False) == Hold(reason=HeldFor.DIGEST, until=utc("2026-01-11 05:30"))
    assert hold_for(one, night, is_urgent=False) == Hold(reason=HeldFor.DIGEST, until=utc("2026-01-11 05:30"))
    assert hold_for(one, night, is_urgent=True) is None


@given(
    day=st.dates(min_value=date(2000, 1, 1), max_value=date(2040, 1, 1)),
    at=st.times().map(lambda found: found.replace(second=0, microsecond=0)),
    name=st.sampled_from(ZONES),
)
def test_a_moment_is_that_time_of_day_or_the_jump_over_it(day: date, at: time, name: str) -> None:
    zone = ZoneInfo(name)
    found = moment(day, at, zone)
    local = found.astimezone(zone)
    if local.time() != at or local.date() != day:
        before = (found - timedelta(seconds=1)).astimezone(zone)
        assert before.utcoffset() != local.utcoffset()
        assert before.replace(tzinfo=None) < datetime.combine(day, at) <= local.replace(tzinfo=None)


@given(now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)), name=st.sampled_from(ZONES))
def test_quiet_hours_end_within_a_day_and_a_bit(now: datetime, name: str) -> None:
    span = quiet_hours("23:30-04:15")
    assert span is not None
    at = now.replace(tzinfo=UTC)
    until = quiet_until(span, ZoneInfo(name), at)
    if until is not None:
        assert timedelta(0) < until - at <= timedelta(hours=7)
        assert quiet_until(span, ZoneInfo(name), until) is None
