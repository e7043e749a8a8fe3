"""What our care costs: reading a feed beside feedparser as it comes, and what the sandbox adds to it."""

import io
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from statistics import median

import feedparser

from bench import farm
from bench.cost import cpu_s
from bench.house import Farm
from bench.seed import RULES
from worker.intake import Reader
from worker.model import Shown
from worker.normalise import content_hash, normalise
from worker.parse import parse_feed
from worker.sandbox import Sandbox

ROUNDS = 12
_HEADERS = {"content-type": "application/rss+xml; charset=UTF-8"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Our work by the bare one; below 1 we are cheaper."""

    name: str
    ours_ms: float
    bare_ms: float
    wall: float
    cpu: float


def ratios(site: Farm) -> Iterator[Ratio]:
    """A feed of ten full articles: bytes to records, against feedparser."""
    body, url = farm.feed_body(0, farm.SHOWN), site.url(0)
    now = datetime.now(UTC)
    shown = parse_feed(body, url=url, headers=_HEADERS, rules=RULES, known={}).shown

    def records(read: Reader, known: Mapping[str, Shown]) -> None:
        parsed = read(body, url=url, headers=_HEADERS, rules=RULES, known=known)
        filed = [content_hash(normalise(entry, RULES, now=now)) for entry in parsed.entries]
        assert len(filed) == len(shown) - len(known), (len(filed), parsed.skipped)

    def bare() -> None:
        assert len(feedparser.parse(io.BytesIO(body)).entries) == len(shown)

    with closing(Sandbox(1)) as sandbox:
        cases: tuple[tuple[str, Reader, int], ...] = (
            ("1 new", parse_feed, 1),
            ("1 new, in a child", sandbox.parse_feed, 1),
            ("10 new", parse_feed, 10),
            ("10 new, in a child", sandbox.parse_feed, 10),
            ("none new", parse_feed, 0),
        )
        for name, read, new in cases:
            known = {one.digest: one for one in shown[new:]}
            yield _by_turns(f"{len(shown)} articles of 5 kB, {name}", partial(records, read, known), bare, site)


def _by_turns(name: str, ours: Callable[[], None], bare: Callable[[], None], site: Farm) -> Ratio:
    taken: list[tuple[float, ...]] = []
    for number in range(ROUNDS + 1):
        pair = *_timed(ours, site), *_timed(bare, site)
        taken += [pair] if number else []  # the first round warms up
    wall, cpu, bare_wall, bare_cpu = (median(one[place] for one in taken) for place in range(4))
    return Ratio(
        name=name,
        ours_ms=round(wall * 1000, 3),
        bare_ms=round(bare_wall * 1000, 3),
        wall=round(wall / bare_wall, 2),
        cpu=round(cpu / bare_cpu, 2),
    )


def _timed(work: Callable[[], None], site: Farm) -> tuple[float, float]:
    wall_s, before_s = time.perf_counter(), cpu_s([site.pid])
    work()
    return time.perf_counter() - wall_s, cpu_s([site.pid]) - before_s
