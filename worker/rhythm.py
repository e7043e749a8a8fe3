"""A feed's own rhythm: how many articles it brings by weekday and hour of the source's clock, in clusters or one by one.

Pure. It learns from when articles appear, forgets with a half-life of weeks, and what was not watched (downtime, the
first poll's old entries, imports, older pages) says nothing. What follows from it for the next poll is `pace.py`'s, for
silence `silence.py`'s.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from worker.silence import Tail, limit

CELLS = 7 * 24  # hours of a week, Monday 0 h first
HOUR_S, DAY_S, WEEK_S = 3600.0, 86_400.0, 7 * 86_400.0
HALF_LIFE_S = 28 * DAY_S  # habits change with seasons and editors, not with days
LEARNED_WEEKS = 1.0  # each hour of the week was watched once
LEARNED_ARTICLES = 4.0
HOT_S = 900.0  # so long after an article the next one is more (or less) likely than the hour alone says
UNWATCHED_S = 3 * HOUR_S  # a longer time without a good poll is no silence of the source's: nobody looked
BACK_DATED_S = HOUR_S  # an article dated before the poll before last appeared now, whatever it says
FOLD_S = 6 * HOUR_S  # what is new is added up so often: the tables made of it stay good as long

LATELY = 15.0  # articles, that many make today's mood
_MOST_AT_ONCE = 30  # of one poll: a site that moves house brings all its articles at once
_ARTICLES_FOR_A_CELL = 1.5  # the neighbours count as much as so many articles of an hour's own
_LONGEST_H = 28 * 24  # nothing is looked for further ahead
_HOT_PRIOR = 20.0  # articles that say "neither more nor less likely" before anything was seen
_MOST_HOT = 10.0

Rates = tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What was learned. Numbers fade: an article of four weeks ago counts half.

    at: up to then everything is added up; recent: when articles appeared since (POSIX seconds); last: the one before
    them, None = not known. weeks: watched so far; counts: hundredths of articles for each hour of the week, parted by
    blanks. hot: articles that came within HOT_S of another one, hot_expected: how many the hours alone let expect.
    silent_at: if no article appears until then, the source is silent; None = it is not known well enough.
    """

    at: float
    recent: tuple[float, ...] = ()
    last: float | None = None
    weeks: float = 0.0
    counts: str = ""
    hot: float = 0.0
    hot_expected: float = 0.0
    lately: float = 0.0
    lately_expected: float = 0.0
    tail: Tail = field(default_factory=Tail)
    silent_at: float | None = None

    @property
    def mood(self) -> float:
        """What came lately by what was to be expected: a holiday brings half of it, a storm twice as much."""
        return (self.lately + LATELY) / (self.lately_expected + LATELY)

    @property
    def is_learned(self) -> bool:
        return self.weeks >= LEARNED_WEEKS and bool(self.counts) and _total(self.counts) >= LEARNED_ARTICLES

    @property
    def last_at(self) -> float | None:
        """When the newest article appeared."""
        return self.recent[-1] if self.recent else self.last

    @property
    def rates(self) -> Rates:
        """Articles an hour, for each hour of the week."""
        return rates(self.counts, self.weeks)

    @property
    def burst(self) -> tuple[float, float]:
        """By how much an article is more likely than the hour says just after another one, and less at any other time.
        Where they come more evenly than by chance nothing is made of it: in a silence one would ask ever faster. Rounded,
        so that the plan that is made of it stays good for a while.
        """
        hot = (self.hot + _HOT_PRIOR) / (self.hot_expected + _HOT_PRIOR)
        total = _total(self.counts)
        calm = (total - self.hot + _HOT_PRIOR) / (max(total - self.hot_expected, 0.0) + _HOT_PRIOR)
        return round(min(max(hot, 1.0), _MOST_HOT), 1), round(min(max(calm, 1 / _MOST_HOT), 1.0), 1)

    def to_json(self) -> dict[str, Any]:
        numbers = {"weeks": self.weeks, "hot": self.hot, "hot_expected": self.hot_expected}
        numbers |= {"lately": self.lately, "lately_expected": self.lately_expected}
        tail = {"gaps": self.tail.gaps, "beyond": self.tail.beyond}
        rounded = {name: round(number, 4) for name, number in (numbers | tail).items()}
        when = {"at": self.at, "recent": list(self.recent), "last": self.last, "silent_at": self.silent_at}
        return {**when, **rounded, "counts": self.counts}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any] | None) -> "Rhythm | None":
        """None if nothing was kept, or by a version that kept something else."""
        if not kept:
            return None
        try:
            return cls(
                at=kept["at"],
                recent=tuple(kept["recent"]),
                last=kept["last"],
                weeks=kept["weeks"],
                counts=kept["counts"],
                hot=kept["hot"],
                hot_expected=kept["hot_expected"],
                lately=kept["lately"],
                lately_expected=kept["lately_expected"],
                tail=Tail(gaps=kept["gaps"], beyond=kept["beyond"]),
                silent_at=kept["silent_at"],
            )
        except (KeyError, TypeError):
            return None


