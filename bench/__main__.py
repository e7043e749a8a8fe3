"""`make bench`: what our care costs, as ratios to the bare libraries, measured side by side in the same run.

Ratios travel between machines, milliseconds do not. The table goes to stderr, the JSON to stdout.
"""

import io
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import feedparser
import requests

from bench.feedserver import ETAG, full_text_feed
from worker import logs
from worker.archive import Archive, open_archive
from worker.batch import poll_due
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.intake import Equipment, Manners, Reader
from worker.matching import Matching
from worker.model import Shown, SourceRules
from worker.normalise import content_hash, normalise
from worker.parse import parse_feed
from worker.poll import Outcome
from worker.sandbox import Sandbox

PARSE_ROUNDS, POLL_ROUNDS, BATCH_ROUNDS, BATCH = 60, 150, 12, 50
RULES = SourceRules(name="bench", line="Bench", post_id_pattern=r"-(\d+)/?$")
HEADERS = {"content-type": "application/rss+xml; charset=UTF-8"}
INTERVAL_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Medians of one piece of work, in milliseconds. cpu_ms: of this process; children and the server do not count."""

    wall_ms: float
    cpu_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Our work by the bare one; below 1 we are cheaper."""

    name: str
    ours: Timing
    bare: Timing
    wall: float
    cpu: float


def main() -> None:
    logs.configure(json=False, level="error")
    started_s = time.monotonic()
    ratios = [*parsing(), *polling()]
    say(ratios)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "cores": os.cpu_count()}
    took_s = round(time.monotonic() - started_s, 1)
    print(json.dumps({**machine, "took_s": took_s, "ratios": [asdict(ratio) for ratio in ratios]}, indent=2))


def say(ratios: Sequence[Ratio]) -> None:
    width = max(len(one.name) for one in ratios)
    head = f"{'':{width}} {'ours':>10} {'bare':>10} {'ratio':>7} {'of CPU':>7}"
    rows = [
        f"{one.name:{width}} {one.ours.wall_ms:7.2f} ms {one.bare.wall_ms:7.2f} ms {one.wall:7.2f} {one.cpu:7.2f}"
        for one in ratios
    ]
    print("\n".join([head, *rows]), file=sys.stderr)


# -- measuring ----------------------------------------------------------------------------------------------------------


def compare(
    name: str, ours: Callable[[], object], bare: Callable[[], object], *, rounds: int, pieces: int = 1
) -> Ratio:
    """Both by turns, so that a busy moment of the machine hits both. pieces: of work in one call of `ours`."""
    ours(), bare()
    taken: list[tuple[Timing, Timing]] = [(timed(ours), timed(bare)) for _ in range(rounds)]
    mine, theirs = (median([pair[side] for pair in taken]) for side in (0, 1))
    mine = Timing(wall_ms=mine.wall_ms / pieces, cpu_ms=mine.cpu_ms / pieces)
    by_wall, by_cpu = mine.wall_ms / theirs.wall_ms, mine.cpu_ms / theirs.cpu_ms
    return Ratio(name=name, ours=rounded(mine), bare=rounded(theirs), wall=round(by_wall, 2), cpu=round(by_cpu, 2))


def timed(work: Callable[[], object]) -> Timing:
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    work()
    return Timing(wall_ms=(time.perf_counter() - wall_s) * 1000, cpu_ms=(time.process_time() - cpu_s) * 1000)


def median(timings: Sequence[Timing]) -> Timing:
    return Timing(
        wall_ms=statistics.median(one.wall_ms for one in timings),
        cpu_ms=statistics.median(one.cpu_ms for one in timings),
    )


def rounded(timing: Timing) -> Timing:
    return Timing(wall_ms=round(timing.wall_ms, 3), cpu_ms=round(timing.cpu_ms, 3))


# -- parsing ------------------------------------------------------------------------------------------------------------


