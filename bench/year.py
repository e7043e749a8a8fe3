"""A year of one feed in seconds: what our rhythm finds when, beside fixed intervals and the half of the average gap.

It runs the worker's own rules (`rhythm.learned`, `pace.next_pace`, `overlap.reaches_ground`, `troubles.is_silent`); only
the site is made up, in `publishing.py`. A feed shows ten articles, the newest by date; a window that does not reach
known ground is caught up page by page. `python -m bench.year --seeds 10` tells more of it.
"""

import random
import sys
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import mean, median

from bench.figures import Figure, figure
from bench.publishing import DAYS, KINDS, ZONE, Kind, Post, Year, year_of
from worker import pace, rhythm
from worker.model import Shown
from worker.overlap import reaches_ground
from worker.pace import Limits
from worker.rhythm import Rhythm
from worker.troubles import is_silent

SHOWN = 10
WARM_UP_S = 28 * 86_400.0  # delays are told from then on: a rhythm is learned once, and used for years
INTERVAL_S = 600.0  # as shipped: 196 polls a day where a rhythm is known, just below the two hundred that are the most
SEEDS = 3
_ENTRY = "newspaper, 60 a day"


@dataclass(slots=True)
class Found:
    """What a year of polls came to. delays in seconds; ran_over: windows that did not reach known ground; pages: older
    ones that were read then; lost: articles that neither showed; hidden: dated back so far that only reading the last
    days again finds them.
    """

    polls: int = 0
    delays: list[float] = field(default_factory=list)
    ran_over: int = 0
    pages: int = 0
    lost: int = 0
    hidden: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One rule's year. Delays in minutes, freezes in hours, None = there were none; silence is watched for by ours alone."""

    kind: str
    rule: str
    seed: int
    median_min: float
    ninth_min: float
    polls_a_day: float
    ran_over: int
    lost: int
    hidden: int
    false_alarms_a_month: float | None = None
    freezes: int = 0
    noticed: int = 0
    noticed_in_2_h: int = 0
    noticed_median_h: float | None = None


Next = Callable[[float, Sequence[Post]], float]


# -- one year -----------------------------------------------------------------------------------------------------------


def watch(year: Year, next_poll: Next) -> Found:
    """Poll from the year's begin to its end; `next_poll` is given the time and what is new in the window."""
    found, visible, seen = Found(), list[tuple[float, int]](), set[int]()
    by_number = {post.number: post for post in year.posts}
    ground: tuple[Shown, ...] = ()
    place, now = 0, year.start
    while now < year.end:
        found.polls += 1
        before = place
        while place < len(year.posts) and year.posts[place].visible <= now:
            insort(visible, (year.posts[place].dated, year.posts[place].number))
            place += 1
        new: list[Post] = []
        if place > before:
            window = _page(visible, 1)
            fresh = [number for _, number in _caught_up(visible, ground, found) if number not in seen]
            seen.update(fresh)
            if now > year.start + WARM_UP_S:
                found.delays += [now - by_number[number].visible for number in fresh]
            ground = _entries(window)
            new = [by_number[number] for _, number in window if number in set(fresh)]
        now = next_poll(now, new)
    missing = [post for post in year.posts[:place] if post.number not in seen]
    found.hidden = sum(post.visible - post.dated > 1800 for post in missing)
    found.lost = len(missing) - found.hidden
    return found


def _caught_up(
    visible: list[tuple[float, int]], ground: tuple[Shown, ...], found: Found
) -> Sequence[tuple[float, int]]:
    """The window, and older pages until known ground."""
    shown, page = _page(visible, 1), 1
    while not reaches_ground(_entries(shown), ground) and len(shown) == page * SHOWN:
        page += 1
        shown = [*shown, *_page(visible, page)]
    found.ran_over += page > 1
    found.pages += page - 1
    return shown


def _page(visible: list[tuple[float, int]], number: int) -> list[tuple[float, int]]:
    end = len(visible) - (number - 1) * SHOWN
    return visible[max(end - SHOWN, 0) : max(end, 0)][::-1]


def _entries(page: Sequence[tuple[float, int]]) -> tuple[Shown, ...]:
    return tuple(
        Shown(digest=str(number), key=str(number), published_at=datetime.fromtimestamp(dated, UTC))
        for dated, number in page
    )


# -- the rules ----------------------------------------------------------------------------------------------------------


class Ours:
    """The worker's rules, as `pacing.py` and `watch.py` join them. alarms: when the feed was found to be silent."""

    def __init__(self, seed: int, interval_s: float) -> None:
        self._dice = random.Random(seed)
        self._limits = Limits(interval_s=interval_s)
        self._last: datetime | None = None
        self._rhythm: Rhythm | None = None
        self._is_silent = False
        self.alarms: list[float] = []

    def __call__(self, now_s: float, new: Sequence[Post]) -> float:
        now = datetime.fromtimestamp(now_s, UTC)
        if new:
            dated = [datetime.fromtimestamp(post.dated, UTC) for post in new]
            self._rhythm = rhythm.learned(self._rhythm, dated, now=now, watched_to=self._last, zone=ZONE)
            self._is_silent = False
        self._watch(now)
        self._last = now
        return pace.next_pace(
            now=now, limits=self._limits, rhythm=self._rhythm, zone=ZONE, window=SHOWN, jitter=self._dice.random()
        ).next_at.timestamp()

    def _watch(self, now: datetime) -> None:
        at_s = self._rhythm.silent_at if self._rhythm else None
        silent_at = datetime.fromtimestamp(at_s, UTC) if at_s is not None else None
        if not self._is_silent and is_silent(silent_at=silent_at, last_success_at=now, failures=0):
            self._is_silent = True
            self.alarms.append(now.timestamp())