# -- learning ---------------------------------------------------------------------------------------------------------


def learned(
    rhythm: Rhythm | None, dated: Sequence[datetime | None], *, now: datetime, watched_to: datetime | None, zone: str
) -> Rhythm:
    """The rhythm after a poll that showed new entries.

    dated: when they say that they were published, None = they do not say; watched_to: the last good poll before this
    one; zone: IANA name of the source's clock. Without a rhythm so far, learning begins now, and these entries say
    nothing: nobody knows how long they were there.
    """
    now_s, since_s = now.timestamp(), watched_to.timestamp() if watched_to else None
    if rhythm is None or since_s is None:
        return Rhythm(at=now_s, last=now_s)
    rhythm = _none_ahead(rhythm, now_s)
    if now_s - since_s > UNWATCHED_S:
        known = _folded(rhythm, max(since_s, rhythm.at), zone)
        return _watched_for_silence(replace(known, at=now_s, last=now_s), zone)
    for at in sorted(_appeared(at, since_s, now_s) for at in dated[:_MOST_AT_ONCE]):
        rhythm = _with_article(rhythm, float(round(at)), ZoneInfo(zone))
    if now_s - rhythm.at >= FOLD_S:
        rhythm = _folded(rhythm, now_s, zone)
    return _watched_for_silence(rhythm, zone)


def _none_ahead(rhythm: Rhythm, now_s: float) -> Rhythm:
    """What was noted while the clock was ahead happened now at the latest: else no silence would be seen until then."""
    if max(rhythm.at, rhythm.last_at or 0.0) <= now_s:
        return rhythm
    last = min(rhythm.last, now_s) if rhythm.last is not None else None
    recent = tuple(min(at, now_s) for at in rhythm.recent)
    return replace(rhythm, at=min(rhythm.at, now_s), recent=recent, last=last)


def _with_article(rhythm: Rhythm, at: float, clock: ZoneInfo) -> Rhythm:
    """One more article, and what its distance from the one before says of bursts, of today, and of silence."""
    last = rhythm.last_at
    if last is None or not rhythm.is_learned:
        return replace(rhythm, recent=(*rhythm.recent, at))
    at, hourly = max(at, last), rhythm.rates
    usual = expected(hourly, last, at, clock)
    kept = 2.0 ** (-usual / LATELY)
    most = limit(rhythm.tail, rhythm.weeks)
    return replace(
        rhythm,
        recent=(*rhythm.recent, at),
        hot=rhythm.hot + (at - last <= HOT_S),
        hot_expected=rhythm.hot_expected + expected(hourly, last, min(at, last + HOT_S), clock),
        lately=rhythm.lately * kept + 1,
        lately_expected=rhythm.lately_expected * kept + usual,
        tail=rhythm.tail.with_gap(min(usual * rhythm.mood, most)),
    )


def _appeared(dated: datetime | None, since_s: float, now_s: float) -> float:
    """When an entry became visible: as it says, unless it was dated back or ahead, or says nothing."""
    at = dated.timestamp() if dated else now_s
    return at if since_s - BACK_DATED_S <= at <= now_s else now_s


def _folded(rhythm: Rhythm, now_s: float, zone: str) -> Rhythm:
    """Everything recent added up, and all of it faded by the time that has passed."""
    watched_s = max(now_s - rhythm.at, 0.0)
    share = 2.0 ** (-watched_s / HALF_LIFE_S)
    clock = ZoneInfo(zone)
    counts = [number * share for number in _unpacked(rhythm.counts)]
    for at in rhythm.recent:
        counts[cell_of(at, clock)] += 1
    return replace(
        rhythm,
        at=now_s,
        recent=(),
        last=rhythm.last_at,
        weeks=rhythm.weeks * share + watched_s / WEEK_S,
        counts=" ".join(str(round(100 * number)) for number in counts),
        hot=rhythm.hot * share,
        hot_expected=rhythm.hot_expected * share,
        tail=rhythm.tail.faded(share),
    )