def parsing() -> Iterator[Ratio]:
    """A feed of ten full articles: bytes to records, against feedparser as it comes."""
    body, url = full_text_feed(), "https://www.example.org/feed/"
    now = datetime.now(UTC)
    shown = parse_feed(body, url=url, headers=HEADERS, rules=RULES, known={}).shown
    seen = {one.digest: one for one in shown}
    but_one = {one.digest: one for one in shown[1:]}

    def records(read: Reader, known: Mapping[str, Shown]) -> None:
        parsed = read(body, url=url, headers=HEADERS, rules=RULES, known=known)
        filed = [content_hash(normalise(entry, RULES, now=now)) for entry in parsed.entries]
        assert len(filed) == len(shown) - len(known), (len(filed), parsed.skipped)

    def plain() -> None:
        assert len(feedparser.parse(io.BytesIO(body)).entries) == len(shown)

    with closing(Sandbox(1)) as sandbox:
        cases: tuple[tuple[str, Reader, dict[str, Shown]], ...] = (
            ("1 new", parse_feed, but_one),
            ("1 new, read in a child", sandbox.parse_feed, but_one),
            ("10 new", parse_feed, {}),
            ("none new", parse_feed, seen),
        )
        for name, read, known in cases:
            title = f"{len(shown)} articles, {len(body) // 1000} kB, {name}: to records / feedparser"
            yield compare(title, partial(records, read, known), plain, rounds=PARSE_ROUNDS)


# -- polling ------------------------------------------------------------------------------------------------------------


class Clock:
    """The machine's clock, put forward so that feeds are due again."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)

    def forward(self) -> None:
        self._ahead += timedelta(seconds=2 * INTERVAL_S)


def polling() -> Iterator[Ratio]:
    """A feed that did not change: claim, conditional GET, note, release, on a real archive; against requests alone."""
    with feed_server() as base:
        headers = {"If-None-Match": ETAG}

        def get(session: requests.Session | None = None) -> None:
            assert (session or requests).get(f"{base}feed/0", headers=headers, timeout=10).status_code == 304

        with house(base, feeds=1) as poll, requests.Session() as session:
            yield compare("one poll that ends in 304 / requests.get", poll, get, rounds=POLL_ROUNDS)
            kept = "one poll that ends in 304 / Session.get, connection kept"
            yield compare(kept, poll, lambda: get(session), rounds=POLL_ROUNDS)
        with house(base, feeds=BATCH) as poll:
            name = f"the same in a batch of {BATCH} feeds, each / requests.get"
            yield compare(name, poll, get, rounds=BATCH_ROUNDS, pieces=BATCH)


@contextmanager
def house(base: str, *, feeds: int) -> Iterator[Callable[[], None]]:
    """A worker with that many feeds on one host; gives the function that polls them all once."""
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        archive, clock = open_archive(f"sqlite:///{Path(folder, 'feedwacht.db')}"), Clock()
        with archive.write() as tx:
            for number in range(feeds):
                url, now = f"{base}feed/{number}", clock.now()
                feed = new_feed(url=url, source="bench", interval_s=INTERVAL_S, origin="command", now=now)
                tx.feeds.add(feed, now)
        with Fetcher(user_agent="feedwacht-bench/1", allow_networks=[ip_network("127.0.0.0/8")]) as fetcher:
            equipment = _equipment(archive, fetcher, clock)

            def poll() -> None:
                clock.forward()
                found = {(one.outcome, one.status) for one in poll_due(equipment).polls}
                assert found == {(Outcome.UNCHANGED, 304)}, found

            poll_due(equipment)  # the first poll files the articles
            yield poll
        archive.close()


def _equipment(archive: Archive, fetcher: Fetcher, clock: Clock) -> Equipment:
    return Equipment(
        archive=archive,
        fetcher=fetcher,
        read=parse_feed,
        matching=Matching(archive),
        clock=clock,
        sources={RULES.name: RULES},
        manners=Manners(host_gap_s=0.0, unconditional_every_s=10 * 365 * 86400.0),
        jitter=lambda: 0.5,
    )


@contextmanager
def feed_server() -> Iterator[str]:
    """In a process of its own, so that its work is not counted as ours."""
    with subprocess.Popen([sys.executable, "-m", "bench.feedserver"], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


if __name__ == "__main__":
    main()
