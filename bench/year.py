"""A year of one feed in seconds: what our rhythm finds when, beside fixed intervals and the half of the average gap.

It runs the worker's own rules (`rhythm.learned`, `pace.next_pace`, `overlap.reaches_ground`, silence); only the site is
made up, in `publishing.py`. A feed shows ten articles, the newest by date; a window that does not reach known ground is
caught up page by page.
"""

import random
import statistics
import sys
from bisect import insort
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.publishing import KINDS, ZONE, Post, Year, year_of
from worker import pace, rhythm
from worker.model import Shown
from worker.overlap import reaches_ground
from worker.pace import Limits
from worker.rhythm import Rhythm

SHOWN = 10
WARM_UP_S = 28 * 86_400.0  # delays are told from then on: a rhythm is learned once, and used for years
SWEEP_S = 300.0
SEEDS = (1, 2, 3)


@dataclass(slots=True)
class Found:
    """What a year of polls came to. delays in seconds; ran_over: windows that did not reach known ground; lost: articles
    that neither polls nor catching up showed; hidden: dated back so far that only reading again finds them.
    """

    polls: int = 0
    delays: list[float] = field(default_factory=list)
    ran_over: int = 0
    pages: int = 0
    lost: int = 0
    hidden: int = 0
    alarms: list[float] = field(default_factory=list)


Next = Callable[[float, Sequence[Post]], float]


def watch(year: Year, next_poll: Next) -> Found:
    """Poll from the year's begin to its end; `next_poll` is given the time and the new posts."""
    found, visible, seen = Found(), list[tuple[float, int]](), set[int]()
    by_number = {post.number: post for post in year.posts}
    ground: tuple[Shown, ...] = ()
    place, now = 0, year.start
    while now < year.end:
        found.polls += 1
        fresh_there = place
        while place < len(year.posts) and year.posts[place].visible <= now:
            insort(visible, (year.posts[place].dated, year.posts[place].number))
            place += 1
        new: list[Post] = []
        if place > fresh_there:
            shown = _page(visible, 1)
            page = 1
            while not reaches_ground(_entries(shown), ground) and len(shown) == page * SHOWN:
                page += 1
                shown = [*shown, *_page(visible, page)]
            found.ran_over += page > 1
            found.pages += page - 1
            new = [by_number[number] for _, number in shown if number not in seen]
            seen.update(post.number for post in new)
            if now > year.start + WARM_UP_S:
                found.delays += [now - post.visible for post in new]
            ground = _entries(_page(visible, 1))
            new = [post for post in new if (post.dated, post.number) in shown[:SHOWN]]
        now = next_poll(now, new)
    missing = [post for post in year.posts[:place] if post.number not in seen]
    found.hidden = sum(post.visible - post.dated > 1800 for post in missing)
    found.lost = len(missing) - found.hidden
    return found


def _page(visible: list[tuple[float, int]], number: int) -> list[tuple[float, int]]:
    end = len(visible) - (number - 1) * SHOWN
    return visible[max(end - SHOWN, 0) : max(end, 0)][::-1]


def _entries(page: Sequence[tuple[float, int]]) -> tuple[Shown, ...]:
    return tuple(
        Shown(digest=str(number), key=str(number), published_at=datetime.fromtimestamp(dated, UTC))
        for dated, number in page
    )


class Ours:
    """The worker's rules, as `poll.py` joins them."""

    def __init__(self, seed: int, limits: Limits) -> None:
        self._dice = random.Random(seed)
        self._limits = limits
        self._last: datetime | None = None
        self.rhythm: Rhythm | None = None
        self.alarms: list[float] = []
        self._alarmed = False

    def __call__(self, now_s: float, new: Sequence[Post]) -> float:
        now = datetime.fromtimestamp(now_s, UTC)
        silent_at = self.rhythm.silent_at if self.rhythm else None
        if silent_at is not None and not self._alarmed and self._last and now_s > silent_at:
            self.alarms.append(now_s if not new else -1)
            self._alarmed = True
            if new:
                self.alarms.pop()
        if new:
            dated = [datetime.fromtimestamp(post.dated, UTC) for post in new]
            self.rhythm = rhythm.learned(self.rhythm, dated, now=now, watched_to=self._last, zone=ZONE)
            self._alarmed = False
        self._last = now
        return pace.next_pace(
            now=now, limits=self._limits, rhythm=self.rhythm, zone=ZONE, window=SHOWN, jitter=self._dice.random()
        ).next_at.timestamp()


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


def main() -> None:
    print(
        f"{'':22} {'rule':16} {'seed':>4} {'median':>7} {'90 %':>7} {'mean':>7} {'polls/d':>8} {'over':>5} {'lost':>5} {'hidden':>6}  silence"
    )
    for kind in KINDS:
        for seed in SEEDS:
            year = year_of(kind, seed)
            for name, rule in rules(seed):
                found = watch(year, rule)
                minutes = sorted(delay / 60 for delay in found.delays)
                told = _silence(year, rule) if isinstance(rule, Ours) else ""
                print(
                    f"{kind.name:22} {name:16} {seed:4} {statistics.median(minutes):7.2f} {minutes[len(minutes) * 9 // 10]:7.2f}"
                    f" {statistics.mean(minutes):7.2f} {found.polls / 365:8.1f} {found.ran_over:5} {found.lost:5} {found.hidden:6}  {told}",
                    flush=True,
                )


def rules(seed: int) -> Iterator[tuple[str, Next]]:
    yield "ours, 10m", Ours(seed, Limits(interval_s=600))
    if "-a" in sys.argv:
        yield "fixed 10", fixed(600, seed)
        yield "fixed 15", fixed(900, seed)
        yield "fixed 60", fixed(3600, seed)
        yield "half gap", half_gap(seed)


def _silence(year: Year, rule: Ours) -> str:
    caught = [
        min((alarm - begin for alarm in rule.alarms if begin <= alarm <= end), default=None)
        for begin, end in year.freezes
    ]
    false = [alarm for alarm in rule.alarms if not any(begin <= alarm <= end for begin, end in year.freezes)]
    hours = sorted(one / 3600 for one in caught if one is not None)
    r = rule.rhythm
    told = f"{len(false)} false; {len(hours)}/{len(year.freezes)} freezes"
    if hours:
        told += (
            f", median {statistics.median(hours):.2f} h, most {max(hours):.2f}, within 2h {sum(h <= 2 for h in hours)}"
        )
    return told + (f" cluster {r.tail.cluster:.2f} burst {r.burst[0]:.2f}/{r.burst[1]:.2f}" if r else "")


if __name__ == "__main__":
    main()
