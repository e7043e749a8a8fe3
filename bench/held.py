"""What the worker is held to: its cost on a farm of 500 feeds, beside a bound that is measured by turns with it.

The bounds are the bare libraries: one `requests.Session` with kept connections in one thread, `feedparser.parse` as it
comes. Ratios travel between machines, milliseconds do not.
"""

import io
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import feedparser
import requests
from requests.adapters import HTTPAdapter

from bench import farm
from bench.cost import below, peak_bytes, pss_bytes, rss_bytes, spent_s, tree, tree_cpu_s
from bench.figures import Figure, figure
from bench.house import Farm, House, open_house
from worker.poll import Outcome

POLL_ROUNDS, NEW_ROUNDS, LARGE_ROUNDS = 4, 8, 1
CHANGED, FLOOD = 50, 1_000
SETTLE_S, IDLE_S = 12.0, 20.0  # first the index of words is made
_MB = 1e6


def figures(site: Farm) -> Iterator[Figure]:
    yield from hostile_answers(site)  # first: memory that was used and freed would hide what they take
    with open_house() as house:
        house.watch(site.urls())
        house.poll()  # the first poll files the articles
        house.subscribe()
        yield from unchanged(site, house)
    yield new_entries(site)
    yield flood(site)
    yield from idle(site)
    yield with_german(site)


# -- polls --------------------------------------------------------------------------------------------------------------


def unchanged(site: Farm, house: House) -> Iterator[Figure]:
    """Claim, conditional GET, note, release: against the same GETs."""
    cases = (("304", "on", 304, 2.0), ("with 200 and an unchanged body", "off", 200, 2.5))
    with bare_session() as session:
        tags = _etags(session, site.urls())
        for name, gives_304, status, at_most in cases:
            site.say(f"etag {gives_304}")

            def poll(status: int = status) -> None:
                found = [(one.outcome, one.status) for one in house.poll()]
                assert found == [(Outcome.UNCHANGED, status)] * farm.FEEDS, set(found)

            def get(status: int = status) -> None:
                for url, tag in tags.items():
                    assert session.get(url, headers={"If-None-Match": tag}).status_code == status

            ours, bound = by_turns(site, POLL_ROUNDS, poll, get)
            yield figure(f"CPU per poll: {name}", "ms", *_each(farm.FEEDS, ours, bound), at_most)
    site.say("etag on")


def new_entries(site: Farm) -> Figure:
    """One new entry in each of 50 feeds, from the GET to the commit, with two subscriptions."""
    urls = site.urls(CHANGED)
    with open_house() as small, bare_session() as session:
        small.watch(urls)
        small.poll()
        small.subscribe()

        def poll() -> None:
            filed = [one.filed for one in small.poll()]
            assert sum(one.new for one in filed) == CHANGED, filed
            alerts.append(sum(one.alerts for one in filed))

        def bare() -> None:
            for url in urls:
                assert len(feedparser.parse(io.BytesIO(session.get(url).content)).entries) == farm.SHOWN

        alerts: list[int] = []
        # Before that, two hundred articles: a worker knows its dictionary, and most words of its newspapers.
        publish = partial(site.say, f"publish {CHANGED} 1")
        ours, bound = by_turns(site, NEW_ROUNDS, poll, bare, before=publish, warm_ups=4)
        assert sum(alerts) >= CHANGED
        return figure("CPU per new entry, 50 feeds with one each", "ms", *_each(CHANGED, ours, bound), 0.45)


def flood(site: Farm) -> Figure:
    """A thousand articles at once. The bound is half of feedparser's time, and 5 ms a record."""
    url = site.url(farm.LARGE)
    taken: list[tuple[float, float]] = []
    for _ in range(LARGE_ROUNDS):
        with open_house() as house:
            house.watch([url])
            house.poll()
            house.subscribe()
            site.say(f"flood {FLOOD}")

            def poll(house: House = house) -> None:
                filed = house.poll()[0].filed
                assert filed.new == FLOOD, filed
                assert filed.alerts >= FLOOD // 4, filed

            ours_s = spent_s(poll, [site.pid])
            body = requests.get(url, timeout=30).content
            parse_s = spent_s(lambda body=body: feedparser.parse(io.BytesIO(body)))
            site.say(f"flood -{FLOOD}")
        taken.append((ours_s, parse_s * 0.5 + 0.005 * FLOOD))
    ours, bound = _medians(taken)
    return figure("CPU per record, 1,000 new at once", "ms", *_each(FLOOD, ours, bound))


