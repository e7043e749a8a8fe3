"""Polls that bring nothing new, through the whole fleet, beside a bare thread pool that sends the same requests.

10,000 feeds on 500 hosts. The bare pool goes host by host, too, and keeps its connections: the cheapest way to ask with
`requests` and threads.
"""

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import requests
from sqlalchemy import func, select

from bench.figures import Figure, figure
from bench.scale.crowd import HOSTS, Crowd, open_crowd
from bench.scale.fill import fill_feeds, make_due, settle
from bench.scale.fleet import Fleet, open_fleet, wait_until
from bench.seed import poll_once
from worker.archive import Archive
from worker.archive.schema import feeds

FEEDS, ROUNDS, THREADS = 10_000, 3, 20
WALL_S = 30.0
_LONGEST_S = 120.0
_TAG = '"crowd-1"'


def figures(count: int = FEEDS, rounds: int = ROUNDS) -> Iterator[Figure]:
    with open_crowd() as crowd:

        def prepare(archive: Archive) -> None:
            poll_once(archive, crowd.url(0))
            fill_feeds(archive, 1, count - 1, hosts=HOSTS, port=crowd.port)

        with open_fleet(prepare=prepare) as fleet:
            taken = list(_rounds(crowd, fleet, count, rounds))
    ours_s, bare_s, wall_s = (statistics.median(column) for column in zip(*taken, strict=True))
    name = "CPU per poll, 304, Celery + Redis + PostgreSQL, beside a bare pool"
    yield figure(name, "ms", ours_s * 1000 / count, bare_s * 1000 / count, 1 / 0.7)
    yield figure(f"from all due to all polled, {count:,} feeds on {HOSTS} hosts", "s", wall_s, WALL_S * count / FEEDS)


def _rounds(crowd: Crowd, fleet: Fleet, count: int, rounds: int) -> Iterator[tuple[float, float, float]]:
    """By turns, so that a busy moment of the machine hits both; the first round warms up."""
    for number in range(rounds + 1):
        ours_s, wall_s = _poll_all(fleet, count)
        bare_s = _ask_all([crowd.url(one) for one in range(count)])
        settle(fleet.archive, ["feeds", "hosts"])
        if number:
            yield ours_s, bare_s, wall_s


def _poll_all(fleet: Fleet, count: int) -> tuple[float, float]:
    """CPU seconds of the workers, and seconds on the clock, from "all due" to "all polled"."""
    before_s, since = fleet.workers_cpu_s(), datetime.now(UTC)
    started_s = time.monotonic()
    assert make_due(fleet.archive) == count
    wait_until(lambda: _count_polled(fleet.archive, since) == count, _LONGEST_S, "every feed is polled")
    wall_s = time.monotonic() - started_s
    return fleet.workers_cpu_s() - before_s, wall_s


def _count_polled(archive: Archive, since: datetime) -> int:
    polled = select(func.count()).select_from(feeds)
    with archive.database.read() as connection:
        return int(connection.execute(polled.where(feeds.c.last_polled_at >= since)).scalar_one())


def _ask_all(urls: Sequence[str]) -> float:
    """CPU seconds of a bare pool: a host's feeds one after the other, a session a thread."""
    mine = threading.local()

    def ask(host: int) -> None:
        if not hasattr(mine, "session"):
            mine.session = requests.Session()
        for url in urls[host::HOSTS]:
            assert mine.session.get(url, headers={"If-None-Match": _TAG}, timeout=15).status_code == 304

    before_s = time.process_time()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(ask, range(HOSTS)))
    return time.process_time() - before_s