def _watched_for_silence(rhythm: Rhythm, zone: str) -> Rhythm:
    if not rhythm.is_learned or rhythm.last_at is None:
        return replace(rhythm, silent_at=None)
    most = limit(rhythm.tail, rhythm.weeks)
    return replace(rhythm, silent_at=reached_at(rhythm.rates, rhythm.last_at, most / rhythm.mood, ZoneInfo(zone)))


# -- rates ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=2048)  # a feed's counts stay the same for FOLD_S, and it is asked at each poll
def rates(counts: str, weeks: float) -> Rates:
    """Articles an hour, for each hour of the week: its own count, as far as it is enough, else that of hours like it.

    Hours like it: the same hour on the other workdays, or on the other day of the weekend, in proportion to what the
    day as a whole brings; and the hours before and after it.
    """
    number = _unpacked(counts)
    mean = (sum(number) + 0.5) / (max(weeks, 0.1) * CELLS)
    own_weeks = _ARTICLES_FOR_A_CELL / mean  # as long as it takes for so many articles in an hour of average
    found = [0.0] * CELLS
    for days in (range(5), range(5, 7)):
        profile = _profile(number, days, weeks, mean)
        usual = sum(profile) * len(days)
        brought = sum(sum(number[24 * day : 24 * day + 24]) for day in days)
        for day in days:
            own = sum(number[24 * day : 24 * day + 24])
            factor = (own + 5.0) / (brought / len(days) + 5.0) if usual else 1.0
            for hour in range(24):
                cell = 24 * day + hour
                found[cell] = (number[cell] + own_weeks * profile[hour] * factor) / (weeks + own_weeks)
    return tuple(found)


def _profile(number: Sequence[float], days: range, weeks: float, mean: float) -> list[float]:
    """Articles an hour by hour of the day, over these days; pulled towards the mean by one article's worth."""
    sums = [sum(number[24 * day + hour] for day in days) for hour in range(24)]
    smooth = [(sums[hour - 1] + 2 * sums[hour] + sums[(hour + 1) % 24]) / 4 for hour in range(24)]
    return [(number + 0.25) / (weeks * len(days) + 0.25 / mean) for number in smooth]


def cell_of(at: float, clock: ZoneInfo) -> int:
    """The hour of the week on the source's clock."""
    local = datetime.fromtimestamp(at, clock)
    return local.weekday() * 24 + local.hour


def expected(hourly: Rates, start: float, end: float, clock: ZoneInfo) -> float:
    """How many articles were to be expected between two times."""
    total = 0.0
    for at, length_h, rate in _hours(hourly, start, clock):
        if at >= end:
            break
        total += rate * min(length_h, (end - at) / HOUR_S)
    return total


def reached_at(hourly: Rates, start: float, articles: float, clock: ZoneInfo) -> float:
    """When so many articles are to be expected since `start`; four weeks later at the latest."""
    left, at = articles, start
    for begun, length_h, rate in _hours(hourly, start, clock):
        if rate * length_h >= left:
            return begun + left / rate * HOUR_S
        left -= rate * length_h
        at = begun + length_h * HOUR_S
    return at


def _hours(hourly: Rates, start: float, clock: ZoneInfo) -> Iterator[tuple[float, float, float]]:
    """The hours from `start` on: when each begins, its length in hours, its rate. A change of clocks on the way shifts
    the hours behind it by one, which is less than their own uncertainty.
    """
    local = datetime.fromtimestamp(start, clock)
    cell = local.weekday() * 24 + local.hour
    length_h = 1 - (local.minute * 60 + local.second) / HOUR_S
    at = start
    for _ in range(_LONGEST_H):
        yield at, length_h, hourly[cell]
        at, length_h, cell = at + length_h * HOUR_S, 1.0, (cell + 1) % CELLS


@lru_cache(maxsize=2048)
def _total(counts: str) -> float:
    return sum(_unpacked(counts))


def _unpacked(counts: str) -> list[float]:
    return [int(number) / 100 for number in counts.split()] if counts else [0.0] * CELLS