def fixed(interval_s: float, seed: int) -> Next:
    dice = random.Random(seed)
    return lambda now, _new: now + interval_s * (0.9 + 0.2 * dice.random())


def half_gap(seed: int, least_s: float = 60.0, most_s: float = 86_400.0) -> Next:
    """Half of the average distance between the entries that the feed shows: what many readers do."""
    dice = random.Random(seed)
    times: list[float] = []

    def after(now: float, new: Sequence[Post]) -> float:
        times.extend(post.dated for post in new)
        times.sort()
        del times[:-SHOWN]
        gap = (times[-1] - times[0]) / (len(times) - 1) if len(times) > 1 else 1200.0
        return now + min(max(gap / 2, least_s), most_s) * (0.9 + 0.2 * dice.random())

    return after


# -- what it comes to ---------------------------------------------------------------------------------------------------


def rows(seeds: int = SEEDS) -> Iterator[Row]:
    """The newspaper over all seeds and beside the other rules; other kinds once."""
    for kind in KINDS:
        entry = kind.name == _ENTRY
        for seed in range(1, seeds + 1 if entry else 2):
            year = year_of(kind, seed)
            yield _row(kind, seed, year, f"ours, {INTERVAL_S:.0f} s", Ours(seed, INTERVAL_S))
            if entry and seed > 1:
                continue
            for minutes in (10, 15, 60):
                yield _row(kind, seed, year, f"fixed, {minutes} min", fixed(60.0 * minutes, seed))
            yield _row(kind, seed, year, "half of the gap", half_gap(seed))


def _row(kind: Kind, seed: int, year: Year, rule: str, next_poll: Next) -> Row:
    found = watch(year, next_poll)
    minutes = sorted(delay / 60 for delay in found.delays)
    row = Row(
        kind=kind.name,
        rule=rule,
        seed=seed,
        median_min=round(median(minutes), 2),
        ninth_min=round(minutes[len(minutes) * 9 // 10], 2),
        polls_a_day=round(found.polls / DAYS, 1),
        ran_over=found.ran_over,
        lost=found.lost,
        hidden=found.hidden,
    )
    return _with_silence(row, year, next_poll.alarms) if isinstance(next_poll, Ours) else row


def _with_silence(row: Row, year: Year, alarms: Sequence[float]) -> Row:
    firsts = [min((at - begin for at in alarms if begin <= at <= end), default=None) for begin, end in year.freezes]
    hours = [first / 3600 for first in firsts if first is not None]
    false = [at for at in alarms if not any(begin <= at <= end for begin, end in year.freezes)]
    return replace(
        row,
        false_alarms_a_month=round(len(false) / 12, 2),
        freezes=len(firsts),
        noticed=len(hours),
        noticed_in_2_h=sum(hour <= 2 for hour in hours),
        noticed_median_h=round(median(hours), 2) if hours else None,
    )


def figures(found: Sequence[Row]) -> Iterator[Figure]:
    """What the newspaper is held to, over all its years."""
    ours = [row for row in found if row.kind == _ENTRY and row.rule == f"ours, {INTERVAL_S:.0f} s"]
    yield figure("a year: median until an article is seen", "min", mean(row.median_min for row in ours), 3.0)
    yield figure("a year: polls a day", "", mean(row.polls_a_day for row in ours), 200.0)
    yield figure("a year: articles lost", "", float(sum(row.lost for row in ours)), 1.0, 0.0)
    yield figure("a year: false alarms of silence", "a month", mean(row.false_alarms_a_month or 0 for row in ours), 1.0)
    freezes = [row.noticed_median_h for row in ours if row.noticed_median_h is not None]
    yield figure("a year: until six hours of silence by day are seen", "h", mean(freezes), 2.0)


def table(found: Iterator[Row]) -> Iterator[Row]:
    """Each row is a line as soon as it is known."""
    head = ("median", "90 %", "polls/d", "over", "lost", "hidden")
    print(
        f"\n{'a year, by seconds':22} {'rule':16} {'seed':>4} " + " ".join(f"{name:>8}" for name in head),
        file=sys.stderr,
    )
    for row in found:
        delays = f"{row.median_min:8.2f} {row.ninth_min:8.2f} {row.polls_a_day:8.1f}"
        counts = f"{row.ran_over:8} {row.lost:8} {row.hidden:8}"
        silence = ""
        if row.false_alarms_a_month is not None:
            silence = f"  {row.false_alarms_a_month:.2f} false alarms a month"
        if row.freezes:
            silence += f"; of {row.freezes} freezes {row.noticed} seen, half of them in {row.noticed_median_h} h"
            silence += f", {row.noticed_in_2_h} in 2 h"
        print(f"{row.kind:22} {row.rule:16} {row.seed:4} {delays} {counts}{silence}", file=sys.stderr, flush=True)
        yield row


if __name__ == "__main__":
    asked = int(sys.argv[2]) if sys.argv[1:2] == ["--seeds"] else SEEDS
    for one in figures(list(table(rows(asked)))):
        print(one)
