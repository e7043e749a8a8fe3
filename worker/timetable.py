"""When a subscription tells: digests, quiet hours and heartbeats, on its own clock.

Pure. All moments are aware UTC. A time of day that does not exist on the day when clocks go forward counts as the moment
they jump; one that comes twice counts the first time only. Must not know what is told.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from worker.model import HeldFor, Hold, Subscription

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = (
    ("mon", "monday", "mo", "montag"),
    ("tue", "tues", "tuesday", "di", "dienstag"),
    ("wed", "wednesday", "mi", "mittwoch"),
    ("thu", "thurs", "thursday", "do", "donnerstag"),
    ("fri", "friday", "fr", "freitag"),
    ("sat", "saturday", "sa", "samstag", "sonnabend"),
    ("sun", "sunday", "so", "sonntag"),
)
_WEEKDAY = {name: number for number, names in enumerate(_NAMES) for name in names}
_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?(?:\s*(?:h|uhr))?"
_AT = r"(?:\s+(?:at|um))?\s+"
_HOURLY = re.compile(r"hourly|stündlich")
_DAILY = re.compile(rf"(?:daily|täglich){_AT}{_CLOCK}")
_WEEKLY = re.compile(rf"(?:weekly|wöchentlich)\s+(?:on\s+|am\s+)?([a-z]+)\.?,?{_AT}{_CLOCK}")
_QUIET = re.compile(rf"{_CLOCK}\s*(?:-|–|to|bis)\s*{_CLOCK}")
_QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When something comes again and again. `str()` is its canonical form. weekday: Monday is 0."""

    every: Literal["hour", "day", "week"]
    at: time = time()
    weekday: int = 0

    def __str__(self) -> str:
        if self.every == "hour":
            return "hourly"
        return f"daily at {self.at:%H:%M}" if self.every == "day" else f"weekly {_DAYS[self.weekday]} {self.at:%H:%M}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Quiet hours, over midnight where `since` is the later one. `str()` is their canonical form."""

    since: time
    until: time

    def __str__(self) -> str:
        return f"{self.since:%H:%M}-{self.until:%H:%M}"


@lru_cache(maxsize=1_000)
def rhythm(text: str) -> Rhythm | None:
    """When it comes: "hourly", "daily at 07:30" or "weekly mon 08:00"; None for "". Raises: ValueError in plain words."""
    said = " ".join(text.lower().split())
    if not said:
        return None
    if _HOURLY.fullmatch(said):
        return Rhythm(every="hour")
    if found := _DAILY.fullmatch(said):
        return Rhythm(every="day", at=_clock(*found.groups()))
    if (found := _WEEKLY.fullmatch(said)) and found[1] in _WEEKDAY:
        return Rhythm(every="week", weekday=_WEEKDAY[found[1]], at=_clock(found[2], found[3]))
    raise ValueError('this is no time to come again; it is "hourly", "daily at 07:30" or "weekly mon 08:00"')


@lru_cache(maxsize=1_000)
def quiet_hours(text: str) -> Span | None:
    """From when to when: "22:00-06:30"; None for "". Raises: ValueError in plain words."""
    said = " ".join(text.lower().split())
    if not said:
        return None
    found = _QUIET.fullmatch(said)
    if found is None:
        raise ValueError('these are no quiet hours; they are written "22:00-06:30"')
    span = Span(since=_clock(found[1], found[2]), until=_clock(found[3], found[4]))
    if span.since == span.until:
        raise ValueError("quiet hours that end when they begin would be none, or all day long; give two times")
    return span


def _clock(hours: str, minutes: str | None) -> time:
    hour, minute = int(hours), int(minutes or 0)
    if hour > 23 or minute > 59:
        raise ValueError(f"there is no time {hour}:{minute:02}; the day goes from 00:00 to 23:59")
    return time(hour, minute)


# -- what follows -----------------------------------------------------------------------------------------------------


def hold_for(subscription: Subscription, now: datetime, *, is_urgent: bool) -> Hold | None:
    """Whether what matches now waits, and until when. Raises: ValueError for a subscription that says no times."""
    if is_urgent:
        return None
    digest = rhythm(subscription.digest)
    if digest is not None:
        at = next_at(digest, ZoneInfo(subscription.timezone), now)
        return Hold(reason=HeldFor.DIGEST, until=quiet_until_of(subscription, at) or at)
    until = quiet_until_of(subscription, now)
    return Hold(reason=HeldFor.QUIET, until=until) if until else None


def quiet_until_of(subscription: Subscription, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies for it; None = it may be told now. Raises: ValueError, as above."""
    quiet = quiet_hours(subscription.quiet)
    return quiet_until(quiet, ZoneInfo(subscription.timezone), now) if quiet else None


def next_at(wanted: Rhythm, zone: ZoneInfo, after: datetime) -> datetime:
    """The first time that is later than `after`."""
    if wanted.every == "hour":
        return _next_full_hour(zone, after)
    day = after.astimezone(zone).date() - timedelta(days=1)
    while True:
        if wanted.every == "day" or day.weekday() == wanted.weekday:
            at = moment(day, wanted.at, zone)
            if at > after:
                return at
        day += timedelta(days=1)


def quiet_until(quiet: Span, zone: ZoneInfo, now: datetime) -> datetime | None:
    """When the quiet hours end in which `now` lies; None = it lies in none."""
    today = now.astimezone(zone).date()
    for day in (today - timedelta(days=1), today):
        end_day = day if quiet.until > quiet.since else day + timedelta(days=1)
        if moment(day, quiet.since, zone) <= now < (end := moment(end_day, quiet.until, zone)):
            return end
    return None


def moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    """When it is that time on that day, in UTC."""
    local = datetime.combine(day, at)
    first = local.replace(tzinfo=zone).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _jump(local.replace(tzinfo=zone, fold=1).astimezone(UTC), first, zone)


def _jump(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which clocks change between two moments."""
    old, seconds = before.astimezone(zone).utcoffset(), int((after - before).total_seconds())
    low, high = 0, seconds
    while high - low > 1:
        middle = (low + high) // 2
        same = (before + timedelta(seconds=middle)).astimezone(zone).utcoffset() == old
        low, high = (middle, high) if same else (low, middle)
    return before + timedelta(seconds=high)


def _next_full_hour(zone: ZoneInfo, after: datetime) -> datetime:
    """Every offset of today is a number of quarters of an hour; where clocks change by half an hour, hours are longer."""
    at = after - timedelta(minutes=after.minute % 15, seconds=after.second, microseconds=after.microsecond)
    steps = (at + number * _QUARTER for number in range(1, 13))
    return next((step for step in steps if step.astimezone(zone).minute == 0), after + 4 * _QUARTER)
