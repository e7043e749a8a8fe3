"""A year of publishing, seeded: when articles of several kinds of sites become visible, and which date they bear.

Nothing here knows how they are polled. The shapes are of German newsrooms: a day with two humps, quiet nights, slower
weekends, public holidays, agency texts in clusters; days differ by a fifth.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

ZONE = "Europe/Berlin"
YEAR = 2025
DAYS = 365

# New Year, Good Friday, Easter, Labour Day, Ascension, Whit Monday, Unity, Reformation, Christmas with its eve.
HOLIDAYS = frozenset(
    date(YEAR, month, day)
    for month, day in (
        *((1, 1), (4, 18), (4, 20), (4, 21), (5, 1), (5, 29), (6, 9)),
        *((10, 3), (10, 31), (12, 24), (12, 25), (12, 26), (12, 31)),
    )
)
_NEWSROOM = (
    *(0.10, 0.06, 0.05, 0.05, 0.10, 0.40, 1.20, 1.60, 1.50, 1.40, 1.50, 1.50),
    *(1.30, 1.30, 1.40, 1.50, 1.60, 1.50, 1.30, 1.00, 0.90, 0.70, 0.50, 0.25),
)
_EVENINGS = (*(0.0,) * 7, 0.2, 0.3, 0.5, 0.5, 0.5, 0.5, 0.5, 0.7, 1.0, 1.5, 2.5, 3.5, 4.0, 3.0, 1.5, 0.5, 0.1)
_FRIDAY_NOON = (*(0.0,) * 10, 0.5, 4.0, 2.0, 0.5, *(0.0,) * 10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of site. a_day: articles on an average day; hours: how they are spread over a day; days: over a week, Monday
    first. desk: the share that people write, one article after the other, so more evenly than by chance; the rest comes by
    chance, as agencies send it. clustered: the share of its occasions that bring several articles, `cluster` of them on
    average, minutes apart. holidays: what is left of a day's articles then. freezes: so many times a year nothing appears for six hours by day.
    """

    name: str
    a_day: float
    hours: Sequence[float] = _NEWSROOM
    days: Sequence[float] = (1.1, 1.1, 1.15, 1.1, 1.1, 0.75, 0.7)
    desk: float = 0.0
    clustered: float = 0.25
    cluster: float = 3.0
    holidays: float = 0.5
    back_dated: float = 0.01
    freezes: int = 12


KINDS = (
    Kind(name="newspaper, 60 a day", a_day=60, desk=0.45),
    Kind(name="the same by chance", a_day=60),
    Kind(name="agency, 500 a day", a_day=500, clustered=0.1),
    Kind(name="blog, 1 a day", a_day=1, hours=_EVENINGS, days=(1,) * 7, clustered=0.05, holidays=1, freezes=0),
    Kind(
        name="weekly, 4 on Fridays",
        a_day=4 / 7,
        hours=_FRIDAY_NOON,
        days=(0.1, 0.1, 0.1, 0.1, 6.5, 0.05, 0.05),
        clustered=0.7,
        freezes=0,
    ),
)


@dataclass(frozen=True, slots=True, order=True)
class Post:
    """visible, dated: POSIX seconds."""

    visible: float
    dated: float
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """start, end and freezes: POSIX seconds, a freeze by its begin and end; posts in the order in which they appear."""

    start: float
    end: float
    posts: Sequence[Post]
    freezes: Sequence[tuple[float, float]] = field(default=())


def year_of(kind: Kind, seed: int) -> Year:
    dice = random.Random(f"{kind.name} {seed}")
    start = datetime(YEAR, 1, 1, tzinfo=ZoneInfo(ZONE)).astimezone(UTC).timestamp()
    end = start + DAYS * 86_400
    times = [at for at in sorted(_times(kind, dice)) if start <= at < end]
    freezes = sorted(_freezes(kind, dice))
    posts = []
    for number, at in enumerate(times):
        visible = next((thaw for freeze, thaw in freezes if freeze <= at < thaw), at)
        back = dice.uniform(1800, 12 * 3600) if dice.random() < kind.back_dated else 0.0
        posts.append(Post(visible=visible, dated=float(round(at - back)), number=number))
    return Year(start=start, end=end, posts=sorted(posts), freezes=freezes)


def _times(kind: Kind, dice: random.Random) -> Iterator[float]:
    hours = list(_hours(kind, dice))
    yield from _by_desk([(begin, articles * kind.desk) for begin, articles in hours], dice)
    size = 1 + kind.clustered * (kind.cluster - 1)
    for begin, articles in hours:
        for _ in range(_poisson(articles * (1 - kind.desk) / size, dice)):
            at = begin + dice.uniform(0, 3600)
            yield at
            if dice.random() < kind.clustered:
                for _ in range(1 + _poisson(kind.cluster - 2, dice)):
                    at += dice.expovariate(1 / 240)
                    yield at


def _hours(kind: Kind, dice: random.Random) -> Iterator[tuple[float, float]]:
    """Each hour's begin, and how many articles it brings on average; a day has its mood."""
    mean_hour, mean_day = sum(kind.hours) / 24, sum(kind.days) / 7
    for number in range(DAYS):
        day = date(YEAR, 1, 1) + timedelta(days=number)
        mood = dice.gammavariate(25, 1 / 25) * (kind.holidays if day in HOLIDAYS else 1.0)
        a_day = kind.a_day * kind.days[day.weekday()] / mean_day * mood
        for hour in range(24):
            begin = datetime.combine(day, time(hour), tzinfo=ZoneInfo(ZONE)).timestamp()
            yield begin, a_day / 24 * kind.hours[hour] / mean_hour


def _by_desk(hours: Sequence[tuple[float, float]], dice: random.Random) -> Iterator[float]:
    """One article's work after the other's: each takes its time, seldom a quarter or twice of the usual."""
    left = dice.gammavariate(4, 1 / 4)
    for begin, articles in hours:
        done = 0.0
        while articles - done > left:
            done += left
            yield begin + 3600 * done / articles
            left = dice.gammavariate(4, 1 / 4)
        left -= articles - done


def _freezes(kind: Kind, dice: random.Random) -> Iterator[tuple[float, float]]:
    """Six hours by day from the third month on, one a month: the site goes on, but shows nothing of it."""
    for number in range(kind.freezes):
        day = date(YEAR, 1, 1) + timedelta(days=60 + number * 300 // kind.freezes + dice.randrange(7))
        while day.weekday() > 4 or day in HOLIDAYS:
            day += timedelta(days=1)
        begin = datetime.combine(day, time(8), tzinfo=ZoneInfo(ZONE)).timestamp() + dice.uniform(0, 5 * 3600)
        yield begin, begin + 6 * 3600


def _poisson(mean: float, dice: random.Random) -> int:
    """Knuth's way: fine for small means."""
    left, count = math.exp(-mean), 0
    product = dice.random()
    while product > left:
        product *= dice.random()
        count += 1
    return count