def by_turns(
    site: Farm,
    rounds: int,
    ours: Callable[[], object],
    bare: Callable[[], object],
    before: Callable[[], object] = lambda: None,
    warm_ups: int = 1,
) -> tuple[float, float]:
    """Median CPU seconds of both, by turns, so that a busy moment of the machine hits both."""
    taken: list[tuple[float, float]] = []
    for _ in range(warm_ups + rounds):
        before()
        taken.append((spent_s(ours, [site.pid]), spent_s(bare, [site.pid])))
    del taken[:warm_ups]
    return _medians(taken)


def _medians(taken: list[tuple[float, float]]) -> tuple[float, float]:
    return statistics.median(one[0] for one in taken), statistics.median(one[1] for one in taken)


def _each(count: int, ours_s: float, bound_s: float) -> tuple[float, float]:
    return ours_s * 1000 / count, bound_s * 1000 / count


@contextmanager
def bare_session() -> Iterator[requests.Session]:
    """It keeps a connection to each of the farm's addresses; requests itself would keep ten."""
    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_connections=farm.FEEDS + 10))
        yield session


def _etags(session: requests.Session, urls: list[str]) -> Mapping[str, str]:
    return {url: session.get(url).headers["ETag"] for url in urls}


# -- memory and rest ----------------------------------------------------------------------------------------------------


def hostile_answers(site: Farm) -> Iterator[Figure]:
    """What the worker keeps after each bad answer, and what the child that read it held at most."""
    grown, children = 0, 0
    with open_house() as house:
        house.watch([site.url(0)])
        house.poll()
        for number in range(len(farm.HOSTILE) + 1):
            before = rss_bytes()
            house.watch([site.url(farm.BOMBS, f"/{number}/")])
            house.work_off()
            grown = max(grown, rss_bytes() - before)
            children = max([children, *(peak_bytes(one) for one in below("self", [site.pid]))])
    children = max(children, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)  # of those that died, too
    yield figure("growth of the worker after a hostile answer, the worst", "MB", grown / _MB, 40)
    yield figure("memory of a child that reads one, the worst", "MB", children / _MB, 512)


_CONFIGURATION = """
[archive]
database = "sqlite:///{folder}/feedwacht.db"
files = "{folder}/records"
[http]
host_gap = "0s"
allow_networks = ["127.0.0.0/8"]
[[source]]
name = "bench"
line = "Bench"
{feeds}
[[channel]]
name = "screen"
type = "console"
[[subscription]]
name = "Rat"
query = "Stadtrat"
channels = ["screen"]
"""


def idle(site: Farm) -> Iterator[Figure]:
    """`feedwacht run` between two polls, with all that it has started."""
    with _running(site.urls(10), "1h") as process:
        _await(process, " poll updated", 10)
        time.sleep(SETTLE_S)
        before_s = tree_cpu_s(process.pid)
        time.sleep(IDLE_S)
        share = (tree_cpu_s(process.pid) - before_s) / IDLE_S * 100
        memory = pss_bytes(tree(process.pid)) / _MB
    yield figure("memory of `run` when idle, PSS of all its processes", "MB", memory, 200)
    yield figure("CPU of `run` when idle", "% of a core", share, 1)


def with_german(site: Farm) -> Figure:
    """The same when articles were matched: the dictionary is in use, and its filter is filled."""
    with _running(site.urls(CHANGED), "5s") as process:
        _await(process, " poll updated", CHANGED)
        site.say(f"publish {CHANGED} {farm.SHOWN}")
        _await(process, " poll updated", CHANGED)
        time.sleep(5)
        memory = pss_bytes(tree(process.pid)) / _MB
    return figure("memory of `run` with the German dictionary in use", "MB", memory, 300)


@contextmanager
def _running(urls: Sequence[str], interval: str) -> "Iterator[subprocess.Popen[str]]":
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        feeds = "".join(f'[[source.feed]]\nurl = "{url}"\ninterval = "{interval}"\n' for url in urls)
        file = Path(folder, "feedwacht.toml")
        file.write_text(_CONFIGURATION.format(folder=folder, feeds=feeds))
        command = [sys.executable, "-m", "worker", "run", "--config", str(file)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.terminate()


def _await(process: "subprocess.Popen[str]", words: str, count: int) -> None:
    """Wait for so many lines of its log."""
    assert process.stderr is not None
    for line in process.stderr:
        count -= words in line
        if not count:
            return
    raise AssertionError("the worker ended")
