"""A worker on a farm: the whole flow with a real archive, sandbox and log, wired as `feedwacht run` wires it."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

from bench import farm
from worker.archive import open_archive
from worker.batch import poll_due
from worker.bootstrap import settle
from worker.configure import new_feed
from worker.fetch import Fetcher
from worker.intake import Equipment, Manners
from worker.matching import Matching
from worker.model import SourceRules
from worker.poll import PollResult
from worker.query import parse
from worker.sandbox import Sandbox

RULES = SourceRules(name="bench", line="Bench", post_id_pattern=r"-(\d+)/?$", categories=("Osnabrück",))
QUERIES = {"Rat": "Stadtrat", "Hafen": '"Radweg am Hafen" OR (Polizei AND Feuerwehr)'}
LOOPBACK = ip_network("127.0.0.0/8")
_INTERVAL_S = 600.0


@dataclass
class Clock:
    """The machine's clock, put forward so that feeds are due again."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)


class Farm:
    """The farm's process, and what it is told."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        self._process = process
        self.pid = process.pid
        self._port = int(process.stdout.readline())

    def url(self, number: int, path: str = "/feed/") -> str:
        return f"http://{farm.address(number)}:{self._port}{path}"

    def urls(self, count: int = farm.FEEDS) -> list[str]:
        return [self.url(number) for number in range(count)]

    def say(self, command: str) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(command, file=self._process.stdin, flush=True)
        assert self._process.stdout.readline() == "done\n", command


@contextmanager
def open_farm() -> Iterator[Farm]:
    command = [sys.executable, "-m", "bench.farm"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            part(process.pid)
            yield Farm(process)
        finally:
            process.terminate()


def part(other: int) -> None:
    """Both sides of every comparison on one core, the farm on the others: threads and children that run at the same time
    on cores that share caches cost more CPU seconds for the same work, by as much as the machine likes.
    """
    first, *others = sorted(os.sched_getaffinity(0))
    if others:
        os.sched_setaffinity(0, {first})
        os.sched_setaffinity(other, others)


class House:
    """Feeds that are polled again whenever `poll` is called."""

    def __init__(self, equipment: Equipment, clock: Clock) -> None:
        self.equipment = equipment
        self._clock = clock

    def watch(self, urls: Sequence[str]) -> None:
        now = self._clock.now()
        with self.equipment.archive.write() as tx:
            for url in urls:
                tx.feeds.add(
                    new_feed(url=url, source=RULES.name, interval_s=_INTERVAL_S, origin="command", now=now), now
                )

    def subscribe(self) -> None:
        with self.equipment.archive.write() as tx:
            for name, text in QUERIES.items():
                query, now = parse(text), self._clock.now()
                tx.subscriptions.add(
                    name=name, query=text, canonical=query.to_json(), channels=["screen"], origin="command", now=now
                )

    def poll(self) -> list[PollResult]:
        """Poll everything once."""
        self._clock.ahead += timedelta(seconds=2 * _INTERVAL_S)
        return self.work_off()

    def work_off(self) -> list[PollResult]:
        """Poll what is due, in as many batches as a worker would make of it."""
        polls: list[PollResult] = []
        while (batch := poll_due(self.equipment)).hosts:
            polls += batch.polls
        return polls


@contextmanager
def open_house() -> Iterator[House]:
    with tempfile.TemporaryDirectory(prefix="feedwacht-bench-") as folder:
        archive, clock, sandbox = open_archive(f"sqlite:///{Path(folder, 'feedwacht.db')}"), Clock(), Sandbox()
        with Fetcher(user_agent="feedwacht-bench/1", allow_networks=[LOOPBACK]) as fetcher:
            equipment = Equipment(
                archive=archive,
                fetcher=fetcher,
                read=sandbox.parse_feed,
                read_rest=sandbox.parse_rest,
                read_page=sandbox.parse_page,
                read_map=sandbox.read_map,
                matching=Matching(archive),
                clock=clock,
                sources={RULES.name: RULES},
                manners=Manners(host_gap_s=0.0, unconditional_every_s=10 * 365 * 86400.0),
                jitter=lambda: 0.5,
            )
            settle()
            try:
                yield House(equipment, clock)
            finally:
                sandbox.close()
                archive.close()
